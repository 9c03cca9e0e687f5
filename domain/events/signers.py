"""Chain accounts that sign: one stream per chain and address."""

from dataclasses import dataclass

from domain.slots import Fate, SlotKey
from domain.streams import StreamId
from domain.values import BaseUnits, BlockRef, NetworkRef


@dataclass(frozen=True, slots=True, kw_only=True)
class UndecidedSlot:
    key: SlotKey
    owner: StreamId
    step: int
    slot: int
    most: BaseUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerState:
    """Carried whole by every signer event, so that the last one decides."""

    next_nonce: int | None
    """EVM: ours, never a node's; None where the family has none."""
    undecided: tuple[UndecidedSlot, ...] = ()
    hold: str | None = None
    """Why nothing is signed; None where signing is allowed."""

    @property
    def most(self) -> int:
        """Base units that the undecided slots can cost at most, together."""
        return sum(slot.most for slot in self.undecided)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerAdopted:
    """Read at the finalized block, since the same key may have a past."""

    network: NetworkRef
    address: bytes
    at: BlockRef
    state: SignerState


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerSlotReserved:
    slot: UndecidedSlot
    state: SignerState


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerSlotDecided:
    key: SlotKey
    fate: Fate
    state: SignerState


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerHeld:
    """Something that is not in the log used this signer. An operator has to look."""

    at: BlockRef
    used: int | None
    """The nonce that the finalized block states; None where a lease was used."""
    state: SignerState


SignerEvent = SignerAdopted | SignerSlotReserved | SignerSlotDecided | SignerHeld
