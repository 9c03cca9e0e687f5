"""What may be appended, decided exactly while the head of the log is locked.

The same for both databases: a conflict costs its own caller and nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.log import Append, ConcurrentChange, Secret, digest_of
from domain.streams import NOTHING, StreamVersion
from infrastructure.event_log.envelope import Sealable

Row = tuple[int, str, int, str, bytes, str]
"""position, stream, version, name, envelope, event id"""
SecretKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An append, spelled before the lock is taken."""

    append: Append
    sealables: tuple[Sealable, ...]

    @classmethod
    def of(cls, append: Append) -> "Candidate":
        return cls(append, tuple(Sealable.of(draft) for draft in append.drafts))

    @property
    def streams(self) -> set[str]:
        return {str(stream) for stream in self.append.expected}


@dataclass(slots=True)
class Head:
    """The end of the log, held under lock while appends are admitted."""

    position: int
    time: str
    versions: dict[str, StreamVersion]
    """Of every stream that an append names."""
    taken: set[SecretKey] = field(default_factory=set)
    """Secrets that are there already, of those that an append brings."""
    rows: list[Row] = field(default_factory=list)
    blobs: dict[bytes, bytes] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)

    def admit(self, candidate: Candidate) -> list[Row] | ConcurrentChange:
        """Give an append its places, or say why it conflicts. Changes nothing if it does."""
        for stream, expected in candidate.append.expected.items():
            if self.versions.get(str(stream), NOTHING) != expected:
                return ConcurrentChange(f"{stream} is not at version {expected.number}")
        keys = [secret_key(secret) for secret in candidate.append.secrets]
        if self.taken.intersection(keys) or len(set(keys)) < len(keys):
            return ConcurrentChange("a secret of that version is there already")
        rows = [self._place(sealable) for sealable in candidate.sealables]
        self.rows += rows
        self.taken.update(keys)
        self.secrets += candidate.append.secrets
        self.blobs |= {digest_of(blob): blob for blob in candidate.append.blobs}
        return rows

    def _place(self, sealable: Sealable) -> Row:
        stream = str(sealable.draft.stream)
        version = self.versions.get(stream, NOTHING).number + 1
        self.position += 1
        sealed = sealable.seal(self.position, version, self.time)
        self.versions[stream] = StreamVersion(version, sealable.draft.id)
        event_id = str(sealable.draft.id)
        return (self.position, stream, version, sealable.name, sealed, event_id)


def secret_key(secret: Secret) -> SecretKey:
    return (str(secret.owner), secret.purpose, secret.version)


def streams_of(candidates: Sequence[Candidate]) -> list[str]:
    return sorted({name for candidate in candidates for name in candidate.streams})


def version_of(number: int | None, event_id: str | None) -> StreamVersion:
    if number is None or event_id is None:
        return NOTHING
    return StreamVersion(number, UUID(event_id))
