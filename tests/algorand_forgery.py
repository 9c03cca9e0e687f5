"""An algod that makes up blocks: well-formed ones, that hash and commit to what is in them."""

from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import msgpack

from infrastructure.algorand.blocks import read_block
from infrastructure.algorand.verifier.commitments import NOBODY, TREES
from tests.algorand_blocks import answered, spell
from tests.lying_algod import Asked, Forward, LyingAlgod, Said, said

Members = dict[str, Any]
Change = Callable[[Members], Members | None]
"""From a block to another one; None leaves it as it is."""


def without_rows(block: Members) -> Members | None:
    return {name: value for name, value in block.items() if name != "txns"} | {"txns": []}


@dataclass
class Truth:
    """Leaves every block as it is."""

    rows: list[Members] = field(default_factory=list)
    round: int = 0
    """The one that the rows are put into: the first that is asked for."""

    def __call__(self, block: Members) -> Members | None:
        if not self.rows:
            return None
        self.round = self.round or block["rnd"]
        return block | {"txns": self.rows} if block["rnd"] == self.round else None


@dataclass
class BlockLiar:
    """A proxy before a node that changes the blocks it serves, as long as `lies` says so."""

    upstream: str
    change: Change
    header: bool = True
    """Whether the header commits to what was changed; else it stays the true one."""
    hash_too: bool = False
    """Whether it states the hash of what it made up."""
    lies: bool = False

    def __enter__(self) -> Self:
        self._proxy = LyingAlgod(self.upstream, self._rule)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._proxy.close()

    @property
    def url(self) -> str:
        return self._proxy.url

    def include(self, raw: bytes, asset: int) -> None:
        """Put a signed group into the next block that is asked for, and begin to lie."""
        assert isinstance(self.change, Truth)
        unpacker = msgpack.Unpacker(raw=False)
        unpacker.feed(raw)
        for one in unpacker:
            del one["txn"]["gh"]
            made = {"caid": asset} if one["txn"]["type"] == "acfg" else {}
            self.change.rows.append(one | made)
        self.lies = True

    def _rule(self, asked: Asked, forward: Forward) -> Said | None:
        if not self.lies or asked.block is None:
            return None
        if asked.path.endswith("/hash"):
            return self._hash(asked) if self.hash_too else None
        answer = forward()
        return answer if answer.status != 200 else Said(200, self._forged(answer.body))

    def _hash(self, asked: Asked) -> Said | None:
        path = asked.path.removesuffix("/hash")
        real = self._proxy.forward(replace(asked, path=path, query="format=msgpack"))
        if real.status != 200:
            return real
        made_up = read_block(self._forged(real.body)).hash
        return said({"blockHash": b32encode(made_up).decode().rstrip("=")})

    def _forged(self, answer: bytes) -> bytes:
        block = msgpack.unpackb(answer, strict_map_key=False)["block"]
        made_up = self.change(block)
        if made_up is None:
            return answer
        rows = made_up.pop("txns")
        if self.header:
            made_up |= _roots(rows, made_up["gh"])
            made_up = {name: value for name, value in made_up.items() if value is not None}
            made_up["ts"] += 1
        forged = answered(spell(made_up | ({"txns": rows} if rows else {})))
        assert not self.header or read_block(forged), "not well-formed"
        return forged


def _roots(rows: list[Members], genesis: bytes) -> Members:
    """Return the commitments to rows; None for what the header of none does not have."""
    if not rows:
        return {"txn": None, "txn256": NOBODY}
    leaves = [(spell(one["txn"] | {"gh": genesis}), spell(one)) for one in rows]
    return {
        name: tree.levels([tree.leaf(*pair) for pair in leaves])[-1][0]
        for name, tree in TREES.items()
    }
