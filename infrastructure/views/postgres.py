"""Read models in PostgreSQL. Implements infrastructure.views.store.Database."""

import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from psycopg import Connection

from infrastructure.postgres_pool import Connections, open_connections
from infrastructure.views.place import Place
from infrastructure.views.tables import Table

Row = TypeVar("Row")
PLACE = "SELECT position, mark FROM projection_position WHERE projection = %s FOR UPDATE"
NO_WAIT = "SET LOCAL synchronous_commit TO off"
"""What a crash takes is folded again from the log, rows and position together."""
MOST_CONNECTIONS = 8
ALONE = "SELECT pg_advisory_lock(%s, %s)"
NOT_ALONE = "SELECT pg_advisory_unlock(%s, %s)"
OURS = 7_230_148


class PostgresViews:
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @contextmanager
    def transaction(self) -> Iterator["PostgresSession"]:
        with self.reading() as session:
            session.run(NO_WAIT)
            yield session

    @contextmanager
    def reading(self) -> Iterator["PostgresSession"]:
        with self._connections.one() as connection:
            yield PostgresSession(connection)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        key = (OURS, zlib.crc32(name.encode()) & 0x7FFFFFFF)
        with self._connections.one() as connection:
            connection.execute(ALONE, key)
            connection.commit()
            try:
                yield
            finally:
                connection.execute(NOT_ALONE, key)


class PostgresSession:
    """Implements infrastructure.views.store.Session."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def lock_place(self, table: str) -> Place | None:
        found = self.run(PLACE, (table,))
        return Place(*found[0]) if found else None

    def load(self, table: Table[Row], keys: Iterable[str]) -> dict[str, Row]:
        statement = f"SELECT key, row FROM {table.name} WHERE key = ANY(%s)"
        return {key: table.decode(row) for key, row in self.run(statement, (list(keys),))}

    def upsert(self, table: Table[Row], rows: dict[str, Row]) -> None:
        if not rows:
            return
        kinds = ["text", *table.index.values(), "text"]
        # Binary: as text every quote of the rows' JSON would be escaped.
        places = ", ".join(f"%b::{kind}[]" for kind in kinds)
        columns = zip(*(table.values(*item) for item in rows.items()), strict=True)
        self._connection.execute(
            f"INSERT INTO {table.name} ({', '.join(table.columns)}) "
            f"SELECT * FROM unnest({places}) ON CONFLICT (key) DO UPDATE SET {table.update}",
            [list(column) for column in columns],
        )


@contextmanager
def open_postgres_views(url: str) -> Generator[PostgresViews]:
    with open_connections(url, MOST_CONNECTIONS) as connections:
        yield PostgresViews(connections)
