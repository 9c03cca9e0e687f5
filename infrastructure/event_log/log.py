"""The event log. Implements domain.log.EventLog and SecretTable over the library's recorders."""

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import unquote, urlsplit
from uuid import UUID

from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    DataError,
    IntegrityError,
    PersistenceError,
)

from domain.event_names import names_of
from domain.log import (
    Append,
    History,
    LogUnavailable,
    Outcome,
    RecordedEvent,
    Secret,
    StoredEnvelope,
)
from domain.streams import StreamId
from infrastructure.event_log.admission import Candidate, same_place, secret_key
from infrastructure.event_log.envelope import open_envelope
from infrastructure.event_log.recorder import FIRST, LogRecorder, utc_now

PAGE = 1_000
"""Events read in one query."""
LOCK_PATIENCE = 30
"""Seconds that a writer waits for the lock."""


class StoredLog:
    def __init__(self, recorder: LogRecorder) -> None:
        self._recorder = recorder

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        return self.append_checked([Candidate.of(append) for append in appends])

    def append_checked(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """Record appends that were checked and spelled before, by another thread perhaps."""
        if not candidates:
            return []
        with _named_errors():
            return self._recorder.append(candidates)

    def read(self, stream: StreamId) -> History:
        return History(stream, self.read_after(stream, 0))

    def read_after(self, stream: StreamId, version: int) -> tuple[RecordedEvent, ...]:
        with _named_errors():
            stored = self._recorder.select_events(str(stream), gt=version)
        return tuple(open_envelope(event.state) for event in stored)

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
        names = names_of(event_types)
        found = self._page(after, limit, upto, names) if names else []
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

    def secrets_after(self, last: Secret | None, limit: int) -> list[Secret]:
        with _named_errors():
            found = self._recorder.secrets_after(secret_key(last) if last else FIRST, limit)
        return [
            Secret(owner=UUID(owner), purpose=purpose, version=version, sealed=sealed)
            for owner, purpose, version, sealed in found
        ]

    def exchange(self, changes: Sequence[tuple[Secret, Secret]]) -> list[bool]:
        spelled = [(same_place(old, new), old.sealed, new.sealed) for old, new in changes]
        with _named_errors():
            return self._recorder.exchange(spelled)

    def _page(
        self, after: int, limit: int, upto: int | None, names: Sequence[str] = ()
    ) -> list[StoredEnvelope]:
        with _named_errors():
            found = self._recorder.select_notifications(
                after, limit, upto, topics=names, inclusive_of_start=False
            )
        return [StoredEnvelope(one.id, one.state) for one in found]


@contextmanager
def open_log(
    url: str, clock: Callable[[], datetime] = utc_now, patience: int = LOCK_PATIENCE
) -> Generator[StoredLog]:
    """Open the log behind a database URL, and close it on the way out.

    Every reader and writer has to be done by then: SQLite does not survive a connection
    that is closed under a running query.

    Args:
        url: ``sqlite:////folder/file.db`` or ``postgresql://user:password@host:port/name``.
        clock: where time comes from; tests pass their own.
        patience: seconds that a writer waits for the lock, then LogUnavailable.

    Raises:
        ValueError: another scheme.
    """
    # Each process loads one database's code.
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from infrastructure.event_log.sqlite import open_sqlite

        with open_sqlite(sqlite_path(url), clock, patience) as sqlite:
            yield StoredLog(sqlite)
    elif scheme == "postgresql":
        from infrastructure.event_log.postgres import open_postgres

        with open_postgres(url, clock, patience) as postgres:
            yield StoredLog(postgres)
    else:
        raise ValueError(f"no event log for {scheme}: URLs")


def sqlite_path(url: str) -> str:
    """Return the file that a ``sqlite:///`` URL names."""
    return unquote(url.removeprefix("sqlite:///"))


@contextmanager
def _named_errors() -> Iterator[None]:
    """Speak of the library's troubles in the port's words."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        # Admission is exact under the lock: this is a damaged or foreign log, never a race.
        raise RuntimeError(f"the database refused what was admitted: {error}") from error
    except (PersistenceError, ConnectionPoolClosedError, sqlite3.Error) as error:
        raise LogUnavailable(str(error)) from error
