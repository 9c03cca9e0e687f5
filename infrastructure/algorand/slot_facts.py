"""What a verifier has to know of a slot, all of it from the log."""

from domain.slots import LeaseSlot, Slot
from infrastructure.algorand.verifier import SlotFacts


def facts_of(slot: Slot) -> SlotFacts:
    key = slot.key
    assert isinstance(key, LeaseSlot)
    return SlotFacts(
        genesis_hash=key.genesis_hash,
        sender=key.sender,
        lease=key.lease,
        first_round=key.opens,
        last_valid=key.last_valid,
        attempts=frozenset(attempt.transaction_id for attempt in slot.attempts),
    )
