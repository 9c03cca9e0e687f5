"""The audit trail as text: JSON for machines, CSV for spreadsheets. Both stream.

JSON is exact. CSV is safe to open: text that a spreadsheet would calculate, or
take for a number or a date and spell anew, gets an apostrophe (OWASP, CSV injection).
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any

from projections.deployment_history import HistoryEntry
from projections.deployment_status import DeploymentStatus

CALCULATED = re.compile(r"(^|[;|\t\r\n])(?=\s*[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20])")
"""Where a cell begins that would be calculated: also behind what other locales separate with."""
GUESSED = re.compile(
    r"[\W_]*\d[\W\d_]*(e[\W\d_]*|[ap]m?\W*)?"  # 007, 1E5, (5), 3/4, 12:30 pm, 2026-11-25
    r"|(?=.*\d)[\W\d_]*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\W\d_]*"  # MAR1
    r"|true|false",
    re.IGNORECASE | re.DOTALL,
)
"""Text that is taken for something else: digits are lost, names become dates."""
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
    return csv_lines(COLUMNS, (_cells(status, entry) for entry in history))


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a header and rows, line by line, each cell safe to open."""
    line = StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(columns)
    yield _taken(line)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
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
    """Spell a value so that a spreadsheet shows the text that it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if GUESSED.fullmatch(value):
        return "'" + value
    return CALCULATED.sub(r"\1'", value)


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
