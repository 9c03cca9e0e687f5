"""A log that is only lists, and keeps the promises of domain.log.EventLog and SecretTable."""

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
from infrastructure.event_log.admission import Candidate, Head, same_place, secret_key
from infrastructure.event_log.envelope import open_envelope
from infrastructure.event_log.recorder import utc_now


class MemoryLog:
    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._by_stream: dict[str, list[RecordedEvent]] = {}
        self._head = Head(0, "", {})

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        candidates = [Candidate.of(append) for append in appends]
        outcomes = self._head.admit_all(candidates, self._clock())
        for outcome in outcomes:
            for one in () if isinstance(outcome, ConcurrentChange) else outcome:
                self._by_stream.setdefault(str(one.stream), []).append(one)
        return outcomes

    def read(self, stream: StreamId) -> History:
        return History(stream, tuple(self._by_stream.get(str(stream), ())))

    def read_after(self, stream: StreamId, version: int) -> tuple[RecordedEvent, ...]:
        return tuple(self._by_stream.get(str(stream), ())[version:])

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        events = self._by_stream.get(str(stream))
        return events[-1] if events else None

    def read_all(self, after: int = 0, upto: int | None = None) -> Iterator[RecordedEvent]:
        for stored in self.read_envelopes(after, upto):
            yield open_envelope(stored.envelope)

    def read_envelopes(self, after: int = 0, upto: int | None = None) -> Iterator[StoredEnvelope]:
        for position, _, _, _, envelope, _ in self._head.rows[after:upto]:
            yield StoredEnvelope(position, envelope)

    def read_page(
        self, after: int, limit: int, upto: int | None, event_types: frozenset[type]
    ) -> list[RecordedEvent]:
        wanted = (one for one in self.read_all(after, upto) if type(one.event) in event_types)
        return [one for one, _ in zip(wanted, range(limit), strict=False)]

    def position(self) -> int:
        return self._head.position

    def blob(self, digest: bytes) -> bytes | None:
        return self._head.blobs.get(digest)

    def secret(self, owner: UUID, purpose: str) -> Secret | None:
        found = [one for one in self._head.secrets if (one.owner, one.purpose) == (owner, purpose)]
        return max(found, key=lambda one: one.version, default=None)

    def secrets_after(self, last: Secret | None, limit: int) -> list[Secret]:
        everyone = sorted(self._head.secrets, key=secret_key)
        return [one for one in everyone if last is None or secret_key(one) > secret_key(last)][
            :limit
        ]

    def exchange(self, changes: Sequence[tuple[Secret, Secret]]) -> list[bool]:
        places = [same_place(*change) for change in changes]
        return [self._exchange(*change) for change, _ in zip(changes, places, strict=True)]

    def _exchange(self, old: Secret, new: Secret) -> bool:
        if old not in self._head.secrets:
            return False
        self._head.secrets[self._head.secrets.index(old)] = new
        return True
