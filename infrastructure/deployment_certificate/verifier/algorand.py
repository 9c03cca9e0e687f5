"""What a proof of an Algorand slot shows, and whether it speaks of this deployment."""

import zlib
from base64 import b32decode, b64decode
from typing import Any

from infrastructure.algorand.verifier import SlotFacts, verify
from infrastructure.algorand.verifier.blocks import read_header
from infrastructure.algorand.verifier.lease import lease_of
from infrastructure.algorand.verifier.spelling import address_text, digest_text
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

WIDEST = 1_000
"""Rounds: no transaction is valid for longer."""
MOST_EXPANDED = 1 << 29
"""Bytes that the blocks of one window may have. Few bytes can be made to expand without end."""
PIECE = 1 << 24
"""Bytes that are expanded at once."""
FATE_OF = {
    "finalized-inclusion": "landed",
    "finalized-transfer": "landed",
    "burned-lease": "burned",
    "dead-slot": "dead",
}


def is_address(text: str) -> bool:
    return address_text(b32decode(text + "=" * (-len(text) % 8))[:32]) == text


def show(certificate: Certificate, proof: Proof) -> Shown:
    """Verify one proof, and hold it against the certificate.

    Raises:
        Refused: facts contradict each other. The family's own Refused: it proves nothing.
    """
    facts = members(
        proof.facts, "attempts firstRound genesisHash lastValid lease sender trustedBlockHash"
    )
    slot = SlotFacts(
        genesis_hash=octets(facts["genesisHash"], 32),
        sender=octets(facts["sender"], 32),
        lease=octets(facts["lease"], 32),
        first_round=count(facts["firstRound"], 1),
        last_valid=count(facts["lastValid"], 1),
        attempts=digests(facts["attempts"]),
    )
    trusted = octets(facts["trustedBlockHash"], 32)
    need("0x" + slot.genesis_hash.hex() == certificate.genesis_hash, "a slot of another network")
    _require_own_lease(certificate, proof, slot)
    _require_small(proof)
    shown = verify(canonical(proof.content), slot, trusted)
    need(_round(proof, slot) == proof.block_number, "another block's number")
    need(digest_text(trusted) == proof.block_hash, "another block's hash")
    landed = proof.kind == "finalized-inclusion"
    made = (shown["asset"] or shown["application"]) if landed else None
    transaction = bytes.fromhex(shown.get("transaction", ""))
    return Shown(
        sender=address_text(slot.sender),
        slot=f"the lease of rounds {slot.first_round} to {slot.last_valid}",
        key=(slot.sender, slot.lease),
        fate=FATE_OF[proof.kind],
        creates=landed,
        transaction=_digest(shown, "hash"),
        asset=str(made) if landed else None,
        names_deployment=str(certificate.deployment).encode() in transaction,
        other=_digest(shown, "by"),
        unused="lease" in shown,
    )


def _require_own_lease(certificate: Certificate, proof: Proof, slot: SlotFacts) -> None:
    """The lease follows from deployment, step and window: no other one can be shown unused."""
    width = slot.last_valid - slot.first_round + 1
    need(0 < width <= WIDEST, "a window of so many rounds cannot be")
    window, into = divmod(slot.first_round - 1, width)
    lease = lease_of(f"deployment/{certificate.deployment}", proof.step, window)
    need(into == 0 and slot.lease == lease, "the lease is not this deployment's in that window")


def _require_small(proof: Proof) -> None:
    """The verifier expands as much as so many rounds may hold; a file is not believed so far."""
    blocks = proof.content.get("blocks")
    stream = b64decode(blocks, validate=True) if isinstance(blocks, str) else b""
    expander, expanded = zlib.decompressobj(), 0
    while stream:
        try:
            expanded += len(expander.decompress(stream, PIECE))
        except zlib.error as error:
            raise ValueError(str(error)) from error
        need(expanded <= MOST_EXPANDED, "more blocks than any window has")
        stream = b"" if expander.eof else expander.unconsumed_tail


def _round(proof: Proof, slot: SlotFacts) -> int:
    """Return the round whose hash is trusted: the last one that the proof holds."""
    if proof.kind == "dead-slot":
        return slot.last_valid
    return read_header(bytes.fromhex(proof.content["headers"][-1])).round


def _digest(shown: dict[str, Any], name: str) -> str | None:
    return digest_text(bytes.fromhex(shown[name])) if name in shown else None
