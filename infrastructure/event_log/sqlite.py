"""The log in one SQLite file: WAL, synchronous FULL, one writer at a time."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor, SQLiteDatastore

from infrastructure.event_log.admission import (
    Candidate,
    Head,
    secret_key,
    streams_of,
    version_of,
)
from infrastructure.event_log.recorder import LogRecorder, Placed, admit_all, utc_now

# The library begins deferred; a first statement that writes makes it BEGIN IMMEDIATE.
LOCK = "UPDATE log_head SET one = 1 RETURNING position, time"
VERSIONS = """
    SELECT value, originator_version, event_id FROM json_each(?)
    JOIN stored_events AS last ON originator_id = value AND originator_version = (
        SELECT max(originator_version) FROM stored_events WHERE originator_id = value)
"""
TAKEN = """
    SELECT owner, purpose, version FROM secrets
    WHERE owner || '/' || purpose IN (SELECT value FROM json_each(?))
"""
INSERT = """
    INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state, event_id)
    VALUES (?, ?, ?, ?, ?, ?)
"""
INSERT_BLOB = "INSERT INTO blobs (sha256, content) VALUES (?, ?) ON CONFLICT DO NOTHING"
INSERT_SECRET = "INSERT INTO secrets (owner, purpose, version, sealed) VALUES (?, ?, ?, ?)"
MOVE_HEAD = "UPDATE log_head SET position = ?, time = ?"
BLOB = "SELECT content FROM blobs WHERE sha256 = ?"
SECRET = """
    SELECT version, sealed FROM secrets WHERE owner = ? AND purpose = ?
    ORDER BY version DESC LIMIT 1
"""


class SqliteLogRecorder(LogRecorder, SQLiteApplicationRecorder):
    def __init__(self, datastore: SQLiteDatastore, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(datastore)
        self.clock = clock

    def construct_create_table_statements(self) -> list[str]:
        """Create nothing: migrations own the schema."""
        return []

    def append(self, candidates: Sequence[Candidate]) -> list[Placed]:
        with self.datastore.transaction(commit=True) as cursor:
            head = self._lock_head(cursor, candidates)
            placed = admit_all(head, candidates, self.clock())
            if head.rows:
                _write(cursor, head)
        return placed

    def _lock_head(self, cursor: SQLiteCursor, candidates: Sequence[Candidate]) -> Head:
        cursor.execute(LOCK)
        [(position, time)] = cursor.fetchall()
        cursor.execute(VERSIONS, (json.dumps(streams_of(candidates)),))
        versions = {name: version_of(number, event) for name, number, event in cursor.fetchall()}
        head = Head(position, time, versions)
        secrets = [secret for candidate in candidates for secret in candidate.append.secrets]
        if secrets:
            cursor.execute(TAKEN, (json.dumps([f"{s.owner}/{s.purpose}" for s in secrets]),))
            head.taken = {(owner, purpose, n) for owner, purpose, n in cursor.fetchall()}
        return head

    def blob(self, digest: bytes) -> bytes | None:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(BLOB, (digest,))
            found = cursor.fetchone()
        return None if found is None else bytes(found[0])

    def secret(self, owner: str, purpose: str) -> tuple[int, bytes] | None:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(SECRET, (owner, purpose))
            found = cursor.fetchone()
        return None if found is None else (int(found[0]), bytes(found[1]))


def _write(cursor: SQLiteCursor, head: Head) -> None:
    cursor.executemany(INSERT, head.rows)
    cursor.executemany(INSERT_BLOB, list(head.blobs.items()))
    secrets = [(*secret_key(secret), secret.sealed) for secret in head.secrets]
    cursor.executemany(INSERT_SECRET, secrets)
    cursor.execute(MOVE_HEAD, (head.position, head.time))
