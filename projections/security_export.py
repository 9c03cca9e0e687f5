"""Security activity as text: JSON for machines, CSV for spreadsheets. Both stream."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from projections.export import csv_lines
from projections.security_activity import SecurityEntry

COLUMNS = (
    "EventId",
    "AccountId",
    "TenantId",
    "EventType",
    "Severity",
    "Timestamp",
    "Summary",
    "Success",
    "ErrorMessage",
    "CorrelationId",
    "SourceIp",
    "UserAgent",
    "Actor",
    "Position",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as its reader may see it."""

    entry: SecurityEntry
    source_ip: str | None
    user_agent: str | None

    @property
    def error(self) -> str | None:
        """What went wrong, where it did."""
        return None if self.entry.success else self.entry.message


def to_csv(rows: Iterable[Shown]) -> Iterator[str]:
    """Yield the rows line by line (RFC 4180), header first."""
    return csv_lines(COLUMNS, map(_cells, rows))


def to_json(head: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one JSON object piece by piece: the head's members, then `activity`, then `count`.

    The count comes last, so that nobody takes what was cut off for the whole.
    """
    yield json.dumps(head, ensure_ascii=False, sort_keys=True)[:-1] + ', "activity": ['
    count = 0
    for entry in entries:
        comma = ",\n" if count else "\n"
        yield comma + json.dumps(entry, ensure_ascii=False, sort_keys=True)
        count += 1
    yield f'\n], "count": {count}}}\n'


def _cells(row: Shown) -> tuple[object, ...]:
    entry = row.entry
    return (
        entry.id,
        entry.account,
        entry.tenant,
        entry.event,
        entry.severity,
        entry.time.isoformat().replace("+00:00", "Z"),
        entry.message,
        entry.success,
        row.error,
        entry.correlation,
        row.source_ip,
        row.user_agent,
        entry.actor,
        entry.position,
    )
