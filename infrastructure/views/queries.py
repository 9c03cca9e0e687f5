"""Asks the read models. Implements projections.queries.Deployments on both databases."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol

from domain.values import DeploymentId, TenantId
from infrastructure.views.store import Session
from infrastructure.views.tables import Table
from projections.deployment_history import DEPLOYMENT_HISTORY, HistoryEntry
from projections.deployment_status import DEPLOYMENT_STATUS, DeploymentStatus
from projections.queries import Filters, Page

STATUS = Table(DEPLOYMENT_STATUS, DEPLOYMENT_STATUS.table)
HISTORY = Table(DEPLOYMENT_HISTORY, DEPLOYMENT_HISTORY.table)
FIND = f"SELECT row FROM {STATUS.name} WHERE key = %s"
PAGE = f"SELECT row FROM {STATUS.name} WHERE {{wanted}} ORDER BY requested DESC LIMIT %s"
ENTRIES = f"SELECT row FROM {HISTORY.name} WHERE deployment = %s ORDER BY version"


class Readable(Protocol):
    def reading(self) -> AbstractContextManager[Session]: ...


class StoredDeployments:
    def __init__(self, database: Readable) -> None:
        self._database = database

    def find(self, deployment: DeploymentId) -> DeploymentStatus | None:
        with self._database.reading() as session:
            found = session.run(FIND, (str(deployment),))
        return STATUS.decode(found[0][0]) if found else None

    def page(self, tenant: TenantId, filters: Filters, before: int | None, size: int) -> Page:
        conditions = [("tenant = %s", str(tenant)), *_conditions(filters, before)]
        wanted = " AND ".join(condition for condition, _ in conditions)
        values: list[Any] = [value for _, value in conditions]
        with self._database.reading() as session:
            found = session.run(PAGE.format(wanted=wanted), (*values, size + 1))
        rows = [STATUS.decode(row) for (row,) in found[:size]]
        return Page(rows, rows[-1].requested if len(found) > size else None)

    def history(self, deployment: DeploymentId) -> Sequence[HistoryEntry]:
        with self._database.reading() as session:
            found = session.run(ENTRIES, (str(deployment),))
        return [HISTORY.decode(row) for (row,) in found]


def _conditions(filters: Filters, before: int | None) -> list[tuple[str, Any]]:
    possible: list[tuple[str, Any]] = [
        ("network = %s", filters.network),
        ("kind = %s", filters.kind),
        ("status = %s", filters.status and filters.status.value),
        ("account = %s", filters.account and str(filters.account)),
        ("requested_at >= %s", _spell(filters.requested_from)),
        ("requested_at < %s", _spell(filters.requested_before)),
        ("requested < %s", before),
    ]
    return [(condition, value) for condition, value in possible if value is not None]


def _spell(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")
