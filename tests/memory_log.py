"""A log that is only lists, and keeps the promises of domain.log.EventLog and SecretStore."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from domain.log import (
    Append,
    ConcurrentChange,
    History,
    Outcome,
    RecordedEvent,
    Secret,
    StoredEnvelope,
)
from domain.streams import StreamId
from infrastructure.event_log.admission import Candidate, Head
from infrastructure.event_log.envelope import open_envelope, spell_time
from infrastructure.event_log.recorder import utc_now


class MemoryLog:
    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._envelopes: list[bytes] = []
        self._by_stream: dict[str, list[RecordedEvent]] = {}
        self._head = Head(0, "", {})
        self._secrets: list[Secret] = []

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        return [self._append(Candidate.of(append)) for append in appends]

    def _append(self, candidate: Candidate) -> Outcome:
        self._head.time = max(self._head.time, spell_time(self._clock()))
        placed = self._head.admit(candidate)
        if isinstance(placed, ConcurrentChange):
            return placed
        recorded = tuple(open_envelope(row[4]) for row in placed)
        self._envelopes += [row[4] for row in placed]
        for one in recorded:
            self._by_stream.setdefault(str(one.stream), []).append(one)
        self._secrets += candidate.append.secrets
        return recorded

    def read(self, stream: StreamId) -> History:
        return History(stream, tuple(self._by_stream.get(str(stream), ())))

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        events = self._by_stream.get(str(stream))
        return events[-1] if events else None

    def read_all(self, after: int = 0, upto: int | None = None) -> Iterator[RecordedEvent]:
        for stored in self.read_envelopes(after, upto):
            yield open_envelope(stored.envelope)

    def read_envelopes(self, after: int = 0, upto: int | None = None) -> Iterator[StoredEnvelope]:
        for position, envelope in enumerate(list(self._envelopes), 1):
            if after < position and (upto is None or position <= upto):
                yield StoredEnvelope(position, envelope)

    def read_page(
        self, after: int, limit: int, upto: int | None, event_types: frozenset[type]
    ) -> list[RecordedEvent]:
        wanted = (one for one in self.read_all(after, upto) if type(one.event) in event_types)
        return [one for one, _ in zip(wanted, range(limit), strict=False)]

    def position(self) -> int:
        return len(self._envelopes)

    def blob(self, digest: bytes) -> bytes | None:
        return self._head.blobs.get(digest)

    def secret(self, owner: UUID, purpose: str) -> Secret | None:
        found = [one for one in self._secrets if (one.owner, one.purpose) == (owner, purpose)]
        return max(found, key=lambda one: one.version, default=None)
