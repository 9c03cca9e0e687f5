"""Mails that facts lead to: each is owed once, by the event that causes it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.streams import StreamId, StreamKind
from domain.values import AccountId


class MailKind(StrEnum):
    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the name of a kind
    INVITATION = "invitation"
    LOCKED = "locked"
    NEW_DEVICE = "new-device"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a kind
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of a kind
    SECOND_FACTOR_SET = "second-factor-set"
    SECOND_FACTOR_REMOVED = "second-factor-removed"
    SIGNER_EXPORTED = "signer-exported"
    DEPLOYMENT_COMPLETED = "deployment-completed"
    DEPLOYMENT_FAILED = "deployment-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedMail:
    cause: UUID
    """Id of the event that the mail follows from; names the mail."""
    kind: MailKind
    position: int
    """Of that event."""
    account: AccountId | None
    """To whom. None: an invitation has an address alone, and an outcome goes to who asked for
    the deployment, which its stream tells."""


def stream_of(cause: UUID) -> StreamId:
    """Return the stream that says what became of a mail."""
    return StreamId(StreamKind.MAIL, str(cause))
