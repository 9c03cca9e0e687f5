"""Takes what proves a slot's end, and makes and verifies its certificate from that alone."""

from application.engine.answers import TakenEvidence
from application.engine.chain import ChainUnavailable, CreateToken
from domain.slots import CertificateKind, Inclusion, LeaseSlot, Slot
from domain.values import BlockRef
from infrastructure.algorand.blocks import Block
from infrastructure.algorand.certificate_maker import (
    dead_slot_certificate,
    dead_slot_certificate_of_leaves,
    inclusion_certificate,
)
from infrastructure.algorand.conformity import makes_what_was_asked
from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.rounds import Rounds
from infrastructure.algorand.slot_facts import facts_of
from infrastructure.algorand.verifier import Refused, verify

ASSET_ID = 8
"""Bytes of an asset's id, most significant first."""


def take(effect: CreateToken, slot: Slot, inclusion: Inclusion, block: Block) -> TakenEvidence:
    """Return the block and a certificate that verifies against the block's hash.

    Args:
        effect: what was asked.
        slot: whose landing is proven.
        inclusion: where it stands.
        block: that very block.

    Raises:
        ChainUnavailable: the block does not prove it.
    """
    evidence = BlockEvidence.of([block.raw])
    try:
        certificate = inclusion_certificate(evidence, inclusion.index)
        shown = verify(certificate, facts_of(slot), inclusion.block.hash)
    except Refused as error:
        raise ChainUnavailable(f"round {block.round} gives no proof: {error}") from error
    if not makes_what_was_asked(effect, block.rows[inclusion.index]):
        raise ChainUnavailable(f"round {block.round} proves another token than it showed before")
    return TakenEvidence(
        block=evidence.to_bytes(),
        kind=CertificateKind.FINALIZED_INCLUSION,
        certificate=certificate,
        asset=int(shown["asset"]).to_bytes(ASSET_ID, "big"),
    )


def take_absence(slot: Slot, rounds: Rounds, last: BlockRef) -> TakenEvidence:
    """Return a certificate that nothing of ours landed in any round of the slot's window.

    It holds the blocks themselves, so it is its own evidence, and shows that nobody used the
    lease. Where strangers did, it holds the ids of all that landed: none is of our attempts.

    Args:
        slot: whose absence is proven.
        rounds: of the chain.
        last: the window's last round, as it was stated.

    Raises:
        HistoryPruned: a round is no longer kept.
        ChainUnavailable: a round cannot be read, or the rounds prove no absence.
    """
    key = slot.key
    assert isinstance(key, LeaseSlot)
    blocks = rounds.chained(key.opens, key.last_valid)
    if blocks[-1].hash != last.hash:
        rounds.forget()
        raise ChainUnavailable(f"round {last.number} has another hash than before")
    evidence = BlockEvidence.of(block.raw for block in blocks)
    used = any((key.sender, key.lease) in block.leases for block in blocks)
    try:
        make = dead_slot_certificate_of_leaves if used else dead_slot_certificate
        certificate = make(evidence)
        verify(certificate, facts_of(slot), last.hash)
    except Refused as error:
        raise ChainUnavailable(f"the window gives no proof: {error}") from error
    return TakenEvidence(
        block=b"", kind=CertificateKind.DEAD_SLOT, certificate=certificate, asset=b""
    )
