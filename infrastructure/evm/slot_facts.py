"""What a verifier has to know of a slot, all of it from the log."""

from domain.slots import NonceSlot, Slot
from infrastructure.evm.verifier import SlotFacts


def facts_of(slot: Slot) -> SlotFacts:
    key = slot.key
    assert isinstance(key, NonceSlot)
    return SlotFacts(
        chain=key.chain_id,
        sender=key.sender,
        nonce=key.nonce,
        attempts=frozenset(attempt.transaction_id for attempt in slot.attempts),
    )
