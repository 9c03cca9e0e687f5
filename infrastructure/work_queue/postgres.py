"""The work queue in PostgreSQL: any number of workers, each skipping what another has locked."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from application.engine.work import Claimed
from domain.streams import StreamId
from infrastructure.postgres_pool import Connections, open_connections

TAKE_IN = """
    INSERT INTO work (operation, due, leased_until, pickups)
    SELECT unnest(%s::text[]), 0, 0, 0
    ON CONFLICT (operation) DO UPDATE SET due = 0
"""
MOVE = "UPDATE work_position SET position = %s WHERE position < %s"
CLAIM = """
    UPDATE work SET leased_until = %s, due = %s, pickups = pickups + 1
    WHERE operation IN (
        SELECT operation FROM work WHERE due <= %s AND leased_until <= %s
        ORDER BY due LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING operation, pickups
"""
PUT_BACK = """
    UPDATE work SET leased_until = 0, pickups = 0, due = CASE WHEN due = 0 THEN 0 ELSE %s END
    WHERE operation = %s
"""
DONE = "DELETE FROM work WHERE operation = %s AND due <> 0"
# Due is 0 only where the log opened the operation again since it was claimed: that work stays.
MOST_CONNECTIONS = 4


class PostgresWorkQueue:
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def position(self) -> int:
        with self._connections.one() as connection:
            found = connection.execute("SELECT position FROM work_position").fetchone()
        return int(found[0]) if found else 0

    def take_in(self, operations: list[StreamId], position: int) -> None:
        with self._connections.one() as connection:
            if operations:
                connection.execute(TAKE_IN, ([str(operation) for operation in operations],))
            connection.execute(MOVE, (position, position))

    def claim(self, most: int, seconds: float, now: datetime) -> list[Claimed]:
        at = now.timestamp()
        with self._connections.one() as connection:
            found = connection.execute(CLAIM, (at + seconds, at + seconds, at, at, most)).fetchall()
        return [Claimed(operation=StreamId.parse(name), pickups=n) for name, n in found]

    def put_back(self, operation: StreamId, due: datetime) -> None:
        with self._connections.one() as connection:
            connection.execute(PUT_BACK, (due.timestamp(), str(operation)))

    def done(self, operation: StreamId) -> None:
        with self._connections.one() as connection:
            connection.execute(DONE, (str(operation),))


@contextmanager
def open_postgres_queue(url: str) -> Generator[PostgresWorkQueue]:
    with open_connections(url, MOST_CONNECTIONS) as connections:
        yield PostgresWorkQueue(connections)
