"""Streams: the histories that the log is made of, each with a kind and an id."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class StreamKind(StrEnum):
    DEPLOYMENT = "deployment"
    ACCOUNT = "account"
    TENANT = "tenant"
    SIGNER = "signer"
    NETWORK = "network"
    EMAIL_CLAIM = "email-claim"
    WALLET_CLAIM = "wallet-claim"
    SIGNER_CLAIM = "signer-claim"
    CHALLENGE = "challenge"
    SIGN_IN = "sign-in"
    SESSION = "session"
    CUSTODY = "custody"
    MAIL = "mail"


@dataclass(frozen=True, slots=True, order=True)
class StreamId:
    kind: StreamKind
    id: str
    """Unique within the kind; never holds personal data in the clear."""

    def __post_init__(self) -> None:
        if not self.id or "/" in self.id or not self.id.isascii():
            raise ValueError(f"not a stream id: {self.id!r}")

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> "StreamId":
        kind, _, rest = text.partition("/")
        return cls(StreamKind(kind), rest)


@dataclass(frozen=True, slots=True)
class StreamVersion:
    """How far a stream has come: the number of its last event and that event's id.

    Numbers alone recur after a restore from a backup; the id tells whether the
    event behind the number is the one that the caller saw (architecture, section 3).
    """

    number: int
    event_id: UUID | None

    def __post_init__(self) -> None:
        if self.number < 0 or (self.number == 0) != (self.event_id is None):
            raise ValueError("a version is 0 without an event, or a number with its event")


NOTHING = StreamVersion(0, None)
"""The version of a stream that does not exist yet."""
