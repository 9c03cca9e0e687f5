"""The pool of one node: what it took and no round holds yet, and why it dropped the rest."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

REMEMBERED = 75_000
"""Dropped transactions whose reason is kept; algod keeps as many as its pool holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What came in one body and lands together."""

    body: bytes
    transactions: dict[str, dict[str, Any]]
    """Signed transactions by their id, in order."""

    def __len__(self) -> int:
        return len(self.transactions)


@dataclass
class Pool:
    groups: list[Group] = field(default_factory=list)
    dropped: "OrderedDict[str, tuple[dict[str, Any], str]]" = field(default_factory=OrderedDict)

    @property
    def body(self) -> bytes:
        return b"".join(group.body for group in self.groups)

    @property
    def size(self) -> int:
        return sum(map(len, self.groups))

    def find(self, name: str) -> dict[str, Any] | None:
        for group in list(self.groups):
            if name in group.transactions:
                return group.transactions[name]
        return None

    def take(self, group: Group) -> None:
        for name in group.transactions:
            self.dropped.pop(name, None)
        self.groups.append(group)

    def drop(self, group: Group, why: str) -> None:
        if group in self.groups:
            self.groups.remove(group)
        for name, transaction in group.transactions.items():
            self.dropped[name] = (transaction, why)
        while len(self.dropped) > REMEMBERED:
            self.dropped.popitem(last=False)
