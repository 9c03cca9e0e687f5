"""Makes certificates from evidence alone. Nothing is believed that does not hash."""

from base64 import b64encode
from typing import Any

from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.verifier.blocks import split
from infrastructure.algorand.verifier.certificate import canonical
from infrastructure.algorand.verifier.commitments import TREES
from infrastructure.algorand.verifier.primitives import need, sha512_256

TREE = "txn"
"""The commitment that every round with transactions has, on every release."""


def inclusion_certificate(evidence: BlockEvidence, index: int) -> bytes:
    """Make a ``finalized-inclusion`` certificate: a creation stands in a block.

    Args:
        evidence: of that block alone.
        index: place of the creation in it.
    """
    return _standing(evidence, index, "finalized-inclusion")


def transfer_certificate(evidence: BlockEvidence, index: int) -> bytes:
    """Make a ``finalized-transfer`` certificate: what creates nothing stands in a block."""
    return _standing(evidence, index, "finalized-transfer")


def burned_lease_certificate(evidence: BlockEvidence, index: int) -> bytes:
    """Make a ``burned-lease`` certificate: another transaction took the slot's lease."""
    return _standing(evidence, index, "burned-lease")


def dead_slot_certificate(evidence: BlockEvidence) -> bytes:
    """Make a ``dead-slot`` certificate: nobody used the lease.

    Args:
        evidence: of every round of the slot's window, in order.
    """
    blocks = b64encode(evidence.packed).decode()
    return canonical({"chain": "algorand", "kind": "dead-slot", "blocks": blocks})


def dead_slot_certificate_of_leaves(evidence: BlockEvidence) -> bytes:
    """Make a ``dead-slot`` certificate of ids alone, for windows that are full.

    It shows only that none of the attempts landed that the log knows of.
    """
    headers, leaves = [], []
    for raw in evidence.blocks:
        header, entries = split(raw)
        headers.append(header.raw.hex())
        pairs = (entry.txid + sha512_256(b"STIB" + entry.row) for entry in entries)
        leaves.append(b"".join(pairs).hex())
    return canonical(
        {"chain": "algorand", "kind": "dead-slot", "headers": headers, "leaves": leaves}
    )


def _standing(evidence: BlockEvidence, index: int, kind: str) -> bytes:
    blocks = evidence.blocks
    need(len(blocks) == 1, "evidence of one block is expected")
    header, entries = split(blocks[0])
    need(0 <= index < len(entries), "nothing at that index")
    path = TREES[TREE].path([entry.leaf for entry in entries], index)
    spelled: dict[str, Any] = {
        "chain": "algorand",
        "kind": kind,
        "headers": [header.raw.hex()],
        "tree": TREE,
        "index": index,
        "path": [neighbour.hex() for neighbour in path],
        "stib": entries[index].row.hex(),
        "transaction": entries[index].transaction.hex(),
    }
    return canonical(spelled)
