"""Which mails follow from which facts: one row for each cause and recipient, by the mail's id.

That a mail was sent, or given up, is a fact as well: whoever rebuilds these rows, on
whatever machine, owes only what nobody has sent. No row holds personal data.

Other rows beside them are known facts that later mails depend on: who is in a tenant, and how
many mails of a kind somebody was let have lately.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.events import (
    CodeAsked,
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
)
from domain.log import RecordedEvent
from domain.mails import MOST_A_DAY, MailKind, copy_id, let_through
from projections.mail_roster import TENANT_FACTS, Roster, moved, notice
from projections.projection import Projection, altered


class MailState(StrEnum):
    OWED = "owed"
    SENT = "sent"
    GIVEN_UP = "given-up"


KNOWN = "known"
"""Where a mail has its state, a row that is none says so."""


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
class MailRow:
    id: UUID
    """As for domain.mails.OwedMail."""
    cause: UUID
    kind: MailKind
    position: int
    """Of the causing event: the order of the list."""
    account: UUID | None
    """As for domain.mails.OwedMail."""
    since: datetime
    """When the causing event was recorded."""
    over: bool = False
    """As for domain.mails.OwedMail."""
    state: MailState = MailState.OWED
    tries: int = 0
    """How often it was tried until it was sent or given up."""
    reason: str | None = None
    """Why it was given up."""


@dataclass(slots=True, kw_only=True)
class OutboxRow:
    """One of the three."""

    mail: MailRow | None = None
    roster: Roster | None = None
    lately: tuple[datetime, ...] | None = None
    """When causes of mails of one kind to one recipient were let through in the last day."""


Written = Iterable[tuple[str, OutboxRow]]


def fold(row: OutboxRow | None, recorded: RecordedEvent) -> Written:
    match recorded.event:
        case MailSent(tries=tries):
            return _ended(row, state=MailState.SENT, tries=tries)
        case MailGivenUp(tries=tries, reason=reason):
            return _ended(row, state=MailState.GIVEN_UP, tries=tries, reason=reason)
        case event if type(event) in TENANT_FACTS:
            return _to_readers(row, recorded)
        case _:
            mail = _owed(recorded)
            if mail is None:
                return ()
            if mail.kind in MOST_A_DAY:
                return _counted(row, recorded, mail)
            return (_keyed(mail),)


def _ended(row: OutboxRow | None, **members: object) -> Written:
    if row is None or row.mail is None:
        return ()
    return (_keyed(altered(row.mail, **members)),)


def _to_readers(row: OutboxRow | None, recorded: RecordedEvent) -> Written:
    """Follow a tenant, and owe each reader of what happened there a mail."""
    before = row.roster if row is not None and row.roster is not None else Roster()
    after = moved(before, recorded)
    yield _needs(recorded), OutboxRow(roster=after)
    kind, readers = notice(before, after, recorded) or (None, ())
    if kind is not None:
        for account in readers:
            yield _keyed(_row(recorded, kind, account))


def _counted(row: OutboxRow | None, recorded: RecordedEvent, mail: MailRow) -> Written:
    """Owe a mail, of which there may be so many a day."""
    before = row.lately if row is not None and row.lately is not None else ()
    lately = let_through(before, recorded.time, MOST_A_DAY[mail.kind])
    if lately is not None:
        return (_needs(recorded), OutboxRow(lately=lately)), _keyed(mail)
    if mail.kind is MailKind.CODE_ASKED:
        return ()  # nobody waits for it, and every sign-in in two steps would leave one given up
    return (_keyed(altered(mail, over=True)),)


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
        case CodeAsked(account=account):
            return _row(recorded, MailKind.CODE_ASKED, account)
        case SignInSucceeded(account=account, new_device=True):
            return _row(recorded, MailKind.NEW_DEVICE, account)
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
    # The actor's own copy is named by the cause: so was the one mail of an export, once.
    is_copy = type(recorded.event) in TENANT_FACTS and recorded.actor != f"account:{account}"
    return MailRow(
        id=copy_id(recorded.id, account) if account and is_copy else recorded.id,
        cause=recorded.id,
        kind=kind,
        position=recorded.position,
        account=account,
        since=recorded.time,
    )


def _keyed(mail: MailRow) -> tuple[str, OutboxRow]:
    return str(mail.id), OutboxRow(mail=mail)


def _needs(recorded: RecordedEvent) -> str:
    match recorded.event:
        case MailSent() | MailGivenUp():
            return recorded.stream.id
        case LinkIssued(purpose=purpose):
            return f"{purpose}:{recorded.stream.id}"
        case MemberInvited(claim=claim):
            return f"{MailKind.INVITATION}:{claim}"
        case CodeAsked(account=account):
            return f"{MailKind.CODE_ASKED}:{account}"
        case event if type(event) in TENANT_FACTS:
            return str(recorded.stream)
        case _:
            return str(recorded.id)


def _columns(row: OutboxRow) -> tuple[str | int, ...]:
    return (row.mail.state.value, row.mail.position) if row.mail else (KNOWN, 0)


MAIL_OUTBOX = Projection(
    name="mail_outbox",
    version=2,
    row=OutboxRow,
    reads=TENANT_FACTS
    | {
        CodeAsked,
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
    },
    index={"state": "text", "position": "bigint"},
    needs=_needs,
    fold=fold,
    columns=_columns,
)
