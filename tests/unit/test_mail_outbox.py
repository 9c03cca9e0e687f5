"""Which mails follow from which facts, and that a rebuild owes nothing twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import (
    CodeAsked,
    DeploymentFailed,
    Event,
    LinkPurpose,
    MailGivenUp,
    MailSent,
    MemberInvited,
    PasswordChanged,
    PasswordReset,
    SecondFactorOffered,
    SecondFactorRemoved,
    SecondFactorSet,
    SignInLocked,
    SignInSucceeded,
    TriesState,
)
from domain.log import RecordedEvent
from domain.mails import MailKind, stream_of
from domain.roles import Role
from domain.streams import StreamId, StreamKind
from domain.values import AccountId, Actor, SessionId
from infrastructure.views.tables import Table, encode
from projections.mail_outbox import MAIL_OUTBOX, MailState
from projections.projection import fold_batch
from tests.event_strategies import of
from tests.histories import requested
from tests.mail_tenant import governed
from tests.mail_world import EMAIL, NOON, MailWorld, account_stream, rows

ACCOUNT = AccountId(uuid4())
STATE = TriesState()


def sign_in(**fields: Any) -> tuple[StreamId, Event]:
    stream = StreamId(StreamKind.SIGN_IN, uuid4().hex)
    event = SignInSucceeded(**({"account": ACCOUNT, "client": b"c", "state": STATE} | fields))
    return stream, event


def locked(account: AccountId | None) -> tuple[StreamId, Event]:
    stream = StreamId(StreamKind.SIGN_IN, uuid4().hex)
    return stream, SignInLocked(account=account, client=None, until=NOON, state=STATE)


def invited() -> tuple[StreamId, Event]:
    event = MemberInvited(
        invitation=uuid4(), role=Role.AUDITOR, claim="c", digest=b"d", expires_at=NOON, by=None
    )
    return StreamId(StreamKind.TENANT, str(uuid4())), event


@dataclass
class Case:
    kind: MailKind | None
    fact: tuple[StreamId, Event]
    account: UUID | None = ACCOUNT


MINE = account_stream(ACCOUNT)
CHANGED = PasswordChanged(number=2, kept=SessionId(uuid4()))
FACTOR_SET = SecondFactorSet(version=1, step=1, recovery_codes=8, kept=None)
ASKED = CodeAsked(account=ACCOUNT, client=b"c", state=STATE)
CASES = [
    Case(MailKind.PASSWORD_CHANGED, (MINE, CHANGED)),
    Case(MailKind.PASSWORD_RESET, (MINE, PasswordReset(number=2, link=uuid4()))),
    Case(MailKind.SECOND_FACTOR_SET, (MINE, FACTOR_SET)),
    Case(MailKind.SECOND_FACTOR_REMOVED, (MINE, SecondFactorRemoved(kept=None))),
    Case(None, (MINE, SecondFactorOffered(version=1))),
    Case(MailKind.NEW_DEVICE, sign_in(new_device=True)),
    Case(None, sign_in(new_device=False)),
    Case(MailKind.LOCKED, locked(ACCOUNT)),
    Case(None, locked(None)),
    Case(MailKind.INVITATION, invited(), account=None),
    Case(MailKind.CODE_ASKED, (StreamId(StreamKind.SIGN_IN, "x"), ASKED)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} of {case.fact[0].kind}")
def test_a_fact_leads_to_its_mail(case: Case) -> None:
    world = MailWorld()
    recorded = world.add(*case.fact)
    found = list(rows(world.log).values())
    if case.kind is None:
        assert found == []
        return
    [row] = found
    assert (row.id, row.cause) == (recorded.id, recorded.id)
    assert (row.kind, row.account, row.over) == (case.kind, case.account, False)
    assert (row.position, row.since, row.state) == (recorded.position, NOON, MailState.OWED)


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_is_mailed_by_its_purpose(purpose: LinkPurpose) -> None:
    world = MailWorld()
    account = world.account()
    world.link(account, purpose)
    [row] = rows(world.log).values()
    assert (row.kind.value, row.account) == (purpose.value, account)


def lived() -> MailWorld:
    world = MailWorld()
    account = world.account()
    world.link(account, LinkPurpose.VERIFY_EMAIL)
    world.add(account_stream(account), CHANGED)
    world.deployment(requested(), DeploymentFailed(cause="CODE", detail="", certificates=()))
    for row, event in zip(
        list(rows(world.log).values())[:2],
        (
            MailSent(kind="verify-email", tries=1),
            MailGivenUp(kind="password-changed", tries=3, reason="smtp-550"),
        ),
        strict=True,
    ):
        world.add(stream_of(row.cause), event)
    return world


def test_what_was_sent_or_given_up_is_not_owed_after_a_rebuild() -> None:
    world = lived()
    states = [(row.kind, row.state, row.tries, row.reason) for row in rows(world.log).values()]
    assert states == [
        (MailKind.VERIFY_EMAIL, MailState.SENT, 1, None),
        (MailKind.PASSWORD_CHANGED, MailState.GIVEN_UP, 3, "smtp-550"),
        (MailKind.DEPLOYMENT_FAILED, MailState.OWED, 0, None),
    ]


@pytest.mark.parametrize("lives", [lived, governed])
def test_any_batches_give_the_same_bytes(lives: Callable[[], MailWorld]) -> None:
    world = lives()
    relevant = [one for one in world.log.read_all() if type(one.event) in MAIL_OUTBOX.reads]
    whole = {key: encode(row) for key, row in fold_batch(MAIL_OUTBOX, relevant, {}).items()}
    table = Table(MAIL_OUTBOX, MAIL_OUTBOX.table)
    kept: dict[str, str] = {}
    for one in relevant:
        known = {key: table.decode(row) for key, row in kept.items()}
        kept |= {key: encode(row) for key, row in fold_batch(MAIL_OUTBOX, [one], known).items()}
    assert kept == whole


def test_no_row_holds_an_address() -> None:
    for row in rows(lived().log).values():
        assert EMAIL.lower() not in encode(row).lower()


@given(of(Event), st.booleans())
def test_any_fact_alone_leads_to_one_mail_at_most_and_every_row_reads_back_as_it_was(
    event: Event, is_account: bool
) -> None:
    recorded = RecordedEvent(
        id=uuid4(),
        position=7,
        stream=account_stream(uuid4()),
        version=1,
        time=NOON,
        actor=Actor(f"account:{uuid4()}" if is_account else "worker"),
        command=uuid4(),
        correlation="c-1",
        cause=None,
        event=event,
    )
    table = Table(MAIL_OUTBOX, MAIL_OUTBOX.table)
    found = fold_batch(MAIL_OUTBOX, [recorded], {})
    assert not found or type(event) in MAIL_OUTBOX.reads
    mails = [row.mail for row in found.values() if row.mail]
    assert len(mails) <= 1
    assert all(mail.state is MailState.OWED and str(mail.id) in found for mail in mails)
    for row in found.values():
        assert table.decode(encode(row)) == row


def test_an_end_without_its_beginning_leaves_no_row() -> None:
    world = MailWorld()
    world.add(stream_of(uuid4()), MailSent(kind="locked", tries=1))
    assert rows(world.log) == {}
