"""Many threads, one appender: all that wait share one transaction.

Implements domain.log.EventLog in front of another one. Worth it from about
four writing threads on (docs/decisions/0007).
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from queue import SimpleQueue
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
from infrastructure.event_log.envelope import Sealable
from infrastructure.event_log.log import StoredLog

MOST_AT_ONCE = 256
Waiting = tuple[Append, Future[Outcome]]


class GroupCommit:
    def __init__(self, log: StoredLog) -> None:
        self._log = log
        self._waiting: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-appender", daemon=True)
        self._thread.start()

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        for append in appends:
            for draft in append.drafts:
                Sealable.of(draft)  # what cannot be stored fails here, alone, in its own thread
        futures: list[Future[Outcome]] = []
        for append in appends:
            future: Future[Outcome] = Future()
            self._waiting.put((append, future))
            futures.append(future)
        return [future.result() for future in futures]

    def close(self) -> None:
        """Commit what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        for first in iter(self._waiting.get, None):
            more = islice(iter(self._waiting.get, None), min(self._waiting.qsize(), MOST_AT_ONCE))
            batch = [first, *more]
            self._commit(batch)

    def _commit(self, batch: list[Waiting]) -> None:
        try:
            outcomes = self._log.append([append for append, _ in batch])
        except LogUnavailable as error:
            for _, future in batch:  # it may have committed: each caller has to look
                future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
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
