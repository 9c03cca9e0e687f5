"""Finds transactions, a page at a time."""

import base64
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand.encoding import unpacked
from infrastructure.devnet.algorand_indexer.arguments import base64_fault
from infrastructure.devnet.algorand_indexer.database import Snapshot
from infrastructure.devnet.algorand_indexer.effects import UNIT
from infrastructure.devnet.algorand_indexer.payset import Signed, count_inner

TOKEN = 12
LETTERS = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which transactions are looked for; None and empty ask for nothing."""

    limit: int
    address: bytes | None = None
    roles: int = 0
    txid: str = ""
    note: bytes = b""
    group: bytes = b""
    type: str = ""
    sig: str = ""
    asset: int | None = None
    round: int | None = None
    first: int = 0
    last: int = 0
    after: float | None = None
    before: float | None = None
    amount: tuple[int | None, int | None] = (None, None)
    """Of algos: more than this, less than that."""
    units: tuple[int | None, int | None] = (None, None)
    """Of an asset."""
    rekeys: bool = False
    logs: bool = False
    """Look for logs, and return inner transactions by themselves."""
    next: str = ""

    @property
    def is_a_range(self) -> bool:
        """Whether everything of some rounds is wanted: then inner ones come with their own."""
        searched = (self.address, self.asset, *self.amount, *self.units)
        told = (self.txid, self.note, self.group, self.type, self.sig, self.rekeys, self.logs)
        return all(one is None for one in searched) and not any(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A transaction, and where it stands."""

    round: int
    intra: int
    time: int
    txid: str
    signed: Signed


def search(now: Snapshot, wanted: Wanted) -> tuple[list[Found], str]:
    """Return a page, oldest first, of an address newest first, and where the next page begins."""
    where, values = _conditions(wanted)
    backwards = wanted.address is not None
    source = "txn t JOIN block b USING (round)"
    order = "t.round, t.intra"
    if backwards:
        source += " JOIN party p ON p.round = t.round AND p.intra = t.intra"
        order = "t.round DESC, t.intra DESC"
    limit = f" LIMIT {wanted.limit}" if wanted.limit else ""
    rows = now.rows.execute(
        "SELECT t.round, t.intra, t.root, b.time, t.txid, t.body"  # noqa: S608 - values go as parameters
        f" FROM {source} WHERE {' AND '.join(where)} ORDER BY {order}{limit}",
        values,
    )
    page: dict[tuple[int, int], Found] = {}
    for found, place in _whole(now, rows, wanted):
        page.setdefault(place, found)
    if not page:
        return [], ""
    return list(page.values()), token(list(page.values())[-1], backwards=backwards)


def token(last: Found, *, backwards: bool) -> str:
    """Where the next page begins: after the inner transactions too."""
    intra = last.intra if backwards else last.intra + count_inner(last.signed)
    data = last.round.to_bytes(8, "little") + intra.to_bytes(4, "little")
    return base64.urlsafe_b64encode(data).decode()


def _whole(now: Snapshot, rows: Any, wanted: Wanted) -> Iterator[tuple[Found, tuple[int, int]]]:
    """Each row with the outermost transaction in its place."""
    for number, intra, root, time, txid, body in rows:
        outer, name, data = intra, txid, body
        if root is not None:
            query = "SELECT txid, body FROM txn WHERE round = ? AND intra = ?"
            outer = root
            name, whole = now.rows.execute(query, (number, root)).fetchone()
            data = body if wanted.logs else whole
        signed = unpacked(data)
        found = Found(round=number, intra=outer, time=time, txid=name, signed=signed)
        yield found, (number, intra if wanted.logs else outer)


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    where = ["1"]
    values: list[Any] = []

    def must(condition: str, *given: Any) -> None:
        where.append(condition)
        values.extend(given)

    if wanted.address is not None:
        must("p.addr = ?", wanted.address)
        if wanted.roles:
            must("p.roles & ?", wanted.roles)
    for condition, value in (
        ("t.round >= ?", wanted.first),
        ("t.round <= ?", wanted.last),
        ("t.txid = ?", wanted.txid),
        ("t.grp = ?", wanted.group),
        ("t.type = ?", wanted.type),
        ("t.sig = ?", wanted.sig),
    ):
        if value:
            must(condition, value)
    for condition, known in (
        ("t.asset = ?", wanted.asset),
        ("t.round = ?", wanted.round),
        ("t.round >= (SELECT min(round) FROM block WHERE time > ?)", wanted.after),
        ("t.round <= (SELECT max(round) FROM block WHERE time < ?)", wanted.before),
        ("t.amount > ?", wanted.amount[0]),
        ("t.amount < ?", wanted.amount[1]),
        ("t.units > ?", _unit(wanted.units[0])),
        ("t.units < ?", _unit(wanted.units[1])),
    ):
        if known is not None:
            must(condition, known)
    if wanted.note:
        must("substr(t.note, 1, ?) = ?", len(wanted.note), wanted.note)
    if wanted.rekeys:
        must("t.rekeys")
    if wanted.logs:
        must("t.logs")
    if wanted.is_a_range:
        must("t.root IS NULL")
    if wanted.next:
        sign = "<" if wanted.address is not None else ">"
        must(f"(t.round, t.intra) {sign} (?, ?)", *_place(wanted.next))
    return where, values


def _unit(amount: int | None) -> bytes | None:
    return None if amount is None else amount.to_bytes(UNIT, "big")


def _place(text: str) -> tuple[int, int]:
    """Read where a page begins.

    Raises:
        Failed: as a fault of the server, which is what the real one makes of it.
    """
    fault = base64_fault(text, LETTERS)
    data = b"" if fault else base64.urlsafe_b64decode(text)
    if not fault and len(data) != TOKEN:
        fault = f"bad next token b: {data.hex()}"
    elif fault:
        fault = f"decode err: {fault}"
    if fault:
        words = f"error while searching for transaction: DecodeTxnRowNext() {fault}"
        raise Failed(500, words)
    return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")
