"""Keeps projections in step with the log, on either database.

A batch is one transaction: the projection's position is locked, its rows are
folded and written, and the position moves. So several projectors at once, or a
rebuild beside a live one, are harmless.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from domain.log import EventLog, RecordedEvent
from infrastructure.views.tables import Table
from projections.projection import Projection, fold_batch

Row = TypeVar("Row")
BATCH = 1_000
"""Events in one transaction."""


class PagedLog(EventLog, Protocol):
    def read_page(
        self, after: int, limit: int, upto: int | None, event_types: frozenset[type]
    ) -> list[RecordedEvent]: ...


class Session(Protocol):
    """One transaction on the read models' database."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute with ``%s`` places, and return the rows, if there are any."""
        ...

    def lock_position(self, projection: str) -> int | None:
        """Return a projection's position and keep others from moving it; None if it has none."""
        ...

    def load(self, table: Table[Row], keys: Iterable[str]) -> dict[str, Row]: ...

    def upsert(self, table: Table[Row], rows: dict[str, Row]) -> None: ...


class Database(Protocol):
    def transaction(self) -> AbstractContextManager[Session]:
        """Open a transaction that writes; on SQLite it holds the file's lock."""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """Open a transaction that reads, and never waits for a writer."""
        ...

    def alone(self, name: str) -> AbstractContextManager[None]:
        """Let one process at a time do what has this name."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    projection: str
    position: int
    behind: int
    """Events of the log that it has not read."""


class ViewStore:
    def __init__(self, database: Database, log: PagedLog) -> None:
        self._database = database
        self._log = log

    def prepare(self, projections: Sequence[Projection[Any]]) -> None:
        """Make the tables of projections that have none yet."""
        with self._database.alone("prepare"):
            for projection in projections:
                with self._database.transaction() as session:
                    if session.lock_position(projection.table) is None:
                        _create(session, Table(projection, projection.table))
                        _move(session, projection.table, 0)

    def catch_up(self, projection: Projection[Any], most: int = BATCH) -> int:
        """Read one batch; return how many events were read, 0 at the end of the log."""
        table = Table(projection, projection.table)
        head = self._log.position()
        with self._database.transaction() as session:
            after = session.lock_position(projection.table)
            assert after is not None, "prepare comes first"
            upto = min(head, after + most)
            if upto <= after:
                return 0
            self._fold(session, table, after, upto)
            _move(session, projection.table, upto)
        return upto - after

    def snapshot(self) -> AbstractContextManager[Session]:
        """Open a reading transaction on the tables, for whoever compares them."""
        return self._database.reading()

    def standing(self, projection: Projection[Any]) -> Standing:
        head = self._log.position()
        with self._database.reading() as session:
            found = session.run(
                "SELECT position FROM projection_position WHERE projection = %s",
                (projection.table,),
            )
        position = found[0][0] if found else 0
        return Standing(projection.table, position, max(0, head - position))

    def rebuild(self, projection: Projection[Any]) -> int:
        """Build the table anew beside the live one, then put it in its place at once.

        Projectors and readers go on meanwhile. Returns the events read.
        """
        with (
            self._beside(projection, "rebuild") as (table, built),
            self._database.transaction() as session,
        ):
            live = session.lock_position(projection.table) or 0
            position = self._extend(session, table, built, live)
            session.run(f"DROP TABLE IF EXISTS {projection.table}")
            session.run(f"ALTER TABLE {table.name} RENAME TO {projection.table}")
            _move(session, projection.table, position)
        return position

    def disagreements(self, projection: Projection[Any]) -> list[str]:
        """Return the keys whose row is not what the log says, as far as it was read."""
        with (
            self._beside(projection, "verify") as (fresh, position),
            self._database.transaction() as session,
        ):
            live = session.lock_position(projection.table) or 0
            self._extend(session, fresh, position, live)
            differ = (
                f"SELECT key FROM (SELECT {{columns}} FROM {projection.table} EXCEPT "
                f"SELECT {{columns}} FROM {fresh.name}) AS extra UNION "
                f"SELECT key FROM (SELECT {{columns}} FROM {fresh.name} EXCEPT "
                f"SELECT {{columns}} FROM {projection.table}) AS missing ORDER BY key"
            ).format(columns=", ".join(fresh.columns))
            return [key for (key,) in session.run(differ)]

    @contextmanager
    def _beside(self, projection: Projection[Any], what: str) -> Generator[tuple[Table[Any], int]]:
        """Build a table beside the live one, up to the live one's position; drop what is left."""
        table = Table(projection, f"{projection.table}_{what}")
        with self._database.alone(table.name):
            with self._database.transaction() as session:
                session.run(f"DROP TABLE IF EXISTS {table.name}")
                _create(session, table)
            try:
                yield table, self._build(table)
            finally:
                with self._database.transaction() as session:
                    session.run(f"DROP TABLE IF EXISTS {table.name}")

    def _build(self, table: Table[Any]) -> int:
        position, end = 0, self.standing(table.projection).position
        while position < end:
            upto = min(end, position + BATCH)
            with self._database.transaction() as session:
                self._fold(session, table, position, upto)
            position = upto
        return position

    def _extend(self, session: Session, table: Table[Any], after: int, upto: int) -> int:
        while after < upto:
            step = min(upto, after + BATCH)
            self._fold(session, table, after, step)
            after = step
        return after

    def _fold(self, session: Session, table: Table[Row], after: int, upto: int) -> None:
        projection = table.projection
        events = self._log.read_page(after, upto - after, upto, projection.reads)
        known = session.load(table, {projection.needs(recorded) for recorded in events})
        session.upsert(table, fold_batch(projection, events, known))


def _create(session: Session, table: Table[Any]) -> None:
    for statement in table.create:
        session.run(statement)


def _move(session: Session, projection: str, position: int) -> None:
    session.run(
        "INSERT INTO projection_position (projection, position) VALUES (%s, %s) "
        "ON CONFLICT (projection) DO UPDATE SET position = excluded.position",
        (projection, position),
    )
