"""Certificates of EVM outcomes: what their bytes show about a slot, under one trusted block hash.

Slot, attempts and hash come from whoever asks, never from the certificate. All
is proven below the header; the hash itself, its place in the chain and its
finality have evidence of their own. A refusal means open, not failed.
"""

import json
from dataclasses import dataclass
from typing import Any

from infrastructure.evm.verifier.accounts import (
    NUMBER,
    PARENT,
    RECEIPTS_ROOT,
    TRANSACTIONS_ROOT,
    Account,
    Transaction,
    account,
    create_address,
    field,
    read_header,
    read_transaction,
)
from infrastructure.evm.verifier.primitives import (
    Item,
    Refused,
    keccak256,
    list_of,
    need,
    number,
    rlp,
    text_of,
    unrlp,
)
from infrastructure.evm.verifier.trie import prove

HISTORY = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
"""EIP-2935: keeps the hashes of the last 8,191 blocks in the state."""
KEPT = 8191
MEMBERS = {
    "finalized-inclusion": "header blocks hop index transaction receipt target",
    "finalized-revert": "header blocks hop index transaction receipt target",
    "finalized-transfer": "header blocks hop index transaction receipt",
    "burned-nonce-transaction": "header blocks hop index transaction",
    "burned-nonce-state": "header sender target",
}
MOST_CONTAINERS = 5_000
"""Lists and objects. Python's reader overflows its stack where the limit of frames was raised."""
Json = Any
Shown = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFacts:
    """The slot that is asked about, as the log knows it."""

    chain: int
    sender: bytes
    nonce: int
    attempts: frozenset[bytes]
    """Hashes of everything that was signed for the slot. One that lacks proves too much."""


def canonical(certificate: dict[str, Json]) -> bytes:
    return json.dumps(certificate, sort_keys=True, separators=(",", ":")).encode()


def verify(data: bytes, slot: SlotFacts, trusted: bytes) -> Shown:
    """Return what a certificate shows about a slot, given one block hash to trust.

    Raises:
        Refused: it does not show what its kind claims. Nothing else is ever raised.
    """
    try:
        if data.count(b"[") + data.count(b"{") > MOST_CONTAINERS:
            raise Refused("more lists and objects than any certificate has")
        certificate = json.loads(data)
        need(canonical(certificate) == data, "not canonical")
        need(certificate["chain"] == "evm", "another family")
        members = {"chain", "kind", *MEMBERS[certificate["kind"]].split()}
        need(set(certificate) == members, "other members than these")
        header = _unhex(certificate["header"])
        need(keccak256(header) == trusted, "the header is not the trusted one")
        return _verify(certificate, slot, read_header(header))
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
        AssertionError,
    ) as error:
        raise Refused(f"malformed: {type(error).__name__}") from error


def _verify(certificate: Json, slot: SlotFacts, top: list[Item]) -> Shown:
    kind = certificate["kind"]
    address = create_address(slot.sender, slot.nonce)
    target = (
        account(top, address, _nodes(certificate["target"])) if "target" in certificate else None
    )
    if kind == "burned-nonce-state":
        sender = account(top, slot.sender, _nodes(certificate["sender"]))
        need(sender.nonce > slot.nonce, "the nonce is still free")
        need(target is not None and target.is_empty, "something stands at the slot's address")
        return {"absent": address.hex()}
    header = _ancestor(certificate, top)
    raw = _included(certificate, field(header, TRANSACTIONS_ROOT), "transaction")
    transaction = read_transaction(raw)
    need(
        (transaction.sender, transaction.nonce) == (slot.sender, slot.nonce)
        and transaction.chain in (slot.chain, None),
        "another slot",
    )
    block = number(field(header, NUMBER))
    if kind == "burned-nonce-transaction":
        need(transaction.hash not in slot.attempts, "that is one of our attempts")
        need(not transaction.creates, "a creation in our slot stands at our address")
        return {"by": transaction.hash.hex(), "block": block}
    need(transaction.hash in slot.attempts, "not one of our attempts")
    receipt = _included(certificate, field(header, RECEIPTS_ROOT), "receipt")
    shown = {"hash": transaction.hash.hex(), "block": block}
    if kind == "finalized-transfer":
        need(not transaction.creates and _status(receipt) == b"\x01", "no transfer that succeeded")
        return shown
    need(target is not None, "no target")
    assert target is not None
    return shown | _creation(kind, transaction, receipt, target) | {"address": address.hex()}


def _creation(kind: str, transaction: Transaction, receipt: bytes, target: Account) -> Shown:
    need(transaction.creates, "not a creation")
    landed = kind == "finalized-inclusion"
    need(_status(receipt) == (b"\x01" if landed else b""), "the receipt says otherwise")
    stands = target.nonce > 0 and not target.is_empty
    need(stands if landed else target.is_empty, "the slot's address says otherwise")
    need(not landed or _has_code(target), "there is no code")
    return {"codeHash": target.code.hex()}


def _has_code(target: Account) -> bool:
    return target.code != keccak256(b"")


def _ancestor(certificate: Json, top: list[Item]) -> list[Item]:
    """Return the header of the transaction's block, tied to the trusted one.

    The same one, or tied by EIP-2935, or by all headers in between.
    """
    blocks, hop = _nodes(certificate["blocks"]), certificate["hop"]
    need(isinstance(hop, list), "a hop is a list, empty where there is none")
    header = read_header(blocks[0]) if blocks else top
    if hop:
        need(len(blocks) == 1 and len(hop) == 2, "a hop is two proofs to one block")  # noqa: PLR2004
        history = account(top, HISTORY, _nodes(hop[0]))
        slot = (number(field(header, NUMBER)) % KEPT).to_bytes(32, "big")
        kept = prove(history.storage, keccak256(slot), _nodes(hop[1]))
        need(kept is not None, "not an ancestor")
        assert kept is not None
        need(text_of(unrlp(kept)).rjust(32, b"\0") == keccak256(blocks[0]), "not an ancestor")
        return header
    parents = [field(read_header(block), PARENT) for block in blocks[1:]] + [field(top, PARENT)]
    need(
        all(keccak256(b) == p for b, p in zip(blocks, parents, strict=bool(blocks))),
        "headers do not chain",
    )
    return header


def _included(certificate: Json, root: bytes, what: str) -> bytes:
    need(type(certificate["index"]) is int, "not an index")
    value = prove(root, rlp(certificate["index"]), _nodes(certificate[what]))
    need(value, "nothing at that index")
    assert value is not None
    return value


def _status(receipt: bytes) -> bytes:
    fields = list_of(unrlp(receipt[1:] if receipt[0] < 0x80 else receipt))  # noqa: PLR2004
    return text_of(fields[0])


def _nodes(texts: Json) -> list[bytes]:
    need(isinstance(texts, list), "a list is expected")
    return [_unhex(text) for text in texts]


def _unhex(text: Json) -> bytes:
    raw = bytes.fromhex(text)
    need(raw.hex() == text, "not canonical hexadecimal")
    return raw
