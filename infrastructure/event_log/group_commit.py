"""Many threads, one appender: all that wait share one transaction.

Implements domain.log.EventLog and SecretStore in front of a log. Worth it from about
four writing threads on (docs/decisions/0007).
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from uuid import UUID

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
from infrastructure.event_log.admission import Candidate
from infrastructure.event_log.log import StoredLog

MOST_AT_ONCE = 256
"""Appends in one transaction."""
Waiting = tuple[Candidate, Future[Outcome]]


class GroupCommit:
    """Appends come back durable, as from the log itself, only together."""

    def __init__(self, log: StoredLog) -> None:
        self._log = log
        self._waiting: list[Waiting] = []
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="log-appender", daemon=True)
        self._thread.start()

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """Do as EventLog.append; each append may land in a transaction of its own.

        Raises:
            LogUnavailable: as there, or the group is closed, and then nothing was written.
        """
        # What cannot be stored fails here, in its own thread, and costs nobody else anything.
        waiting: list[Waiting] = [(Candidate.of(append), Future()) for append in appends]
        with self._changed:
            if self._closed:
                raise LogUnavailable("the log is being closed")
            self._waiting += waiting
            self._changed.notify()
        return [future.result() for _, future in waiting]

    def close(self) -> None:
        """Commit what waits, take nothing more, and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            self._commit(batch)

    def _next(self) -> list[Waiting]:
        """Return who waits, oldest first, as soon as there is somebody; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            batch = self._waiting[:MOST_AT_ONCE]
            del self._waiting[:MOST_AT_ONCE]
            return batch

    def _commit(self, batch: list[Waiting]) -> None:
        try:
            outcomes = self._log.append_checked([candidate for candidate, _ in batch])
        except LogUnavailable as error:
            for _, future in batch:  # it may have committed: each caller has to look
                future.set_exception(LogUnavailable(str(error)))
        except BaseException as error:  # noqa: BLE001 - handed to whoever asked
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for one in batch:
                self._commit([one])
        else:
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                future.set_result(outcome)

    # ---- reading passes through

    def read(self, stream: StreamId) -> History:
        return self._log.read(stream)

    def read_after(self, stream: StreamId, version: int) -> Sequence[RecordedEvent]:
        return self._log.read_after(stream, version)

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        return self._log.read_last(stream)

    def read_all(self, after: int = 0, upto: int | None = None) -> Iterator[RecordedEvent]:
        return self._log.read_all(after, upto)

    def read_envelopes(self, after: int = 0, upto: int | None = None) -> Iterator[StoredEnvelope]:
        return self._log.read_envelopes(after, upto)

    def position(self) -> int:
        return self._log.position()

    def blob(self, digest: bytes) -> bytes | None:
        return self._log.blob(digest)

    def secret(self, owner: UUID, purpose: str) -> Secret | None:
        return self._log.secret(owner, purpose)
