"""The log: every fact, with who, when and in what order. Where writing and reading meet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from domain.events import Event
from domain.streams import StreamId, StreamVersion
from domain.values import Actor

LARGEST_INLINE = 64 * 1024
"""Bytes. What is larger goes to the blob table; the event holds its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPersonal:
    """Personal data, encrypted under a key of its person that lives outside the log."""

    person: UUID
    """Whose key opens it. Without that key (erasure) it is noise."""
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event about to be recorded; position, version and time are the log's to give."""

    id: UUID
    stream: StreamId
    event: Event
    actor: Actor
    command: UUID
    """A command sent twice under one id is executed once."""
    correlation: str
    cause: UUID | None = None
    """The event that led to this one, if one did."""
    personal: SealedPersonal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Something that must never be in an event: a verifier, a wrapped seed, a person key.

    Kept in a table of its own, written in the same transaction as the events.
    """

    owner: UUID
    purpose: str
    version: int
    sealed: bytes
    """Opaque to the log, and encrypted or one-way before it came here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Events of any number of streams, kept together or not at all."""

    drafts: tuple[Draft, ...]
    expected: Mapping[StreamId, StreamVersion]
    """The version of every stream written, and of any other that was read to decide."""
    blobs: tuple[bytes, ...] = ()
    """Content-addressed by SHA-256; storing the same bytes twice is storing them once."""
    secrets: tuple[Secret, ...] = ()
    """(owner, purpose, version) is taken once; a second write of it is a conflict."""
    destroyed: tuple[tuple[UUID, str], ...] = ()
    """(owner, purpose): every version that is there goes, in the same transaction; what this
    append brings itself comes after and stays."""

    def __post_init__(self) -> None:
        if not self.drafts:
            raise ValueError("an append has at least one event")
        if missing := {draft.stream for draft in self.drafts} - self.expected.keys():
            raise ValueError(f"no expected version for {sorted(map(str, missing))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event in the log. Its envelope bytes are what an auditor hashes."""

    id: UUID
    position: int
    """Place in the whole log: 1, 2, 3, without gaps, in commit order."""
    stream: StreamId
    version: int
    """Place in its stream: 1, 2, 3, without gaps."""
    time: datetime
    """UTC; never runs backwards along the positions."""
    actor: Actor
    command: UUID
    correlation: str
    cause: UUID | None
    event: Event
    personal: SealedPersonal | None = None
    """Null where the event has none; opened by whoever holds the person's key."""


@dataclass(frozen=True, slots=True)
class StoredEnvelope:
    """The bytes of one event as they lie in the log: canonical JSON, never re-serialised."""

    position: int
    envelope: bytes


class ConcurrentChange(Exception):
    """Someone else appended first. Nothing of this append was written."""


@dataclass(frozen=True, slots=True)
class History:
    """One stream, oldest event first, with the version to expect when appending to it."""

    stream: StreamId
    events: tuple[RecordedEvent, ...] = field(default=())

    @property
    def version(self) -> StreamVersion:
        if not self.events:
            return StreamVersion(0, None)
        return StreamVersion(self.events[-1].version, self.events[-1].id)

    def caused_by(self, command: UUID) -> tuple[RecordedEvent, ...]:
        """Return the events that a command left in this stream; empty if it never ran."""
        return tuple(recorded for recorded in self.events if recorded.command == command)


Outcome = tuple[RecordedEvent, ...] | ConcurrentChange
"""What became of one append: its events as recorded, or why not."""


class EventLog(Protocol):
    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """Record each append, all or nothing each, in one transaction for all.

        An append that conflicts is left out and its outcome says so; the others
        are kept. The events are durable when this returns.

        Raises:
            LogUnavailable: it is not known whether anything was written. Look for the
                events' ids before trying again.
        """
        ...

    def read(self, stream: StreamId) -> History:
        """Return one stream's history; empty if unknown."""
        ...

    def read_after(self, stream: StreamId, version: int) -> Sequence[RecordedEvent]:
        """Return one stream's events with a number above `version`, oldest first."""
        ...

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        """Return the last event of a stream; None if unknown."""
        ...

    def read_all(self, after: int = 0, upto: int | None = None) -> Iterator[RecordedEvent]:
        """Yield events in order of position, from after + 1 to `upto` or the end as it is met."""
        ...

    def read_envelopes(self, after: int = 0, upto: int | None = None) -> Iterator[StoredEnvelope]:
        """Yield the stored bytes in order of position, undecoded."""
        ...

    def position(self) -> int:
        """Return the position of the last event; 0 for an empty log."""
        ...

    def blob(self, digest: bytes) -> bytes | None:
        """Return the blob with this SHA-256, or None."""
        ...


class LogUnavailable(Exception):
    """The database could not be reached, or it broke off; whether it wrote is not known."""


class KeysUnavailable(Exception):
    """Whoever holds the key that wraps secrets cannot be reached, or refuses. Nothing changed."""


class SecretStore(Protocol):
    def secret(self, owner: UUID, purpose: str) -> Secret | None:
        """Return the newest version of a secret, or None."""
        ...


class SecretTable(SecretStore, Protocol):
    """The whole table, for whoever wraps every secret anew."""

    def secrets_after(self, last: Secret | None, limit: int) -> Sequence[Secret]:
        """Return the next secrets, old versions too; from the start where there is no last.

        Their order is the database's own and does not change: a page ends where the next begins.
        """
        ...

    def exchange(self, changes: Sequence[tuple[Secret, Secret]]) -> list[bool]:
        """Put the second of each pair in the place of the first, in one transaction.

        A place whose bytes are not those of the first any more is left as it is, and its
        answer is False.

        Raises:
            ValueError: a pair names two places.
            LogUnavailable: it is not known whether anything was written.
        """
        ...


def append_one(log: EventLog, append: Append) -> tuple[RecordedEvent, ...]:
    """Record one append and return its events.

    Raises:
        ConcurrentChange: a stream is not at its expected version. Nothing was written.
        LogUnavailable: see EventLog.append.
    """
    [outcome] = log.append([append])
    if isinstance(outcome, ConcurrentChange):
        raise outcome
    return outcome


def digest_of(blob: bytes) -> bytes:
    """Return the address of a blob: its SHA-256."""
    return sha256(blob).digest()
