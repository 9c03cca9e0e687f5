"""Slots: what a chain lets happen once, and the signed bytes bound to it.

One type with two families (architecture, section 2). The engine knows slots;
only a chain adapter knows what is behind a key.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.values import BaseUnits, BlobRef, BlockRef


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceSlot:
    """EVM: one nonce of one sender on one chain."""

    chain_id: int
    genesis_hash: bytes
    sender: bytes
    nonce: int

    @property
    def signers(self) -> tuple[bytes, ...]:
        """Addresses that sign in this slot."""
        return (self.sender,)

    @property
    def decidable(self) -> str:
        """When it will be known what became of the slot, whatever nodes say meanwhile."""
        return "when the slot is used in a final block"

    @property
    def told(self) -> str:
        """What the slot is, in words."""
        return f"nonce {self.nonce}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSlot:
    """Algorand: one lease of one sender in one window of the grid.

    The window's end is the last-valid of every attempt and of every member of
    its group (rule L1): attempts of different ends could both land.
    """

    genesis_hash: bytes
    sender: bytes
    lease: bytes
    window: int
    first_valid: int
    last_valid: int
    """Rounds, both included."""
    sponsor: bytes | None = None
    """Pays for the sender inside the same atomic group."""
    shape: tuple[str, ...] = ()
    """Transaction types of the atomic group, in order."""

    @property
    def signers(self) -> tuple[bytes, ...]:
        """Addresses that sign in this slot."""
        return (self.sender,) if self.sponsor is None else (self.sender, self.sponsor)

    @property
    def opens(self) -> int:
        """The first round of the window, where bytes that this log has lost may have landed."""
        width = self.last_valid // (self.window + 1)
        return self.window * width + 1

    @property
    def decidable(self) -> str:
        """When it will be known what became of the slot, whatever nodes say meanwhile."""
        return f"when round {self.last_valid} is over"

    @property
    def told(self) -> str:
        """What the slot is, in words."""
        return f"the lease of rounds {self.first_valid} to {self.last_valid}"


SlotKey = NonceSlot | LeaseSlot


class AttemptKind(StrEnum):
    EFFECT = "effect"
    CANCEL = "cancel"
    FILLER = "filler"


class Fate(StrEnum):
    """What became of a slot, for ever."""

    LANDED = "landed"
    REVERTED = "reverted"
    DEAD = "dead"
    BURNED = "burned"


WITHOUT_TOKEN = frozenset({Fate.REVERTED, Fate.DEAD, Fate.BURNED})
"""Fates of a slot in which no token can have appeared."""


class CertificateKind(StrEnum):
    NEVER_SIGNED = "never-signed"
    """A statement about the log alone: no signature of the issuing step is in it."""
    FINALIZED_INCLUSION = "finalized-inclusion"
    FINALIZED_TRANSFER = "finalized-transfer"
    FINALIZED_REVERT = "finalized-revert"
    BURNED_NONCE = "burned-nonce"
    BURNED_LEASE = "burned-lease"
    DEAD_SLOT = "dead-slot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Proof of an outcome, for a machine to check. How strong it is, the verifier computes."""

    kind: CertificateKind
    blob: BlobRef | None = None
    """The certificate's bytes; None where the log itself is the proof."""
    block: BlockRef | None = None
    """The block whose hash the verifier has to trust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Where a transaction stands: read again by block, never by its hash alone."""

    block: BlockRef
    index: int
    succeeded: bool
    """What the receipt says. Neither answer is final before its block is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    number: int
    kind: AttemptKind
    transaction_id: bytes
    raw: bytes
    """The signed bytes: the only thing that is ever sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    number: int
    """Place among the slots of its step: 1, 2, 3."""
    key: SlotKey
    most: BaseUnits
    """Base units of the chain's coin that this slot can cost at most."""
    attempts: tuple[Attempt, ...] = ()
    answered: bool = False
    """A node was asked to take the bytes; what it answered proves nothing."""
    seen: bool = False
    """A node gave the bytes back."""
    inclusion: Inclusion | None = None
    included: int = 0
    """Number of the attempt that the inclusion speaks of; 0 where there is none."""
    fate: Fate | None = None
    certificate: Certificate | None = None
    """Proof of the fate; None while the slot is undecided."""

    @property
    def newest(self) -> Attempt:
        return self.attempts[-1]

    @property
    def standing(self) -> Attempt:
        """The attempt that is in a block, else the newest."""
        return self.attempts[self.included - 1]
