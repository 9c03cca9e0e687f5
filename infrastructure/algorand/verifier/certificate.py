"""Certificates of Algorand outcomes: what their bytes show about a slot, under one trusted hash.

Slot, attempts and hash come from whoever asks, never from the certificate. All
is proven below the last header; its hash and its place in the chain have evidence
of their own. A refusal means open, not failed.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infrastructure.algorand.verifier.blocks import (
    Entry,
    Header,
    chained,
    read_entry,
    read_header,
    split,
)
from infrastructure.algorand.verifier.commitments import SIZE, TREES, holds
from infrastructure.algorand.verifier.primitives import Refused, need, octets, sha512_256
from infrastructure.algorand.verifier.window import unpack

STANDING = "headers index path stib transaction tree"
MEMBERS = {
    "finalized-inclusion": (STANDING,),
    "finalized-transfer": (STANDING,),
    "burned-lease": (STANDING,),
    "dead-slot": ("blocks", "headers leaves"),
}
"""By kind, the members in each of its forms."""
LEAF = 2 * SIZE
"""Bytes: a transaction's id and the hash of its row."""
MOST_CONTAINERS = 5_000
"""Lists and objects. Python's reader overflows its stack where the limit of frames was raised."""
Json = Any
Shown = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFacts:
    """The slot that is asked about, as the log knows it."""

    genesis_hash: bytes
    sender: bytes
    lease: bytes
    first_round: int
    """The first in which anything could use the lease that must not go unseen."""
    last_valid: int
    """The last one, included: all attempts end with it (rule L1)."""
    attempts: frozenset[bytes]
    """Ids of what was signed for the slot's effect and carries its lease. Not what cancels it."""


def canonical(certificate: dict[str, Json]) -> bytes:
    return json.dumps(certificate, sort_keys=True, separators=(",", ":")).encode()


def verify(data: bytes, slot: SlotFacts, trusted: bytes) -> Shown:
    """Return what a certificate shows about a slot, given one block hash to trust.

    Args:
        data: the certificate.
        slot: what it has to speak of.
        trusted: hash of the last block in it. For a dead slot that is the block of the
            slot's last round, else the transaction's own block or a later one.

    Raises:
        Refused: it does not show what its kind claims. Nothing else is ever raised.
    """
    try:
        if data.count(b"[") + data.count(b"{") > MOST_CONTAINERS:
            raise Refused("more lists and objects than any certificate has")
        certificate = json.loads(data)
        need(canonical(certificate) == data, "not canonical")
        need(certificate["chain"] == "algorand", "another family")
        kind = certificate["kind"]
        members = set(certificate) - {"chain", "kind"}
        need(
            any(members == set(form.split()) for form in MEMBERS[kind]),
            "other members than these",
        )
        if kind == "dead-slot":
            return (_unused if "blocks" in members else _unlanded)(certificate, slot, trusted)
        return _standing(certificate, slot, trusted)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
    ) as error:
        raise Refused(f"malformed: {type(error).__name__}") from error


def _standing(certificate: Json, slot: SlotFacts, trusted: bytes) -> Shown:
    """A transaction of the slot stands in a block."""
    headers = [read_header(_unhex(raw)) for raw in _list(certificate["headers"])]
    _trust(headers, slot, trusted)
    header = headers[0]
    entry = read_entry(_unhex(certificate["stib"]), header)
    need(entry.transaction == _unhex(certificate["transaction"]), "not the row's transaction")
    tree, index = TREES[certificate["tree"]], certificate["index"]
    need(type(index) is int, "not an index")
    leaf = tree.leaf(entry.transaction, entry.row)
    root = tree.climb(leaf, index, [_unhex(digest) for digest in _list(certificate["path"])])
    need(octets(header.fields[certificate["tree"].encode()]) == root, "not in the block")
    need(
        (entry.sender, entry.lease, entry.last_valid) == (slot.sender, slot.lease, slot.last_valid)
        and slot.first_round <= header.round <= slot.last_valid,
        "another slot",
    )
    return _outcome(certificate["kind"], entry, slot) | {"round": header.round}


def _outcome(kind: str, entry: Entry, slot: SlotFacts) -> Shown:
    ours = entry.txid in slot.attempts
    if kind == "burned-lease":
        need(not ours, "that is one of our attempts")
        need(not entry.creates, "it created something")
        return {"by": entry.txid.hex()}
    need(ours, "not one of our attempts")
    made = {"asset": entry.asset, "application": entry.application}
    created = any(made.values())
    need(created == (kind == "finalized-inclusion"), "another kind of transaction")
    return made | {"hash": entry.txid.hex(), "transaction": entry.transaction.hex()}


def _unused(certificate: Json, slot: SlotFacts, trusted: bytes) -> Shown:
    """No transaction of any origin used the lease: all blocks of the window are here."""
    stream = b64decode(certificate["blocks"], validate=True)
    need(b64encode(stream).decode() == certificate["blocks"], "not canonical base64")
    headers: list[Header] = []
    for raw in unpack(stream, slot.last_valid - slot.first_round + 1):
        header, entries = split(raw)
        need(
            holds(header.fields, [entry.leaf for entry in entries]),
            "other transactions than those of the block",
        )
        for entry in entries:
            need((entry.sender, entry.lease) != (slot.sender, slot.lease), "the lease was used")
            need(entry.txid not in slot.attempts, "one of our attempts is in a block")
        headers.append(header)
    return _window(headers, slot, trusted) | {"lease": slot.lease.hex()}


def _unlanded(certificate: Json, slot: SlotFacts, trusted: bytes) -> Shown:
    """None of our attempts landed: the ids of all that did are here."""
    need(slot.attempts, "the ids of nothing are in no block")
    headers = [read_header(_unhex(raw)) for raw in _list(certificate["headers"])]
    for header, listed in zip(headers, _list(certificate["leaves"]), strict=True):
        row = _unhex(listed)
        pairs = [row[at : at + LEAF] for at in range(0, len(row), LEAF)]
        leaves = [sha512_256(b"TL" + pair) for pair in pairs]
        need(holds(header.fields, leaves), "other leaves than those of the block")
        need(
            not slot.attempts & {pair[:SIZE] for pair in pairs},
            "one of our attempts is in a block",
        )
    return _window(headers, slot, trusted)


def _window(headers: Sequence[Header], slot: SlotFacts, trusted: bytes) -> Shown:
    _trust(headers, slot, trusted)
    need(
        [header.round for header in headers] == list(range(slot.first_round, slot.last_valid + 1)),
        "other rounds than those of the window",
    )
    return {"rounds": [slot.first_round, slot.last_valid]}


def _trust(headers: Sequence[Header], slot: SlotFacts, trusted: bytes) -> None:
    need(headers and headers[-1].hash == trusted, "the last header is not the trusted one")
    need(chained(headers), "headers do not chain")
    need(
        all(octets(header.fields[b"gh"]) == slot.genesis_hash for header in headers),
        "another network",
    )


def _list(value: Json) -> list[Json]:
    need(isinstance(value, list), "a list is expected")
    listed: list[Json] = value
    return listed


def _unhex(text: Json) -> bytes:
    raw = bytes.fromhex(text)
    need(raw.hex() == text, "not canonical hexadecimal")
    return raw
