"""Signers: chain accounts that sign. One stream per chain and address.

Every signer event carries the whole state, so the last one decides and no
long stream is folded. Our own next nonce decides; a node that says less is
behind, and one that says more is not believed alone (architecture, section 3).
"""

from dataclasses import replace

from domain.errors import BrokenRule
from domain.events import (
    Event,
    SignerAdopted,
    SignerHeld,
    SignerSlotDecided,
    SignerSlotReserved,
    SignerState,
    UndecidedSlot,
)
from domain.slots import Fate, NonceSlot, SlotKey
from domain.streams import StreamId, StreamKind
from domain.values import BlockRef, NetworkRef


class SignerNotReady(Exception):
    """Nothing can be reserved now; the reason says what has to happen first."""


def stream_of(network: NetworkRef, address: bytes) -> StreamId:
    return StreamId(StreamKind.SIGNER, f"{network.key}-{address.hex()}")


def state_of(last: Event | None) -> SignerState | None:
    """Return the state that a signer's last event carries; None where it was never adopted."""
    match last:
        case SignerAdopted() | SignerSlotReserved() | SignerSlotDecided() | SignerHeld():
            return last.state
        case _:
            return None


def adopt(network: NetworkRef, address: bytes, at: BlockRef, nonce: int | None) -> SignerAdopted:
    """Begin a signer's stream with what the finalized block proves: the key may have a past."""
    return SignerAdopted(
        network=network, address=address, at=at, state=SignerState(next_nonce=nonce)
    )


def require_ready(state: SignerState, limit: int) -> None:
    """Say whether a slot may be reserved now.

    Args:
        state: what the signer's last event carries.
        limit: how many slots may be undecided at once (U, a policy).

    Raises:
        SignerNotReady: the signer is held, or has that many undecided slots.
    """
    if state.hold is not None:
        raise SignerNotReady(state.hold)
    if len(state.undecided) >= limit:
        raise SignerNotReady(f"{limit} of its slots are undecided")


def reserve(state: SignerState, slot: UndecidedSlot, limit: int) -> SignerSlotReserved:
    """Take the next slot for an operation.

    Raises:
        SignerNotReady: see require_ready.
        BrokenRule: the slot is not the next one.
    """
    require_ready(state, limit)
    following = state.next_nonce
    if isinstance(slot.key, NonceSlot):
        if slot.key.nonce != state.next_nonce:
            raise BrokenRule(f"nonce {slot.key.nonce} is not the next, {state.next_nonce} is")
        following = slot.key.nonce + 1
    after = replace(state, next_nonce=following, undecided=(*state.undecided, slot))
    return SignerSlotReserved(slot=slot, state=after)


def decide(state: SignerState, key: SlotKey, fate: Fate) -> SignerSlotDecided:
    """Close a slot for ever.

    Raises:
        BrokenRule: the slot is not among the undecided ones.
    """
    left = tuple(slot for slot in state.undecided if slot.key != key)
    if len(left) == len(state.undecided):
        raise BrokenRule("a slot is decided once")
    return SignerSlotDecided(key=key, fate=fate, state=replace(state, undecided=left))


def hold(state: SignerState, at: BlockRef, used: int | None) -> SignerHeld:
    """Stop signing: a final block shows a use of the signer that the log cannot explain.

    Args:
        state: what the signer's last event carries.
        at: the final block.
        used: the nonce that stands there; None where a lease was used.
    """
    what = "a lease of ours, used by bytes that the log does not hold,"
    if used is not None:
        what = f"nonce {used}, where the log knows {state.next_nonce},"
    reason = f"{what} is stated at finalized block {at.number}"
    return SignerHeld(at=at, used=used, state=replace(state, hold=reason))
