"""A block's transactions as they are stored and found again, inner ones too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infrastructure.devnet.algorand.encoding import txid, whole

SENDER, RECEIVER, CLOSE, FROZEN = 1, 2, 4, 8
"""Roles that an address has in a transaction; it can take part without any."""
ROLES = (
    ("snd", SENDER),
    ("asnd", SENDER),
    ("rcv", RECEIVER),
    ("arcv", RECEIVER),
    ("close", CLOSE),
    ("aclose", CLOSE),
    ("fadd", FROZEN),
)
PARTIES = {
    "pay": ("rcv", "close"),
    "axfer": ("asnd", "arcv", "aclose"),
    "afrz": ("fadd",),
}
REFERENCES = {"axfer": ("xaid", ""), "afrz": ("faid", ""), "acfg": ("caid", "caid")}
ZERO = bytes(32)

Signed = dict[str, Any]
"""A signed transaction with what it did, under go-algorand's short names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    intra: int
    """Place in the round, inner transactions counted."""
    root: int | None
    """Place of the outermost transaction, for an inner one."""
    txid: str | None
    """None for an inner one."""
    signed: Signed
    parties: dict[bytes, int]

    @property
    def transaction(self) -> dict[str, Any]:
        transaction: dict[str, Any] = self.signed["txn"]
        return transaction

    @property
    def asset(self) -> int:
        """The asset or application that this is about, also one that it makes."""
        kind = self.transaction["type"]
        if kind == "appl":
            named: int = self.transaction.get("apid", 0) or self.signed.get("apid", 0)
            return named
        member, made = REFERENCES.get(kind, ("", ""))
        about: int = self.transaction.get(member, 0) or self.signed.get(made, 0)
        return about


def entries(block: dict[str, Any], genesis_hash: bytes) -> list[Entry]:
    """Everything in a block, in its order; what makes txids whole is put back."""
    found: list[Entry] = []
    for row in _rows(block, genesis_hash):
        name, root = txid(row["txn"]), len(found)
        everybody = dict.fromkeys(_everybody(row), 0) | _parties(row["txn"])
        found.append(Entry(intra=root, root=None, txid=name, signed=row, parties=everybody))
        for inner in _inner(row):
            parties = _parties(inner["txn"])
            entry = Entry(intra=len(found), root=root, txid=None, signed=inner, parties=parties)
            found.append(entry)
    return found


def count_inner(row: Signed) -> int:
    return sum(1 for _ in _inner(row))


def _rows(block: dict[str, Any], genesis_hash: bytes) -> Iterator[Signed]:
    for row in block.get("txns", ()):
        yield {**row, "txn": whole(row, block.get("gen", ""), genesis_hash)["txn"]}
    if block.get("pp"):
        yield {"txn": _payout(block, genesis_hash)}


def _payout(block: dict[str, Any], genesis_hash: bytes) -> dict[str, Any]:
    """What a proposer is paid: no block holds it as a transaction, and the real one makes it up."""
    number = block.get("rnd", 0)
    return {
        "amt": block["pp"],
        "fv": number,
        "gen": block.get("gen", ""),
        "gh": genesis_hash,
        "lv": number,
        "note": f"ProposerPayout for Round {number}".encode(),
        "rcv": block["prp"],
        "snd": block["fees"],
        "type": "pay",
    }


def _inner(row: Signed) -> Iterator[Signed]:
    """Inner transactions, each before its own."""
    for inner in row.get("dt", {}).get("itx", ()):
        yield inner
        yield from _inner(inner)


def _parties(transaction: dict[str, Any]) -> dict[bytes, int]:
    """Who takes part, in which roles."""
    kind = transaction["type"]
    found = {transaction.get("snd", ZERO): 0}
    for member in PARTIES.get(kind, ()):
        required = member in {"rcv", "arcv", "fadd"}
        if transaction.get(member) or required:
            found.setdefault(transaction.get(member) or ZERO, 0)
    if kind == "appl":
        found |= dict.fromkeys(transaction.get("apat") or (), 0)
    if kind == "hb":
        found[transaction.get("hb", {}).get("a", ZERO)] = 0
    for member, role in ROLES:
        address = transaction.get(member)
        if address in found:
            found[address] |= role
    return found


def _everybody(row: Signed) -> Iterator[bytes]:
    yield from _parties(row["txn"])
    for inner in _inner(row):
        yield from _parties(inner["txn"])
