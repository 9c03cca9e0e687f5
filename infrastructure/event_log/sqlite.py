"""The log in one SQLite file: WAL, synchronous FULL, one writer at a time."""

import json
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from eventsourcing.persistence import InterfaceError, PersistenceError
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)

from domain.log import Outcome
from infrastructure.event_log.admission import (
    Candidate,
    Head,
    SecretKey,
    event_ids_of,
    secret_key,
    streams_of,
    version_of,
)
from infrastructure.event_log.recorder import Change, LogRecorder, utc_now

READERS = 16
"""Connections; more threads than that take turns."""
# Not every SQLite has it as its default: without it a power cut may take the last appends.
DURABLE = "PRAGMA synchronous = FULL"
# A destroyed key must not live on in free pages of the file, nor in the journal beside it.
OVERWRITTEN = "PRAGMA secure_delete = ON"
EMPTY_JOURNAL = "PRAGMA wal_checkpoint(TRUNCATE)"
# The library begins deferred; a first statement that writes makes it BEGIN IMMEDIATE.
LOCK = "UPDATE log_head SET one = 1 RETURNING position, time"
VERSIONS = """
    SELECT value, originator_version, event_id FROM json_each(?)
    JOIN stored_events AS last ON originator_id = value AND originator_version = (
        SELECT max(originator_version) FROM stored_events WHERE originator_id = value)
"""
KNOWN = "SELECT event_id FROM json_each(?) JOIN stored_events ON event_id = value"
TAKEN = """
    SELECT owner, purpose, version FROM json_each(?)
    JOIN secrets ON owner = json_extract(value, '$[0]') AND purpose = json_extract(value, '$[1]')
"""
INSERT = """
    INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state, event_id)
    VALUES (?, ?, ?, ?, ?, ?)
"""
INSERT_BLOB = "INSERT INTO blobs (sha256, content) VALUES (?, ?) ON CONFLICT DO NOTHING"
DESTROY = "DELETE FROM secrets WHERE owner = ? AND purpose = ?"
INSERT_SECRET = "INSERT INTO secrets (owner, purpose, version, sealed) VALUES (?, ?, ?, ?)"
MOVE_HEAD = "UPDATE log_head SET position = ?, time = ?"
BLOB = "SELECT content FROM blobs WHERE sha256 = ?"
SECRET = """
    SELECT version, sealed FROM secrets WHERE owner = ? AND purpose = ?
    ORDER BY version DESC LIMIT 1
"""
SECRETS_AFTER = """
    SELECT owner, purpose, version, sealed FROM secrets WHERE (owner, purpose, version) > (?, ?, ?)
    ORDER BY owner, purpose, version LIMIT ?
"""
EXCHANGE = """
    UPDATE secrets SET sealed = ? WHERE owner = ? AND purpose = ? AND version = ? AND sealed = ?
    RETURNING version
"""


class LogPool(SQLiteConnectionPool):
    """The library's pool, durable whatever the build, and with statements prepared once.

    The library's own connections keep one prepared statement; an append has eight.
    """

    def _create_connection(self) -> SQLiteConnection:
        try:
            connection = sqlite3.connect(
                self.db_name,
                timeout=self.lock_timeout or 0,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute(DURABLE)
            connection.execute(OVERWRITTEN)
        except sqlite3.Error as error:
            raise InterfaceError(str(error)) from error
        connection.row_factory = sqlite3.Row
        return SQLiteConnection(connection, self.max_age)


class LogDatastore(SQLiteDatastore):
    def __init__(self, path: str, patience: int, connections: int) -> None:
        super().__init__(path, originator_id_type="text")
        self.pool = LogPool(
            db_name=path,
            lock_timeout=patience,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=patience,
        )


class SqliteLogRecorder(LogRecorder, SQLiteApplicationRecorder):
    """Appends through a pool of one connection of its own.

    In the library's pool a reader would wait behind whoever waits to write.
    """

    def __init__(
        self,
        reading: SQLiteDatastore,
        writing: SQLiteDatastore,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(reading)
        self._writing = writing
        self.clock = clock

    def construct_create_table_statements(self) -> list[str]:
        """Create nothing: migrations own the schema."""
        return []

    def append(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        with self._transaction() as cursor:
            head = _lock_head(cursor, candidates)
            outcomes = head.admit_all(candidates, self.clock())
            if head.rows:
                _write(cursor, head)
        if head.destroyed:
            self.empty_journal()
        return outcomes

    def empty_journal(self) -> None:
        """Move the journal into the file, so that the old pages are gone; readers may delay it."""
        with (
            suppress(PersistenceError, sqlite3.Error),
            self._writing.get_connection(commit=False) as connection,
        ):
            connection.cursor().execute(EMPTY_JOURNAL)

    @contextmanager
    def _transaction(self) -> Generator[SQLiteCursor]:
        with self._writing.get_connection(commit=True) as connection:
            try:
                with connection.transaction(commit=True) as cursor:
                    yield cursor
            except BaseException:
                connection.rollback()  # a commit that failed may have left its transaction open
                raise

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

    def secrets_after(self, last: SecretKey, limit: int) -> list[tuple[str, str, int, bytes]]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(SECRETS_AFTER, (*last, limit))
            return [tuple(row) for row in cursor.fetchall()]

    def exchange(self, changes: Sequence[Change]) -> list[bool]:
        done = []
        with self._transaction() as cursor:
            for place, old, new in changes:
                cursor.execute(EXCHANGE, (new, *place, old))
                done.append(len(cursor.fetchall()) == 1)
        self.empty_journal()
        return done


@contextmanager
def open_sqlite(
    path: str, clock: Callable[[], datetime], patience: int
) -> Generator[SqliteLogRecorder]:
    reading, writing = LogDatastore(path, patience, READERS), LogDatastore(path, patience, 1)
    recorder = SqliteLogRecorder(reading, writing, clock)
    if Path(f"{path}-wal").is_file():
        recorder.empty_journal()  # whoever destroyed a key may have died before they came to it
    try:
        yield recorder
    finally:
        writing.close()
        reading.close()


def _lock_head(cursor: SQLiteCursor, candidates: Sequence[Candidate]) -> Head:
    cursor.execute(LOCK)
    [(position, time)] = cursor.fetchall()
    cursor.execute(VERSIONS, (json.dumps(streams_of(candidates)),))
    versions = {name: version_of(number, event) for name, number, event in cursor.fetchall()}
    cursor.execute(KNOWN, (json.dumps(event_ids_of(candidates)),))
    head = Head(position, time, versions, {event_id for (event_id,) in cursor.fetchall()})
    secrets = [secret for candidate in candidates for secret in candidate.append.secrets]
    if secrets:
        cursor.execute(TAKEN, (json.dumps([(str(s.owner), s.purpose) for s in secrets]),))
        head.taken = {(owner, purpose, n) for owner, purpose, n in cursor.fetchall()}
    return head


def _write(cursor: SQLiteCursor, head: Head) -> None:
    cursor.executemany(INSERT, head.rows)
    if head.blobs:
        cursor.executemany(INSERT_BLOB, list(head.blobs.items()))
    if head.destroyed:
        cursor.executemany(DESTROY, sorted(head.destroyed))
    if head.secrets:
        secrets = [(*secret_key(secret), secret.sealed) for secret in head.secrets]
        cursor.executemany(INSERT_SECRET, secrets)
    cursor.execute(MOVE_HEAD, (head.position, head.time))
