"""Raw blocks as nodes serve them, read without belief: rows have to be those of the header.

What a node says is hostile until it hashes. A block that was read is consistent in itself; whether
it is the chain's is a question to its hash.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infrastructure.algorand.verifier.blocks import Entry, read_number, split
from infrastructure.algorand.verifier.commitments import SIZE, holds
from infrastructure.algorand.verifier.primitives import (
    ARRAY,
    MAP,
    NEGATIVE,
    PLAIN,
    REST,
    STRINGS,
    TEXT,
    UNSIGNED,
    Refused,
    fields,
    head,
    need,
    number,
    octets,
)

CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
ARRAYS = {0xDC, 0xDD}
Leases = dict[tuple[bytes, bytes], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A transaction of a block, with what it did."""

    index: int
    txid: bytes
    raw: bytes
    """As it stands in the block: signature, effects and the transaction, without genesis fields."""
    transaction: bytes
    """As it was signed."""
    type: str
    sender: bytes
    lease: bytes | None
    first_valid: int
    last_valid: int
    group: bytes | None
    note: bytes
    created: int | None
    """Id of the asset that it created itself, not by inner transactions."""
    created_application: int | None
    fields: dict[str, Any]
    """Members of the transaction by their name on chain, as `apar`; zeros are left out.

    Texts are bytes too: the chain takes names that are no UTF-8.
    """


@dataclass(frozen=True, kw_only=True)
class Block:
    round: int
    hash: bytes
    previous: bytes
    """Hash of the block before."""
    genesis_hash: bytes
    timestamp: int
    """Seconds since 1970."""
    header: bytes
    """What is hashed."""
    raw: bytes
    """Header and rows, without what a node adds: this is kept as evidence."""
    rows: tuple[Row, ...]

    @cached_property
    def leases(self) -> Leases:
        """Index of the row that used a lease, by sender and lease. No block has two."""
        leased = (row for row in self.rows if row.lease is not None)
        return {(row.sender, row.lease or b""): row.index for row in leased}


def read_block(answer: bytes) -> Block:
    """Read what a node answers to ``GET /v2/blocks/{round}?format=msgpack``.

    Raises:
        ValueError: it is no such answer, or the rows are not those that the header commits to.
    """
    try:
        return _read(served(answer))
    except (Refused, LookupError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a block: {error}") from error


def served(answer: bytes) -> bytes:
    """Return the block in a node's answer; the votes beside it are not looked at.

    Raises:
        Refused: the answer holds none.
    """
    members = fields(answer)
    need(members.keys() <= {b"block", b"cert"} and b"block" in members, "no block in the answer")
    return members[b"block"]


def _read(raw: bytes) -> Block:
    header, entries = split(raw)
    leaves = [entry.leaf for entry in entries]
    first = header.round == 0  # nothing stands in it, and its commitment is of another kind
    need(not entries if first else holds(header.fields, leaves), "rows of another block")
    return Block(
        round=header.round,
        hash=header.hash,
        previous=bytes(SIZE) if first else _digest(header.fields[b"prev"]),
        genesis_hash=_digest(header.fields[b"gh"]),
        timestamp=read_number(header.fields, b"ts"),
        header=header.raw,
        raw=raw,
        rows=tuple(_row(index, entry) for index, entry in enumerate(entries)),
    )


def _row(index: int, entry: Entry) -> Row:
    read, _ = _value(entry.transaction, 0)
    lease = _digest(entry.fields[b"lx"]) if b"lx" in entry.fields else None
    return Row(
        index=index,
        txid=entry.txid,
        raw=entry.row,
        transaction=entry.transaction,
        type=_word(octets(entry.fields[b"type"])),
        sender=_digest(entry.fields[b"snd"]),
        lease=lease,
        first_valid=read_number(entry.fields, b"fv"),
        last_valid=entry.last_valid,
        group=_digest(entry.fields[b"grp"]) if b"grp" in entry.fields else None,
        note=octets(entry.fields[b"note"]) if b"note" in entry.fields else b"",
        created=entry.asset,
        created_application=entry.application,
        fields=read,
    )


def _digest(raw: bytes) -> bytes:
    """Return an address or a hash."""
    found = octets(raw)
    need(len(found) == SIZE, "an address or a hash is expected")
    return found


def _value(data: bytes, at: int) -> tuple[Any, int]:
    """Decode a value; return it and where it ends. What no transaction has today stays bytes."""
    tag, (start, size, members) = data[at], head(data, at)
    if tag < MAP or tag in UNSIGNED:
        return number(data[at : start + size]), start + size
    if tag in CONSTANTS:
        return CONSTANTS[tag], start
    if TEXT <= tag < REST or tag in STRINGS:
        return data[start : start + size], start + size
    if tag >= NEGATIVE or tag in PLAIN:
        return data[at : start + size], start + size
    values = []
    for _ in range(members):
        value, start = _value(data, start)
        values.append(value)
    if tag in ARRAYS or ARRAY <= tag < TEXT:
        return values, start
    return dict(zip(map(_name, values[::2]), values[1::2], strict=True)), start


def _name(value: Any) -> str:
    return _word(value) if isinstance(value, bytes) else str(value)


def _word(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace")
