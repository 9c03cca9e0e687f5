"""Facts about to be recorded together: events of several streams, secrets made and destroyed."""

from dataclasses import dataclass, field
from uuid import UUID

from application.commands import Origin
from domain.events import Event
from domain.log import Append, EventLog, RecordedEvent, SealedPersonal, Secret, append_one
from domain.streams import NOTHING, StreamId, StreamVersion


@dataclass(slots=True)
class Facts:
    """Collected by whoever decides, and appended at once: all or nothing."""

    origin: Origin
    _drafts: list[tuple[StreamId, Event, SealedPersonal | None]] = field(default_factory=list)
    _expected: dict[StreamId, StreamVersion] = field(default_factory=dict)
    _secrets: list[Secret] = field(default_factory=list)
    _destroyed: list[tuple[UUID, str]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self._drafts

    def copy(self) -> "Facts":
        """Return the same facts, to go on with or to fall back to."""
        return Facts(
            self.origin,
            list(self._drafts),
            dict(self._expected),
            list(self._secrets),
            list(self._destroyed),
        )

    def expect(self, stream: StreamId, version: StreamVersion) -> None:
        """Say what a decision was made on, whether that stream is written or not."""
        self._expected[stream] = version

    def add(
        self,
        stream: StreamId,
        event: Event,
        version: StreamVersion | None = None,
        personal: SealedPersonal | None = None,
    ) -> None:
        if version is not None:
            self.expect(stream, version)
        self._drafts.append((stream, event, personal))

    def keep(self, *secrets: Secret) -> None:
        self._secrets += secrets

    def destroy(self, owner: UUID, *purposes: str) -> None:
        self._destroyed += [(owner, purpose) for purpose in purposes]

    def record(self, log: EventLog) -> tuple[RecordedEvent, ...]:
        """Append.

        Raises:
            ConcurrentChange: a stream that the decision was made on has moved.
            LogUnavailable: see EventLog.append.
        """
        append = Append(
            drafts=tuple(self.origin.draft(*draft) for draft in self._drafts),
            expected=dict(self._expected),
            secrets=tuple(self._secrets),
            destroyed=tuple(self._destroyed),
        )
        return append_one(log, append)


def version_of(last: RecordedEvent | None) -> StreamVersion:
    """Return the version of a stream by its last event; NOTHING where it has none."""
    return NOTHING if last is None else StreamVersion(last.version, last.id)
