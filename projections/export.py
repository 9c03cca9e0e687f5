"""The audit trail as text: JSON for machines, CSV for spreadsheets. Both stream.

A cell that a spreadsheet would calculate gets an apostrophe in front
(OWASP, CSV injection); digits stay exact.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any

from projections.deployment_history import HistoryEntry
from projections.deployment_status import DeploymentStatus

CALCULATED = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a spreadsheet calculate, full-width forms included."""
COLUMNS = (
    "DeploymentId",
    "TokenType",
    "TokenName",
    "TokenSymbol",
    "Network",
    "DeployedBy",
    "AssetIdentifier",
    "TransactionHash",
    "Version",
    "Position",
    "Timestamp",
    "Event",
    "Status",
    "SubStatus",
    "Message",
    "ReasonCode",
    "Actor",
    "BlockNumber",
    "DurationFromPreviousMs",
    "CorrelationId",
)


def to_csv(status: DeploymentStatus, history: Iterable[HistoryEntry]) -> Iterator[str]:
    """Yield the trail line by line (RFC 4180), header first."""
    line = StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield _taken(line)
    for entry in history:
        writer.writerow([safe_cell(value) for value in _cells(status, entry)])
        yield _taken(line)


def to_json(head: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one JSON object piece by piece: the head's members, then `statusHistory`."""
    opening = json.dumps(head, ensure_ascii=False, sort_keys=True)
    yield opening[:-1] + (", " if head else "") + '"statusHistory": ['
    for number, entry in enumerate(entries):
        comma = ",\n" if number else "\n"
        yield comma + json.dumps(entry, ensure_ascii=False, sort_keys=True)
    yield "\n]}\n"


def safe_cell(value: object) -> str:
    """Spell a value so that no spreadsheet calculates it."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(CALCULATED) else text


def _cells(status: DeploymentStatus, entry: HistoryEntry) -> tuple[object, ...]:
    return (
        status.deployment,
        status.kind,
        status.name,
        status.symbol,
        status.network,
        status.signer,
        status.asset,
        entry.transaction,
        entry.version,
        entry.position,
        entry.time.isoformat().replace("+00:00", "Z"),
        entry.event,
        entry.status,
        entry.sub_status,
        entry.message,
        entry.reason,
        entry.actor,
        entry.block,
        entry.previous_ms,
        entry.correlation,
    )


def _taken(line: StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text
