"""What has to be carried from fact to fact to know the status: small, and the same for every row.

A property test holds it against the aggregate: both must always say the same.
"""

from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    status: Status = Status.QUEUED
    issues: tuple[int, ...] = ()
    """Numbers of the issuing steps."""
    open: int = 0
    """Undecided slots of the whole operation."""
    slot: int = 0
    """Number of the last issue slot; 0 before there is one."""
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
        return "when the slot is used in a final block"


def follow(track: Track, event: DeploymentEvent) -> Track:
    """Carry one fact on."""
    match event:
        case StepsPlanned(steps=steps):
            new = tuple(step.number for step in steps if step.purpose is StepPurpose.ISSUE)
            return replace(track, issues=track.issues + new, wait=None)
        case SlotReserved(step=step, slot=slot):
            track = replace(track, open=track.open + 1)
            if not _issues(track, step):
                return track
            fresh = Track(status=track.status, issues=track.issues, open=track.open, slot=slot)
            return replace(fresh, revoked=track.revoked, wait=track.wait)
        case AttemptSigned(step=step) if _issues(track, step):
            signed = Status.SUBMITTED if track.status is Status.QUEUED else track.status
            return replace(track, status=signed, answered=False)
        case BroadcastAnswered(step=step) if _issues(track, step):
            return replace(track, answered=True)
        case AttemptSeen(step=step):
            seen = replace(track, revoked=False)
            return _pending(replace(seen, seen=True)) if _issues(track, step) else seen
        case AttemptIncluded(step=step, inclusion=inclusion):
            seen = replace(track, revoked=False)
            if not _issues(track, step):
                return seen
            return _pending(replace(seen, seen=True, block=inclusion.block.number))
        case InclusionRevoked(step=step):
            return _revoked(track, ours=_issues(track, step))
        case SlotDecided(step=step, fate=fate):
            closed = replace(track, open=track.open - 1)
            return replace(closed, decided=fate) if _issues(track, step) else closed
        case WaitBegan(reason=reason):
            return replace(track, wait=reason.value)
        case WaitEnded():
            return replace(track, wait=None)
        case _:
            return _said(track, event)


def _said(track: Track, event: DeploymentEvent) -> Track:
    match event:
        case RetryRequested():
            return replace(track, status=Status.QUEUED)
        case DeploymentCancelled():
            return replace(track, status=Status.CANCELLED, wait=None)
        case IssueConfirmed():
            return replace(track, status=Status.CONFIRMED, wait=None)
        case IssueIndexed():
            return replace(track, status=Status.INDEXED, wait=None)
        case DeploymentCompleted():
            return replace(track, status=Status.COMPLETED, wait=None)
        case DeploymentFailed():
            return replace(track, status=Status.FAILED, wait=None)
        case _:
            return track


def _issues(track: Track, step: int) -> bool:
    return step in track.issues


def _pending(track: Track) -> Track:
    return replace(track, status=Status.PENDING) if track.status is Status.SUBMITTED else track


def _revoked(track: Track, *, ours: bool) -> Track:
    track = replace(track, revoked=True)
    if not ours:
        return track
    back = track.status in {Status.CONFIRMED, Status.INDEXED}
    return replace(track, block=None, status=Status.PENDING if back else track.status)
