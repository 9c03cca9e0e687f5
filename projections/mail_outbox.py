"""Which mails follow from which facts: one row for each, by the id of the event that causes it.

That a mail was sent, or given up, is a fact as well: whoever rebuilds these rows, on
whatever machine, owes only what nobody has sent. No row holds personal data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.events import (
    DeploymentCompleted,
    DeploymentFailed,
    LinkIssued,
    MailGivenUp,
    MailSent,
    MemberInvited,
    PasswordChanged,
    PasswordReset,
    SecondFactorRemoved,
    SecondFactorSet,
    SignerExported,
    SignInLocked,
    SignInSucceeded,
)
from domain.log import RecordedEvent
from domain.mails import MailKind
from projections.projection import Projection, altered

ACCOUNT = "account:"
"""How an actor begins who is an account."""


class MailState(StrEnum):
    OWED = "owed"
    SENT = "sent"
    GIVEN_UP = "given-up"


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
class MailRow:
    cause: UUID
    kind: MailKind
    position: int
    """Of the causing event: the order of the list."""
    account: UUID | None
    """As for domain.mails.OwedMail."""
    since: datetime
    """When the causing event was recorded."""
    state: MailState = MailState.OWED
    tries: int = 0
    """How often it was tried until it was sent or given up."""
    reason: str | None = None
    """Why it was given up."""


def fold(row: MailRow | None, recorded: RecordedEvent) -> Iterable[tuple[str, MailRow]]:
    match recorded.event:
        case MailSent(tries=tries):
            ended = row and altered(row, state=MailState.SENT, tries=tries)
        case MailGivenUp(tries=tries, reason=reason):
            ended = row and altered(row, state=MailState.GIVEN_UP, tries=tries, reason=reason)
        case _:
            ended = _owed(recorded)
    return ((str(ended.cause), ended),) if ended else ()


def _owed(recorded: RecordedEvent) -> MailRow | None:
    """Return the mail that a fact leads to, if it leads to one."""
    match recorded.event:
        case LinkIssued(purpose=purpose):
            return _to_its_account(recorded, MailKind(purpose.value))
        case PasswordChanged():
            return _to_its_account(recorded, MailKind.PASSWORD_CHANGED)
        case PasswordReset():
            return _to_its_account(recorded, MailKind.PASSWORD_RESET)
        case SecondFactorSet():
            return _to_its_account(recorded, MailKind.SECOND_FACTOR_SET)
        case SecondFactorRemoved():
            return _to_its_account(recorded, MailKind.SECOND_FACTOR_REMOVED)
        case SignInLocked(account=account) if account is not None:
            return _row(recorded, MailKind.LOCKED, account)
        case SignInSucceeded(account=account, new_device=True):
            return _row(recorded, MailKind.NEW_DEVICE, account)
        case SignerExported() if recorded.actor.startswith(ACCOUNT):
            account_id = UUID(recorded.actor.removeprefix(ACCOUNT))
            return _row(recorded, MailKind.SIGNER_EXPORTED, account_id)
        case MemberInvited():
            return _row(recorded, MailKind.INVITATION, None)
        case DeploymentCompleted():
            return _row(recorded, MailKind.DEPLOYMENT_COMPLETED, None)
        case DeploymentFailed():
            return _row(recorded, MailKind.DEPLOYMENT_FAILED, None)
        case _:
            return None


def _to_its_account(recorded: RecordedEvent, kind: MailKind) -> MailRow:
    return _row(recorded, kind, UUID(recorded.stream.id))


def _row(recorded: RecordedEvent, kind: MailKind, account: UUID | None) -> MailRow:
    return MailRow(
        cause=recorded.id,
        kind=kind,
        position=recorded.position,
        account=account,
        since=recorded.time,
    )


def _needs(recorded: RecordedEvent) -> str:
    is_end = isinstance(recorded.event, MailSent | MailGivenUp)
    return recorded.stream.id if is_end else str(recorded.id)


MAIL_OUTBOX = Projection(
    name="mail_outbox",
    version=1,
    row=MailRow,
    reads=frozenset(
        {
            DeploymentCompleted,
            DeploymentFailed,
            LinkIssued,
            MailGivenUp,
            MailSent,
            MemberInvited,
            PasswordChanged,
            PasswordReset,
            SecondFactorRemoved,
            SecondFactorSet,
            SignInLocked,
            SignInSucceeded,
            SignerExported,
        }
    ),
    index={"state": "text", "position": "bigint"},
    needs=_needs,
    fold=fold,
    columns=lambda row: (row.state.value, row.position),
)
