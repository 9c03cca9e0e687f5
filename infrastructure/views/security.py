"""Asks the rows of accounts' security. Implements projections.security_queries on both databases.

Each account and the tenant are asked apart, newest first and no further than a page: one question
for all would read their whole past. Filters are answered by the indexes alone, and times by
positions, along which they never run backwards; only a page's own rows are read.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from domain.values import AccountId
from infrastructure.views.queries import Readable
from infrastructure.views.store import Session
from infrastructure.views.tables import Table
from projections.account_sessions import ACCOUNT_SESSIONS, SessionRow
from projections.security_activity import SECURITY_ACTIVITY, spelled
from projections.security_queries import MOST_SESSIONS, ActivityFilters, ActivityPage, Reach

ACTIVITY = Table(SECURITY_ACTIVITY, SECURITY_ACTIVITY.table)
SESSIONS = Table(ACCOUNT_SESSIONS, ACCOUNT_SESSIONS.table)
PART = (
    f"SELECT position FROM (SELECT position FROM {ACTIVITY.name} "
    "WHERE {wanted} ORDER BY position DESC LIMIT %s) AS part_{number}"
)
NEWEST = (
    f"SELECT row FROM {ACTIVITY.name} WHERE position IN (SELECT position FROM ({{parts}}) AS parts "
    "ORDER BY position DESC LIMIT %s) ORDER BY position DESC"
)
LAST_BEFORE = (
    f"SELECT position FROM {ACTIVITY.name} WHERE time < %s "
    "ORDER BY time DESC, position DESC LIMIT 1"
)
POSITION = "SELECT position FROM projection_position WHERE projection = %s"
OPEN = (
    f"SELECT row FROM {SESSIONS.name} WHERE account = %s AND ended = '' "
    "ORDER BY position DESC LIMIT %s"
)
Condition = tuple[str, Any]


class StoredSecurity:
    """Implements projections.security_queries.SecurityRows."""

    def __init__(self, database: Readable) -> None:
        self._database = database

    def page(
        self, reach: Reach, filters: ActivityFilters, before: int | None, size: int
    ) -> ActivityPage:
        with self._database.reading() as session:
            narrowed = [*_conditions(filters, before), *_times(session, filters)]
            statement, values = _question(reach, narrowed, size + 1)
            found = session.run(statement, values)
        rows = [ACTIVITY.decode(row) for (row,) in found[:size]]
        return ActivityPage(rows, rows[-1].position if len(found) > size else None)

    def position(self) -> int:
        with self._database.reading() as session:
            found = session.run(POSITION, (ACTIVITY.name,))
        return int(found[0][0]) if found else 0


class StoredSessions:
    """Implements projections.security_queries.SessionRows."""

    def __init__(self, database: Readable) -> None:
        self._database = database

    def open_of(self, account: AccountId) -> Sequence[SessionRow]:
        with self._database.reading() as session:
            found = session.run(OPEN, (str(account), MOST_SESSIONS))
        return [SESSIONS.decode(row) for (row,) in found]


def _question(reach: Reach, narrowed: list[Condition], most: int) -> tuple[str, list[Any]]:
    """Return one statement for all parts, and its values."""
    parts, values = [], list[Any]()
    for number, part in enumerate(_parts(reach)):
        conditions = [*part, *narrowed]
        wanted = " AND ".join(condition for condition, _ in conditions)
        parts.append(PART.format(wanted=wanted, number=number))
        values += [*(value for _, value in conditions), most]
    return NEWEST.format(parts=" UNION ALL ".join(parts)), [*values, most]


def _parts(reach: Reach) -> Iterator[list[Condition]]:
    """Yield conditions that no row meets twice."""
    own: list[Condition] = [("tenant = %s", str(reach.tenant))]
    if reach.only is not None:
        own.append(("account = %s", str(reach.only)))
    yield own
    for account, after in reach.since.items():
        yield [("account = %s", str(account)), ("tenant = %s", ""), ("position > %s", after)]


def _conditions(filters: ActivityFilters, before: int | None) -> Iterator[Condition]:
    possible: list[Condition] = [
        ("event = %s", filters.event),
        ("severity = %s", filters.severity and filters.severity.value),
        ("success = %s", None if filters.success is None else int(filters.success)),
        ("position < %s", before),
    ]
    return ((condition, value) for condition, value in possible if value is not None)


def _times(session: Session, filters: ActivityFilters) -> Iterator[Condition]:
    if filters.time_from is not None:
        yield "position > %s", _last_before(session, filters.time_from)
    if filters.time_before is not None:
        yield "position <= %s", _last_before(session, filters.time_before)


def _last_before(session: Session, time: datetime) -> int:
    """Return the last position before a time, of whoever's row; 0 if there is none."""
    found = session.run(LAST_BEFORE, (spelled(time),))
    return int(found[0][0]) if found else 0
