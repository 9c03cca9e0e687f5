"""The event log. Implements domain.log.EventLog and SecretStore over the library's recorders."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import unquote, urlsplit
from uuid import UUID

from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
)

from domain.log import (
    Append,
    ConcurrentChange,
    History,
    LogUnavailable,
    Outcome,
    RecordedEvent,
    Secret,
    StoredEnvelope,
)
from domain.streams import StreamId
from infrastructure.event_log.admission import Candidate
from infrastructure.event_log.codec import names_of
from infrastructure.event_log.envelope import open_envelope
from infrastructure.event_log.recorder import LogRecorder, Placed, utc_now

PAGE = 1_000
"""Events read in one query."""
IDLE_IN_TRANSACTION = 5.0
"""Seconds after which PostgreSQL cuts off a client that sits on the lock."""
LOCK_PATIENCE = 30
"""Seconds that a writer waits for the lock."""
MOST_CONNECTIONS = 16


class StoredLog:
    def __init__(self, recorder: LogRecorder) -> None:
        self._recorder = recorder

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        candidates = [Candidate.of(append) for append in appends]
        with _named_errors():
            placed = self._recorder.append(candidates)
        return [_outcome(found) for found in placed]

    def read(self, stream: StreamId) -> History:
        with _named_errors():
            stored = self._recorder.select_events(str(stream))
        return History(stream, tuple(open_envelope(event.state) for event in stored))

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        with _named_errors():
            stored = self._recorder.select_events(str(stream), desc=True, limit=1)
        return open_envelope(stored[0].state) if stored else None

    def read_all(self, after: int = 0, upto: int | None = None) -> Iterator[RecordedEvent]:
        for stored in self.read_envelopes(after, upto):
            yield open_envelope(stored.envelope)

    def read_envelopes(self, after: int = 0, upto: int | None = None) -> Iterator[StoredEnvelope]:
        while page := self._page(after, PAGE, upto):
            yield from page
            after = page[-1].position

    def read_page(
        self, after: int, limit: int, upto: int | None, event_types: frozenset[type]
    ) -> list[RecordedEvent]:
        """Return at most `limit` events of these types after a position, in order.

        The others are not even fetched: what is read between them is up to the caller,
        who knows from `upto` how far the page reaches when it comes back short.
        """
        found = self._page(after, limit, upto, names_of(event_types))
        return [open_envelope(stored.envelope) for stored in found]

    def position(self) -> int:
        with _named_errors():
            return self._recorder.max_notification_id() or 0

    def blob(self, digest: bytes) -> bytes | None:
        with _named_errors():
            return self._recorder.blob(digest)

    def secret(self, owner: UUID, purpose: str) -> Secret | None:
        with _named_errors():
            found = self._recorder.secret(str(owner), purpose)
        if found is None:
            return None
        version, sealed = found
        return Secret(owner=owner, purpose=purpose, version=version, sealed=sealed)

    def _page(
        self, after: int, limit: int, upto: int | None, names: Sequence[str] = ()
    ) -> list[StoredEnvelope]:
        with _named_errors():
            found = self._recorder.select_notifications(
                after, limit, upto, topics=names, inclusive_of_start=False
            )
        return [StoredEnvelope(one.id, one.state) for one in found]


@contextmanager
def open_log(url: str, clock: Callable[[], datetime] = utc_now) -> Generator[StoredLog]:
    """Open the log behind a database URL, and close it on the way out.

    Args:
        url: ``sqlite:////folder/file.db`` or ``postgresql://user:password@host:port/name``.
        clock: where time comes from; tests pass their own.

    Raises:
        ValueError: another scheme.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        opened = _open_sqlite(url, clock)
    elif scheme == "postgresql":
        opened = _open_postgres(url, clock)
    else:
        raise ValueError(f"no event log for {scheme}: URLs")
    with opened as recorder:
        yield StoredLog(recorder)


@contextmanager
def _open_sqlite(url: str, clock: Callable[[], datetime]) -> Generator[LogRecorder]:
    from eventsourcing.sqlite import SQLiteDatastore  # each process loads one database's code

    from infrastructure.event_log.sqlite import SqliteLogRecorder

    datastore = SQLiteDatastore(
        sqlite_path(url),
        lock_timeout=LOCK_PATIENCE,
        pool_size=MOST_CONNECTIONS,
        originator_id_type="text",
    )
    try:
        yield SqliteLogRecorder(datastore, clock)
    finally:
        datastore.close()


@contextmanager
def _open_postgres(url: str, clock: Callable[[], datetime]) -> Generator[LogRecorder]:
    from eventsourcing.postgres import PostgresDatastore

    from infrastructure.event_log.postgres import PostgresLogRecorder

    at = urlsplit(url)
    with PostgresDatastore(
        dbname=at.path.removeprefix("/"),
        host=unquote(at.hostname or ""),
        port=at.port or 5432,
        user=unquote(at.username or ""),
        password=unquote(at.password or ""),
        idle_in_transaction_session_timeout=IDLE_IN_TRANSACTION,
        lock_timeout=LOCK_PATIENCE,
        pool_size=1,
        max_overflow=MOST_CONNECTIONS - 1,
        pre_ping=True,
        originator_id_type="text",
    ) as datastore:
        yield PostgresLogRecorder(datastore, clock)


def sqlite_path(url: str) -> str:
    """Return the file that a ``sqlite:///`` URL names."""
    return unquote(url.removeprefix("sqlite:///"))


def _outcome(placed: Placed) -> Outcome:
    if isinstance(placed, ConcurrentChange):
        return placed
    return tuple(open_envelope(row[4]) for row in placed)


@contextmanager
def _named_errors() -> Iterator[None]:
    """Speak of the library's troubles in the port's words."""
    try:
        yield
    except IntegrityError as error:
        # Admission is exact under the lock: this is a damaged or foreign log, never a race.
        raise RuntimeError(f"the database refused what was admitted: {error}") from error
    except (OperationalError, InterfaceError, PersistenceError) as error:
        raise LogUnavailable(str(error)) from error
