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
from infrastructure.views.place import START, AnotherLog, Place, place_at
from infrastructure.views.tables import Table
from projections.projection import Projection, fold_batch

Row = TypeVar("Row")
BATCH = 1_000
"""Events in one transaction."""
POSITION = "SELECT position FROM projection_position WHERE projection = %s"
FORGET = "DELETE FROM projection_position WHERE projection = %s"
MOVE = """
    INSERT INTO projection_position (projection, position, mark) VALUES (%s, %s, %s)
    ON CONFLICT (projection) DO UPDATE SET position = excluded.position, mark = excluded.mark
"""


class BuiltTwice(Exception):
    """Another process builds this table, too."""

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} is being built by another process")


class PagedLog(EventLog, Protocol):
    def read_page(
        self, after: int, limit: int, upto: int | None, event_types: frozenset[type]
    ) -> list[RecordedEvent]: ...


class Session(Protocol):
    """One transaction on the read models' database."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute with ``%s`` places, and return the rows, if there are any."""
        ...

    def lock_place(self, table: str) -> Place | None:
        """Return how far a table has read and keep others from moving it; None if unknown."""
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
        self._known: set[str] = set()
        """Tables that were seen to come from this log."""

    def prepare(self, projections: Sequence[Projection[Any]]) -> None:
        """Make the tables of projections that have none yet."""
        with self._database.alone("prepare"):
            for projection in projections:
                with self._database.transaction() as session:
                    if session.lock_place(projection.table) is None:
                        _create(session, Table(projection, projection.table))
                        _move(session, projection.table, START)

    def catch_up(self, projection: Projection[Any], most: int = BATCH) -> int:
        """Read one batch; return how many events were read, 0 at the end of the log.

        Raises:
            AnotherLog: the rows come from a log that this one does not continue.
        """
        table = Table(projection, projection.table)
        head = self._log.position()
        if table.name in self._known and self._position(projection) == head:
            return 0  # a lock is a write, and nobody should write twenty times a second for nothing
        with self._database.transaction() as session:
            after = self._require_same_log(session, projection)
            upto = min(head, after + most)
            if upto <= after:
                return 0  # another projector was here first
            self._fold(session, table, after, upto)
            _move(session, projection.table, place_at(self._log, upto))
        return upto - after

    def snapshot(self) -> AbstractContextManager[Session]:
        """Open a reading transaction on the tables, for whoever compares them."""
        return self._database.reading()

    def standing(self, projection: Projection[Any]) -> Standing:
        position = self._position(projection)
        head = self._log.position()  # in this order, or a projector could be ahead of the log
        behind = head - position if position <= head else head
        return Standing(projection.table, position, behind)

    def rebuild(self, projection: Projection[Any]) -> int:
        """Build the table anew beside the live one, then put it in its place at once.

        Projectors and readers go on meanwhile. Returns the events read.

        Raises:
            BuiltTwice: another process builds the same table; it goes on, this one does not.
        """
        with (
            self._beside(projection, "rebuild", self._log.position()) as (table, built),
            self._database.transaction() as session,
        ):
            live = _locked(session, projection).position
            upto = min(live, self._log.position())
            position = self._extend(session, table, built, upto)
            session.run(f"DROP TABLE IF EXISTS {projection.table}")
            session.run(f"ALTER TABLE {table.name} RENAME TO {projection.table}")
            _move(session, projection.table, place_at(self._log, position))
        return position

    def disagreements(self, projection: Projection[Any]) -> list[str]:
        """Return the keys whose row is not what the log says, as far as it was read.

        Raises:
            BuiltTwice: as for a rebuild.
        """
        end = self._position(projection)
        with (
            self._beside(projection, "verify", end) as (fresh, position),
            self._database.transaction() as session,
        ):
            live = _locked(session, projection).position
            self._extend(session, fresh, position, live)
            differ = (
                f"SELECT key FROM (SELECT {{columns}} FROM {projection.table} EXCEPT "
                f"SELECT {{columns}} FROM {fresh.name}) AS extra UNION "
                f"SELECT key FROM (SELECT {{columns}} FROM {fresh.name} EXCEPT "
                f"SELECT {{columns}} FROM {projection.table}) AS missing ORDER BY key"
            ).format(columns=", ".join(fresh.columns))
            return [key for (key,) in session.run(differ)]

    @contextmanager
    def _beside(
        self, projection: Projection[Any], what: str, end: int
    ) -> Generator[tuple[Table[Any], int]]:
        """Build a table beside the live one, up to a position; drop what is left of it."""
        table = Table(projection, f"{projection.table}_{what}")
        with self._database.alone(table.name):
            with self._database.transaction() as session:
                session.run(f"DROP TABLE IF EXISTS {table.name}")
                _create(session, table)
                _move(session, table.name, START)
            try:
                yield table, self._build(table, end)
            finally:
                with self._database.transaction() as session:
                    session.run(f"DROP TABLE IF EXISTS {table.name}")
                    session.run(FORGET, (table.name,))

    def _build(self, table: Table[Any], end: int) -> int:
        position = 0
        while position < end:
            upto = min(end, position + BATCH)
            with self._database.transaction() as session:
                _require_alone(session, table, position)
                self._fold(session, table, position, upto)
                _move(session, table.name, Place(upto, ""))
            position = upto
        return position

    def _extend(self, session: Session, table: Table[Any], after: int, upto: int) -> int:
        _require_alone(session, table, after)
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

    def _position(self, projection: Projection[Any]) -> int:
        with self._database.reading() as session:
            found = session.run(POSITION, (projection.table,))
        return int(found[0][0]) if found else 0

    def _require_same_log(self, session: Session, projection: Projection[Any]) -> int:
        """Lock and return the position; its mark must be what the log has there."""
        place = _locked(session, projection)
        if place_at(self._log, place.position) != place:
            raise AnotherLog(projection.table, place)
        self._known.add(projection.table)
        return place.position


def _locked(session: Session, projection: Projection[Any]) -> Place:
    place = session.lock_place(projection.table)
    assert place is not None, "prepare comes first"
    return place


def _require_alone(session: Session, table: Table[Any], position: int) -> None:
    """Refuse to go on with a table that somebody else began anew: a lost connection lets go."""
    place = session.lock_place(table.name)
    if place is None or place.position != position:
        raise BuiltTwice(table.name)


def _create(session: Session, table: Table[Any]) -> None:
    for statement in table.create:
        session.run(statement)


def _move(session: Session, table: str, place: Place) -> None:
    session.run(MOVE, (table, place.position, place.mark))
