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


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
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
            if not _issues(track, step):
                return replace(track, open=track.open + 1)
            return Track(
                status=track.status,
                issues=track.issues,
                open=track.open + 1,
                slot=slot,
                revoked=track.revoked,
                wait=track.wait,
            )
        case AttemptSigned(step=step) if _issues(track, step):
            signed = Status.SUBMITTED if track.status is Status.QUEUED else track.status
            return replace(track, status=signed, answered=False)
        case BroadcastAnswered(step=step) if _issues(track, step):
            return replace(track, answered=True)
        case AttemptSeen(step=step):
            if not _issues(track, step):
                return replace(track, revoked=False)
            return replace(track, revoked=False, seen=True, status=_shown(track.status))
        case AttemptIncluded(step=step, inclusion=inclusion):
            if not _issues(track, step):
                return replace(track, revoked=False)
            number, shown = inclusion.block.number, _shown(track.status)
            return replace(track, revoked=False, seen=True, block=number, status=shown)
        case InclusionRevoked(step=step):
            return _revoked(track, ours=_issues(track, step))
        case SlotDecided(step=step, fate=fate):
            decided = fate if _issues(track, step) else track.decided
            return replace(track, open=track.open - 1, decided=decided)
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


def _shown(status: Status) -> Status:
    """Return the status once a node has given the bytes back."""
    return Status.PENDING if status is Status.SUBMITTED else status


def _revoked(track: Track, *, ours: bool) -> Track:
    track = replace(track, revoked=True)
    if not ours:
        return track
    back = track.status in {Status.CONFIRMED, Status.INDEXED}
    return replace(track, block=None, status=Status.PENDING if back else track.status)
