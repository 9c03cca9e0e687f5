"""Connections to PostgreSQL for everything but the log, whose recorders bring their own."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection, Error
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.log import LogUnavailable

PATIENCE = 10.0
"""Seconds to wait for a connection."""


class Connections:
    """A pool, with its troubles spelled in the port's words."""

    def __init__(self, pool: "ConnectionPool[Connection[Any]]") -> None:
        self._pool = pool

    @contextmanager
    def one(self) -> Iterator[Connection[Any]]:
        """Lend a connection for one transaction: kept at the end, undone after an error.

        Raises:
            LogUnavailable: there is none, or it broke off.
        """
        try:
            with self._pool.connection() as connection:
                yield connection
        except (Error, PoolTimeout) as error:
            raise LogUnavailable(str(error)) from error


@contextmanager
def open_connections(url: str, most: int) -> Generator[Connections]:
    """Open at most so many connections, each looked at before it is lent."""
    with ConnectionPool[Connection[Any]](
        url,
        min_size=1,
        max_size=most,
        timeout=PATIENCE,
        check=ConnectionPool.check_connection,
    ) as pool:
        yield Connections(pool)
