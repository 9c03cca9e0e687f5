"""What the engine does and sees; the same for whatever owns slots."""

from dataclasses import dataclass
from enum import StrEnum

from domain.slots import AttemptKind, Certificate, Fate, Inclusion, SlotKey
from domain.values import BaseUnits, BlobRef, BlockRef


class StepPurpose(StrEnum):
    FUND = "fund"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One on-chain effect of an operation."""

    number: int
    purpose: StepPurpose
    amount: BaseUnits = 0
    """Base units of the chain's coin that a fund step sends; 0 for an issue step."""


class WaitReason(StrEnum):
    """Why an operation stands still. Each is open: none says that anything failed."""

    FUNDS = "awaiting-funds"
    HELD = "held"
    STUCK = "stuck"
    REVERTED = "reverted"
    REPLACED = "replaced"
    EXTERNALLY_USED = "externally-used"
    NONCONFORMING = "nonconforming"
    NEEDS_ARCHIVE = "needs-archive"
    INDEXER_LATE = "indexer-late"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsPlanned:
    """Preflight passed. Nothing is signed yet."""

    steps: tuple[PlannedStep, ...]
    most: BaseUnits
    """Base units of the chain's coin that the issuing step can cost at most, as of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReserved:
    """Always in one append with the first signature bound to the slot."""

    step: int
    slot: int
    key: SlotKey
    most: BaseUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSigned:
    step: int
    slot: int
    attempt: int
    kind: AttemptKind
    transaction_id: bytes
    raw: bytes
    """The signed bytes. They left no process before this event was durable (I2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastAnswered:
    """What a node said to the bytes. It proves neither landing nor absence."""

    step: int
    slot: int
    attempt: int
    operator: str
    verdict: str
    """A class of the chain's table of answers, such as ``accepted`` or ``says-nothing``."""
    wording: str
    """The node's own words, cut at 500 characters."""
    alarm: str
    """What a person has to look at, such as ``wrong-node``; empty for most answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSeen:
    """A node gave our bytes back by their hash: they are in its pool."""

    step: int
    slot: int
    attempt: int
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptIncluded:
    """Our bytes stand in a block that is canonical, as of now."""

    step: int
    slot: int
    attempt: int
    inclusion: Inclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionRevoked:
    """The block is no longer canonical. The bytes may land again elsewhere."""

    step: int
    slot: int
    attempt: int
    block: BlockRef
    canonical: BlockRef | None
    """What stands at that height now; None where nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformityRead:
    """The creation was compared with the request, at its own block's hash.

    Counts once that very block is final.
    """

    step: int
    slot: int
    block: BlockRef
    differences: tuple[str, ...]
    """Empty where everything is as asked."""
    report: BlobRef


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitBegan:
    """The operation cannot go on by itself, and why. The next fact of the engine ends it."""

    reason: WaitReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEnded:
    """What the operation waited for is there."""

    reason: WaitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDecided:
    """What became of a slot, for ever, with the proof."""

    step: int
    slot: int
    fate: Fate
    certificate: Certificate
    attempt: int | None = None
    """Which attempt landed or reverted; None where none did."""


OperationEvent = (
    StepsPlanned
    | SlotReserved
    | AttemptSigned
    | BroadcastAnswered
    | AttemptSeen
    | AttemptIncluded
    | InclusionRevoked
    | ConformityRead
    | WaitBegan
    | WaitEnded
    | SlotDecided
)
