"""Read models in an SQLite file of their own. Implements infrastructure.views.store.Database."""

import fcntl
import json
import sqlite3
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from domain.log import LogUnavailable
from infrastructure.views.location import views_path
from infrastructure.views.place import Place
from infrastructure.views.tables import Table

Row = TypeVar("Row")
BUSY = 30.0
"""Seconds to wait for another writer."""
PLACE = "SELECT position, mark FROM projection_position WHERE projection = %s"


class SqliteViews:
    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []

    @contextmanager
    def transaction(self) -> Iterator["SqliteSession"]:
        """Write under the file's lock."""
        with self._session("BEGIN IMMEDIATE") as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator["SqliteSession"]:
        """Read one snapshot; never waits for a writer."""
        with self._session("BEGIN") as session:
            yield session

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        with Path(f"{self._path}.{name}.lock").open("w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def close(self) -> None:
        for connection in self._opened:
            connection.close()

    @contextmanager
    def _session(self, begin: str) -> Iterator["SqliteSession"]:
        connection = self._connection()
        try:
            connection.execute(begin)
            try:
                yield SqliteSession(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise LogUnavailable(str(error)) from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path, timeout=BUSY, isolation_level=None, check_same_thread=False
            )
            # What is lost here is folded again from the log: no need to wait for the disk.
            connection.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = connection
            self._opened.append(connection)
        return connection


class SqliteSession:
    """Implements infrastructure.views.store.Session."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement.replace("%s", "?"), values).fetchall()

    def lock_place(self, table: str) -> Place | None:
        found = self.run(PLACE, (table,))  # the transaction holds the file's lock
        return Place(*found[0]) if found else None

    def load(self, table: Table[Row], keys: Iterable[str]) -> dict[str, Row]:
        statement = (
            f"SELECT key, row FROM {table.name} WHERE key IN (SELECT value FROM json_each(%s))"
        )
        found = self.run(statement, (json.dumps(list(keys)),))
        return {key: table.decode(row) for key, row in found}

    def upsert(self, table: Table[Row], rows: dict[str, Row]) -> None:
        places = ", ".join("?" for _ in table.columns)
        statement = (
            f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({places}) "
            f"ON CONFLICT (key) DO UPDATE SET {table.update}"
        )
        self._connection.executemany(statement, [table.values(*item) for item in rows.items()])


@contextmanager
def open_sqlite_views(url: str) -> Generator[SqliteViews]:
    views = SqliteViews(views_path(url))
    try:
        yield views
    finally:
        views.close()
