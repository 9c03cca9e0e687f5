"""What a proof of an EVM slot shows, and whether it speaks of this deployment."""

from typing import Any

from infrastructure.deployment_certificate.verifier.form import (
    Certificate,
    Proof,
    canonical,
    count,
    digests,
    members,
    need,
    octets,
)
from infrastructure.deployment_certificate.verifier.shown import Shown
from infrastructure.evm.verifier import SlotFacts, verify
from infrastructure.evm.verifier.accounts import NUMBER, TRANSACTIONS_ROOT, field, read_header
from infrastructure.evm.verifier.primitives import number, rlp
from infrastructure.evm.verifier.spelling import address_text, digest_text
from infrastructure.evm.verifier.trie import prove

WORD = 32
"""Bytes of an argument of a constructor; an id stands at its left end."""
FATE_OF = {
    "finalized-inclusion": "landed",
    "finalized-transfer": "landed",
    "finalized-revert": "reverted",
    "burned-nonce-transaction": "burned",
    "burned-nonce-state": "burned",
}


def is_address(text: str) -> bool:
    return address_text(octets(text[2:].lower(), 20)) == text


def show(certificate: Certificate, proof: Proof) -> Shown:
    """Verify one proof, and hold it against the certificate.

    Raises:
        Refused: facts contradict each other. The family's own Refused: it proves nothing.
    """
    facts = members(proof.facts, "attempts chain nonce sender trustedBlockHash")
    slot = SlotFacts(
        chain=count(facts["chain"]),
        sender=octets(facts["sender"], 20),
        nonce=count(facts["nonce"]),
        attempts=digests(facts["attempts"]),
    )
    trusted = octets(facts["trustedBlockHash"], 32)
    need(slot.chain == certificate.chain_id, "a slot of another chain than the network's")
    shown = verify(canonical(proof.content), slot, trusted)
    top = bytes.fromhex(proof.content["header"])
    need(number(field(read_header(top), NUMBER)) == proof.block_number, "another block's number")
    need(digest_text(trusted) == proof.block_hash, "another block's hash")
    landed = proof.kind == "finalized-inclusion"
    return Shown(
        sender=address_text(slot.sender),
        slot=f"nonce {slot.nonce}",
        key=(slot.sender, slot.nonce),
        fate=FATE_OF[proof.kind],
        creates=landed,
        transaction=_digest(shown, "hash"),
        asset=address_text(bytes.fromhex(shown["address"])) if landed else None,
        names_deployment=landed
        and certificate.deployment.bytes.ljust(WORD, b"\0") in _transaction(proof),
        other=_digest(shown, "by"),
    )


def _transaction(proof: Proof) -> bytes:
    """Return the raw transaction, which was proven to stand in its block."""
    blocks = proof.content["blocks"] or [proof.content["header"]]
    root = field(read_header(bytes.fromhex(blocks[0])), TRANSACTIONS_ROOT)
    nodes = [bytes.fromhex(node) for node in proof.content["transaction"]]
    return prove(root, rlp(proof.content["index"]), nodes) or b""


def _digest(shown: dict[str, Any], name: str) -> str | None:
    return digest_text(bytes.fromhex(shown[name])) if name in shown else None
