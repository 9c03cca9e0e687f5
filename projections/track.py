"""What has to be carried from fact to fact to know the status: small, and the same for every row.

A property test holds it against the aggregate: both must always say the same.
"""

from dataclasses import dataclass

from domain.events import (
    AttemptIncluded,
    AttemptSeen,
    AttemptSigned,
    BroadcastAnswered,
    DeploymentCancelled,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    InclusionRevoked,
    IssueConfirmed,
    IssueIndexed,
    PlannedStep,
    RetryRequested,
    SlotDecided,
    SlotReserved,
    StepPurpose,
    StepsPlanned,
    WaitBegan,
    WaitEnded,
)
from domain.slots import Fate
from domain.status import Status, SubStatus
from projections.projection import altered


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
class Track:
    status: Status = Status.QUEUED
    issues: tuple[int, ...] = ()
    """Numbers of the issuing steps. What follows speaks of the last one."""
    open: int = 0
    """Undecided slots of the whole operation."""
    slot: int = 0
    """Number of the last issue slot; 0 before there is one."""
    decidable: str = ""
    """When its fate will be known at the latest."""
    decided: Fate | None = None
    """What became of it."""
    answered: bool = False
    seen: bool = False
    block: int | None = None
    """Number of the block that it stands in."""
    revoked: bool = False
    wait: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status.is_final or self.status is Status.FAILED

    @property
    def sub_status(self) -> SubStatus | None:
        if self.is_over:
            return None
        if self.wait is not None:
            return SubStatus(self.wait)
        if self.slot == 0 or self.status is Status.QUEUED:
            return SubStatus.FUNDING if self.open else None
        if self.decided is Fate.DEAD:
            return SubStatus.SLOT_DEAD
        if self.block is not None or self.decided is Fate.LANDED:
            return SubStatus.INCLUDED
        if self.revoked:
            return SubStatus.REORG
        if self.seen:
            return SubStatus.IN_POOL
        return SubStatus.MAYBE_SENT if self.answered else SubStatus.SIGNED_UNSENT

    @property
    def decidable_at(self) -> str | None:
        if self.slot == 0 or self.decided is not None or self.status.is_final:
            return None
        if self.block is not None:
            return f"when block {self.block} is final"
        return self.decidable


def follow(track: Track, event: DeploymentEvent) -> Track:
    """Carry one fact on."""
    match event:
        case StepsPlanned(steps=steps):
            return _planned(track, steps)
        case SlotReserved(step=step, slot=slot, key=key):
            if not _is_last(track, step):
                return altered(track, open=track.open + 1)
            return Track(
                status=track.status,
                issues=track.issues,
                open=track.open + 1,
                slot=slot,
                decidable=key.decidable,
                revoked=track.revoked,
                wait=track.wait,
            )
        case AttemptSigned(step=step) if step in track.issues:
            signed = Status.SUBMITTED if track.status is Status.QUEUED else track.status
            answered = track.answered and not _is_last(track, step)
            return altered(track, status=signed, answered=answered)
        case BroadcastAnswered(step=step) if _is_last(track, step):
            return altered(track, answered=True)
        case AttemptSeen(step=step):
            seen = track.seen or _is_last(track, step)
            return altered(track, revoked=False, seen=seen, status=_shown(track, step))
        case AttemptIncluded(step=step, inclusion=inclusion):
            shown, number = _shown(track, step), inclusion.block.number
            if not _is_last(track, step):
                return altered(track, revoked=False, status=shown)
            return altered(track, revoked=False, seen=True, block=number, status=shown)
        case InclusionRevoked(step=step):
            return _revoked(track, step)
        case SlotDecided(step=step, fate=fate):
            decided = fate if _is_last(track, step) else track.decided
            return altered(track, open=track.open - 1, decided=decided)
        case WaitBegan(reason=reason):
            return altered(track, wait=reason.value)
        case WaitEnded():
            return altered(track, wait=None)
        case _:
            return _said(track, event)


def _said(track: Track, event: DeploymentEvent) -> Track:
    match event:
        case RetryRequested():
            return altered(track, status=Status.QUEUED)
        case DeploymentCancelled():
            return altered(track, status=Status.CANCELLED, wait=None)
        case IssueConfirmed():
            return altered(track, status=Status.CONFIRMED, wait=None)
        case IssueIndexed():
            return altered(track, status=Status.INDEXED, wait=None)
        case DeploymentCompleted():
            return altered(track, status=Status.COMPLETED, wait=None)
        case DeploymentFailed():
            return altered(track, status=Status.FAILED, wait=None)
        case _:
            return track


def _is_last(track: Track, step: int) -> bool:
    """Whether this is the step that makes the token appear."""
    return track.issues[-1:] == (step,)


def _planned(track: Track, steps: tuple[PlannedStep, ...]) -> Track:
    issues = tuple(step.number for step in steps if step.purpose is StepPurpose.ISSUE)
    if not issues:
        return altered(track, wait=None)
    return Track(
        status=track.status,
        issues=track.issues + issues,
        open=track.open,
        revoked=track.revoked,
    )


def _shown(track: Track, step: int) -> Status:
    """Return the status once a node has given a step's bytes back."""
    submitted = track.status is Status.SUBMITTED and step in track.issues
    return Status.PENDING if submitted else track.status


def _revoked(track: Track, step: int) -> Track:
    back = step in track.issues and track.status in {Status.CONFIRMED, Status.INDEXED}
    status = Status.PENDING if back else track.status
    block = None if _is_last(track, step) else track.block
    return altered(track, revoked=True, status=status, block=block)
