"""The work queue in SQLite, in the file of the read models: finding work never blocks appends."""

import sqlite3
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime

from application.engine.work import Claimed
from domain.log import LogUnavailable
from domain.streams import StreamId
from infrastructure.views.location import views_path

BUSY = 30.0
"""Seconds to wait for another writer."""
TAKE_IN = """
    INSERT INTO work (operation, due, leased_until, pickups) VALUES (?, 0, 0, 0)
    ON CONFLICT (operation) DO UPDATE SET due = 0
"""
MOVE = "UPDATE work_position SET position = ? WHERE position < ?"
CLAIM = """
    UPDATE work SET leased_until = ?, due = ?, pickups = pickups + 1
    WHERE operation IN (
        SELECT operation FROM work WHERE due <= ? AND leased_until <= ? ORDER BY due LIMIT ?
    ) RETURNING operation, pickups
"""
PUT_BACK = """
    UPDATE work SET leased_until = 0, pickups = 0, due = CASE WHEN due = 0 THEN 0 ELSE ? END
    WHERE operation = ?
"""
DONE = "DELETE FROM work WHERE operation = ? AND due <> 0"
# Due is 0 only where the log opened the operation again since it was claimed: that work stays.


class SqliteWorkQueue:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def position(self) -> int:
        with self._transaction() as cursor:
            [(position,)] = cursor.execute("SELECT position FROM work_position").fetchall()
        return int(position)

    def take_in(self, operations: list[StreamId], position: int) -> None:
        with self._transaction() as cursor:
            cursor.executemany(TAKE_IN, [(str(operation),) for operation in operations])
            cursor.execute(MOVE, (position, position))

    def claim(self, most: int, seconds: float, now: datetime) -> list[Claimed]:
        at = now.timestamp()
        with self._transaction() as cursor:
            found = cursor.execute(CLAIM, (at + seconds, at + seconds, at, at, most)).fetchall()
        return [Claimed(operation=StreamId.parse(name), pickups=n) for name, n in found]

    def put_back(self, operation: StreamId, due: datetime) -> None:
        with self._transaction() as cursor:
            cursor.execute(PUT_BACK, (due.timestamp(), str(operation)))

    def done(self, operation: StreamId) -> None:
        with self._transaction() as cursor:
            cursor.execute(DONE, (str(operation),))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        with self._lock:
            cursor = self._connection.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
                yield cursor
                cursor.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if self._connection.in_transaction:
                    cursor.execute("ROLLBACK")
                raise LogUnavailable(str(error)) from error
            finally:
                cursor.close()


@contextmanager
def open_sqlite_queue(url: str) -> Generator[SqliteWorkQueue]:
    connection = sqlite3.connect(
        views_path(url), timeout=BUSY, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        # What is lost here is found again in the log: no need to wait for the disk.
        connection.execute("PRAGMA synchronous=NORMAL")
        yield SqliteWorkQueue(connection)
    finally:
        connection.close()
