"""Blocks and their rows: the header that is hashed, and transactions as they were signed.

A row lacks what all of a block have in common, the genesis hash and the genesis
id: both are put back before anything is hashed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from infrastructure.algorand.verifier.commitments import TREES
from infrastructure.algorand.verifier.primitives import (
    fields,
    items,
    need,
    number,
    octets,
    packed,
    sha512_256,
)

NO_LEASE = bytes(32)
YES = b"\xc3"


@dataclass(frozen=True, slots=True)
class Header:
    raw: bytes
    fields: dict[bytes, bytes]
    hash: bytes

    @property
    def round(self) -> int:
        return read_number(self.fields, b"rnd")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a block, and the transaction in it."""

    row: bytes
    applied: dict[bytes, bytes]
    """Members of the row: signature, what the transaction did, the transaction itself."""
    transaction: bytes
    """As it was signed, with what the row leaves out."""
    fields: dict[bytes, bytes]
    """Members of the transaction."""

    @property
    def sender(self) -> bytes:
        return octets(self.fields[b"snd"])

    @property
    def lease(self) -> bytes:
        return octets(self.fields[b"lx"]) if b"lx" in self.fields else NO_LEASE

    @property
    def last_valid(self) -> int:
        return read_number(self.fields, b"lv")

    @property
    def txid(self) -> bytes:
        return sha512_256(b"TX" + self.transaction)

    @property
    def leaf(self) -> bytes:
        return TREES["txn"].leaf(self.transaction, self.row)

    @property
    def asset(self) -> int | None:
        """Id of the asset that the transaction itself created."""
        return self._created(b"acfg", b"caid")

    @property
    def application(self) -> int | None:
        """Id of the application that the transaction itself created."""
        return self._created(b"appl", b"apid")

    @property
    def creates(self) -> bool:
        """Whether it made anything, or had anything made by inner transactions."""
        return any(b"caid" in made or b"apid" in made for made in _inwards(self.applied))

    def _created(self, kind: bytes, name: bytes) -> int | None:
        # An id inside of the transaction itself names what is there already.
        if octets(self.fields[b"type"]) != kind or name in self.fields or name not in self.applied:
            return None
        return number(self.applied[name])


def read_header(raw: bytes) -> Header:
    return Header(raw, fields(raw), sha512_256(b"BH" + raw))


def read_entry(row: bytes, header: Header) -> Entry:
    """Read a row of a block with this header."""
    applied = fields(row)
    members = fields(applied[b"txn"])
    apart = not {b"gh", b"gen"} & members.keys() and b"hgh" not in applied
    need(apart, "a row has what its header has")
    members[b"gh"] = header.fields[b"gh"]
    if b"hgi" in applied:
        need(applied[b"hgi"] == YES, "not a canonical row")
        members[b"gen"] = header.fields[b"gen"]
    return Entry(row, applied, packed(members), members)


def split(raw: bytes) -> tuple[Header, list[Entry]]:
    """Return a block's header and rows. Whether they belong together is not checked here."""
    members = fields(raw)
    rows = items(members.pop(b"txns")) if b"txns" in members else None
    need(rows is None or rows, "an empty list is not written")
    header = read_header(packed(members))
    return header, [read_entry(row, header) for row in rows or ()]


def chained(headers: Sequence[Header]) -> bool:
    """Whether each header names the one before it as its parent."""
    return all(octets(b.fields[b"prev"]) == a.hash for a, b in pairwise(headers))


def read_number(members: dict[bytes, bytes], name: bytes) -> int:
    """Return a number; a zero is not written."""
    return number(members[name]) if name in members else 0


def _inwards(applied: dict[bytes, bytes]) -> Iterator[dict[bytes, bytes]]:
    """Yield a row, and what its inner transactions left, at any depth."""
    waiting = [applied]
    while waiting:
        yield (made := waiting.pop())
        delta = fields(made[b"dt"]) if b"dt" in made else {}
        inner = items(delta[b"itx"]) if b"itx" in delta else []
        waiting += [fields(row) for row in inner]
