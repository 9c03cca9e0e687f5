"""What callers may read: from projections, or from the same fold where they are late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.deployment import stream_of
from domain.log import EventLog
from domain.status import Status
from domain.values import DeploymentId, TenantId
from projections.deployment_history import HistoryEntry
from projections.deployment_history import fold as fold_history
from projections.deployment_status import DeploymentStatus
from projections.deployment_status import fold as fold_status


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which deployments of a tenant; None lets all pass."""

    network: str | None = None
    kind: str | None = None
    status: Status | None = None
    account: UUID | None = None
    requested_from: datetime | None = None
    """Included."""
    requested_before: datetime | None = None
    """Excluded."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[DeploymentStatus]
    before: int | None
    """Position to go on from; None at the end."""


class Deployments(Protocol):
    def find(self, deployment: DeploymentId) -> DeploymentStatus | None:
        """Return the row of one deployment, as far as the projector has come."""
        ...

    def page(self, tenant: TenantId, filters: Filters, before: int | None, size: int) -> Page:
        """Return deployments of a tenant, newest first, by position and never by time."""
        ...

    def history(self, deployment: DeploymentId) -> Sequence[HistoryEntry]:
        """Return the entries of one deployment, oldest first, as far as the projector has come."""
        ...


def current_status(
    log: EventLog, rows: Deployments, deployment: DeploymentId
) -> DeploymentStatus | None:
    """Return what the log says now: a 202 is never followed by a 404.

    The row where it is up to date; else the stream, through the same fold.
    """
    last = log.read_last(stream_of(deployment))
    if last is None:
        return None
    row = rows.find(deployment)
    if row is not None and row.version == last.version:
        return row
    folded: DeploymentStatus | None = None
    for recorded in log.read(stream_of(deployment)).events:
        [(_, folded)] = fold_status(folded, recorded)
    return folded


def current_history(
    log: EventLog, rows: Deployments, deployment: DeploymentId
) -> Sequence[HistoryEntry]:
    """Return every entry that the log has now; empty if unknown."""
    last = log.read_last(stream_of(deployment))
    if last is None:
        return ()
    entries = rows.history(deployment)
    if entries and entries[-1].version == last.version:
        return entries
    folded: list[HistoryEntry] = []
    for recorded in log.read(stream_of(deployment)).events:
        folded.extend(row for _, row in fold_history(folded[-1] if folded else None, recorded))
    return folded
