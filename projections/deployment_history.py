"""Every fact of every deployment: one row each, the audit trail as people read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from domain.event_names import name_of
from domain.events import (
    AttemptIncluded,
    AttemptSigned,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    IssueConfirmed,
    WaitBegan,
)
from domain.log import RecordedEvent
from domain.status import Status, SubStatus
from domain.streams import StreamKind
from projections.projection import Projection
from projections.story import tell
from projections.track import Track, follow


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
class HistoryEntry:
    deployment: UUID
    version: int
    position: int
    time: datetime
    actor: str
    correlation: str
    event: str
    """Its name in the log."""
    message: str
    track: Track
    """After the fact."""
    status_since: datetime
    previous: Status | None
    """The status that this fact ended, if it did."""
    previous_ms: int | None
    """Milliseconds that it had lasted."""
    transaction: str | None = None
    block: int | None = None
    reason: str | None = None

    @property
    def status(self) -> Status:
        return self.track.status

    @property
    def sub_status(self) -> SubStatus | None:
        return self.track.sub_status


def key_of(deployment: str, version: int) -> str:
    return f"{deployment}/{version:08d}"


def fold(row: HistoryEntry | None, recorded: RecordedEvent) -> Iterable[tuple[str, HistoryEntry]]:
    if recorded.stream.kind is not StreamKind.DEPLOYMENT:
        return ()
    event = recorded.event
    assert isinstance(event, DeploymentEvent)
    track = follow(row.track, event) if row else Track()
    ended = row if row and row.status is not track.status else None
    lasted = (recorded.time - ended.status_since) // timedelta(milliseconds=1) if ended else None
    transaction, block, reason = _figures(event)
    entry = HistoryEntry(
        deployment=UUID(recorded.stream.id),
        version=recorded.version,
        position=recorded.position,
        time=recorded.time,
        actor=recorded.actor,
        correlation=recorded.correlation,
        event=name_of(recorded.stream.kind, event),
        message=tell(event),
        track=track,
        status_since=recorded.time if ended or row is None else row.status_since,
        previous=ended.status if ended else None,
        previous_ms=lasted,
        transaction=transaction,
        block=block,
        reason=reason,
    )
    return ((key_of(recorded.stream.id, recorded.version), entry),)


def _figures(event: DeploymentEvent) -> tuple[str | None, int | None, str | None]:
    """Return transaction, block number and reason code, where a fact has them."""
    match event:
        case AttemptSigned(transaction_id=transaction):
            return "0x" + transaction.hex(), None, None
        case AttemptIncluded(inclusion=inclusion):
            return None, inclusion.block.number, None
        case IssueConfirmed(block=block):
            return None, block.number, None
        case DeploymentCompleted(transaction_id=transaction, inclusion=inclusion):
            return "0x" + transaction.hex(), inclusion.block.number, None
        case DeploymentFailed(cause=cause):
            return None, None, cause
        case WaitBegan(reason=reason):
            return None, None, reason.value
        case _:
            return None, None, None


DEPLOYMENT_HISTORY = Projection(
    name="deployment_history",
    version=3,
    row=HistoryEntry,
    reads=frozenset(get_args(DeploymentEvent)),
    index={"deployment": "text", "version": "bigint"},
    needs=lambda recorded: key_of(recorded.stream.id, recorded.version - 1),
    fold=fold,
    columns=lambda row: (str(row.deployment), row.version),
)
