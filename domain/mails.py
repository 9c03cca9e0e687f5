"""Mails that facts lead to: each is owed once, by the event that causes it, to one recipient."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from domain.streams import StreamId, StreamKind
from domain.values import AccountId


class MailKind(StrEnum):
    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the name of a kind
    INVITATION = "invitation"
    LOCKED = "locked"
    CODE_ASKED = "code-asked"
    NEW_DEVICE = "new-device"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a kind
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of a kind
    SECOND_FACTOR_SET = "second-factor-set"
    SECOND_FACTOR_REMOVED = "second-factor-removed"
    OWNER_JOINED = "owner-joined"
    ROLE_GRANTED = "role-granted"
    MEMBER_REMOVED = "member-removed"
    API_KEY_MADE = "api-key-made"
    SIGNER_ADDED = "signer-added"
    SIGNER_EXPORTED = "signer-exported"
    DEPLOYMENT_COMPLETED = "deployment-completed"
    DEPLOYMENT_FAILED = "deployment-failed"


DAY = timedelta(hours=24)
MOST_A_DAY: Mapping[MailKind, int] = {
    MailKind.VERIFY_EMAIL: 5,
    MailKind.RESET_PASSWORD: 5,
    MailKind.INVITATION: 3,
    MailKind.CODE_ASKED: 1,
}
"""Mails of a kind to one recipient within any 24 hours, where strangers can cause them."""
MOST_INVITATIONS = 50
"""Invitations of one tenant that are mailed within any 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedMail:
    id: UUID
    """Names the mail: the cause's id, or that of a copy for somebody else."""
    cause: UUID
    """Id of the event that the mail follows from."""
    kind: MailKind
    position: int
    """Of that event."""
    account: AccountId | None
    """To whom. None: an invitation has an address alone, and an outcome goes to who asked for
    the deployment, which its stream tells."""
    over: bool = False
    """Whether its recipient got as many of this kind as may be sent in a day."""


def copy_id(cause: UUID, account: UUID) -> UUID:
    """Return the id of a copy for another account than the one that a mail is named for."""
    return uuid5(cause, str(account))


def stream_of(mail: UUID) -> StreamId:
    """Return the stream that says what became of a mail."""
    return StreamId(StreamKind.MAIL, str(mail))


def let_through(
    lately: tuple[datetime, ...], at: datetime, most: int
) -> tuple[datetime, ...] | None:
    """Add a mail to those of the last 24 hours; None if there are as many as may be.

    What is refused does not count: whoever keeps asking cannot keep somebody from a mail for
    longer than a day.

    Args:
        lately: when those before were let through.
        at: when this one's cause was recorded; not earlier than any of them.
        most: how many may be let through within 24 hours.
    """
    recent = tuple(time for time in lately if time > at - DAY)
    return None if len(recent) >= most else (*recent, at)
