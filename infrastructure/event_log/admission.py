"""What may be appended, decided exactly while the head of the log is locked.

The same for both databases: a conflict costs its own caller and nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.log import Append, ConcurrentChange, Outcome, RecordedEvent, Secret, digest_of
from domain.streams import NOTHING, StreamVersion
from infrastructure.event_log.envelope import Sealable
from infrastructure.event_log.json_scalars import spell_time

Row = tuple[int, str, int, str, bytes, str]
"""position, stream, version, name, envelope, event id"""
SecretKey = tuple[str, str, int]
SecretName = tuple[str, str]
"""Owner and purpose, whatever the version."""
LARGEST_VERSION = 2**31 - 1
"""Of a secret."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An append, checked and spelled before the lock is taken."""

    append: Append
    sealables: tuple[Sealable, ...]

    @classmethod
    def of(cls, append: Append) -> "Candidate":
        """Spell an append.

        Raises:
            ValueError: something in it cannot be stored exactly.
        """
        for secret in append.secrets:
            if not secret.purpose.isprintable() or not 1 <= secret.version <= LARGEST_VERSION:
                raise ValueError("a secret has a printable purpose and a version from 1")
        ids = {draft.id for draft in append.drafts}
        if len(ids) < len(append.drafts):
            raise ValueError("two events of an append have the same id")
        return cls(append, tuple(Sealable.of(draft) for draft in append.drafts))

    @property
    def streams(self) -> set[str]:
        return {str(stream) for stream in self.append.expected}

    @property
    def event_ids(self) -> set[str]:
        return {str(draft.id) for draft in self.append.drafts}


@dataclass(slots=True)
class Head:
    """The end of the log, held under lock while appends are admitted."""

    position: int
    time: str
    versions: dict[str, StreamVersion]
    """Of every stream that an append names."""
    event_ids: set[str] = field(default_factory=set)
    """Ids that are there already, of those that an append brings."""
    taken: set[SecretKey] = field(default_factory=set)
    """Secrets that are there already, of those that an append brings."""
    rows: list[Row] = field(default_factory=list)
    blobs: dict[bytes, bytes] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)
    destroyed: set[SecretName] = field(default_factory=set)

    def admit_all(self, candidates: Sequence[Candidate], now: datetime) -> list[Outcome]:
        """Admit each append in turn. Time never runs backwards along the positions."""
        self.time = max(self.time, spell_time(now))
        return [self.admit(candidate) for candidate in candidates]

    def admit(self, candidate: Candidate) -> Outcome:
        """Give an append its places, or say why it conflicts. Changes nothing if it does."""
        for stream, expected in candidate.append.expected.items():
            if self.versions.get(str(stream), NOTHING) != expected:
                return ConcurrentChange(f"{stream} is not at version {expected.number}")
        if self.event_ids & candidate.event_ids:
            return ConcurrentChange("an event of that id is there already")
        keys = [secret_key(secret) for secret in candidate.append.secrets]
        gone = {(str(owner), purpose) for owner, purpose in candidate.append.destroyed}
        there = {key for key in self.taken if key[:2] not in gone}
        if there.intersection(keys) or len(set(keys)) < len(keys):
            return ConcurrentChange("a secret of that version is there already")
        self.event_ids |= candidate.event_ids
        self.taken = there.union(keys)
        self._destroy(gone)
        self.secrets += candidate.append.secrets
        self.blobs |= {digest_of(blob): blob for blob in candidate.append.blobs}
        return tuple(self._place(sealable) for sealable in candidate.sealables)

    def _destroy(self, names: set[SecretName]) -> None:
        """Forget what is there and what appends before this one brought."""
        self.destroyed |= names
        self.secrets = [one for one in self.secrets if secret_key(one)[:2] not in names]

    def _place(self, sealable: Sealable) -> RecordedEvent:
        stream, event_id = str(sealable.draft.stream), sealable.draft.id
        version = self.versions.get(stream, NOTHING).number + 1
        self.position += 1
        sealed = sealable.seal(self.position, version, self.time)
        self.rows.append((self.position, stream, version, sealable.name, sealed, str(event_id)))
        self.versions[stream] = StreamVersion(version, event_id)
        return sealable.recorded(self.position, version, self.time)


def secret_key(secret: Secret) -> SecretKey:
    return (str(secret.owner), secret.purpose, secret.version)


def same_place(old: Secret, new: Secret) -> SecretKey:
    """Return the place of a secret that another is to take.

    Raises:
        ValueError: the other belongs elsewhere.
    """
    if secret_key(old) != secret_key(new):
        raise ValueError("a secret takes the place of itself alone")
    return secret_key(old)


def streams_of(candidates: Sequence[Candidate]) -> list[str]:
    return sorted({name for candidate in candidates for name in candidate.streams})


def event_ids_of(candidates: Sequence[Candidate]) -> list[str]:
    return sorted({event_id for candidate in candidates for event_id in candidate.event_ids})


def version_of(number: int | None, event_id: str | None) -> StreamVersion:
    if number is None or event_id is None:
        return NOTHING
    return StreamVersion(number, UUID(event_id))
