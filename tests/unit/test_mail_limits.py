"""How many mails strangers can have us send: so many a day, and the same after a rebuild."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.mails.compose import TOO_MANY, NothingToSend
from domain.events import CodeAsked, LinkPurpose, MemberInvited, TriesState
from domain.mails import DAY, let_through
from domain.roles import Role
from domain.streams import StreamId, StreamKind
from domain.values import AccountId
from tests.mail_world import EMAIL, NOON, MailWorld, account_stream, rows

HOUR = timedelta(hours=1)


def invited(claim: str) -> MemberInvited:
    return MemberInvited(
        invitation=uuid4(),
        role=Role.AUDITOR,
        claim=claim,
        digest=b"d",
        expires_at=NOON + 72 * HOUR,
        by=None,
    )


def links(world: MailWorld, account: AccountId, purpose: LinkPurpose, hours: list[int]) -> None:
    for hour in hours:
        world.clock.at = NOON + timedelta(hours=hour)
        world.link(account, purpose)


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_of_links_for_one_purpose_five_a_day_are_mailed(purpose: LinkPurpose) -> None:
    world = MailWorld()
    account, other = world.account(), world.account()
    links(world, account, purpose, [0, 1, 2, 3, 4, 5, 23, 24, 25, 25])
    links(world, other, purpose, [25])
    over = [row.over for row in rows(world.log).values()]
    assert over == [False] * 5 + [True] * 2 + [False] * 2 + [True] + [False]


def test_one_purpose_uses_nothing_up_of_the_other() -> None:
    world = MailWorld()
    account = world.account()
    links(world, account, LinkPurpose.RESET_PASSWORD, [0] * 6)
    links(world, account, LinkPurpose.VERIFY_EMAIL, [0])
    assert [row.over for row in rows(world.log).values()] == [False] * 5 + [True, False]


def test_whoever_keeps_asking_keeps_nobody_from_a_mail_for_longer_than_a_day() -> None:
    world = MailWorld()
    links(world, world.account(), LinkPurpose.RESET_PASSWORD, list(range(48)))
    mailed = [hour for hour, row in enumerate(rows(world.log).values()) if not row.over]
    assert mailed == [0, 1, 2, 3, 4, 24, 25, 26, 27, 28]


def test_whoever_is_invited_by_whomever_gets_three_mails_a_day() -> None:
    world = MailWorld()
    for hour in (0, 1, 2, 3, 24):
        world.clock.at = NOON + timedelta(hours=hour)
        world.add(StreamId(StreamKind.TENANT, str(uuid4())), invited("c"))
    world.add(StreamId(StreamKind.TENANT, str(uuid4())), invited("another"))
    over = [row.over for row in rows(world.log).values()]
    assert over == [False, False, False, True, False, False]


def test_a_right_password_without_its_code_is_told_once_a_day_and_leaves_no_more() -> None:
    world = MailWorld()
    asked = CodeAsked(account=AccountId(uuid4()), client=b"c", state=TriesState())
    for hour in (0, 1, 23, 24, 25):
        world.clock.at = NOON + timedelta(hours=hour)
        world.add(StreamId(StreamKind.SIGN_IN, "x"), asked)
    found = [(row.since - NOON, row.over) for row in rows(world.log).values()]
    assert found == [(timedelta(0), False), (timedelta(hours=24), False)]


@given(st.lists(st.integers(0, 7200), max_size=40), st.integers(1, 5))
def test_within_any_day_no_more_than_so_many_are_let_through(minutes: list[int], most: int) -> None:
    lately: tuple[datetime, ...] = ()
    let: list[datetime] = []
    for minute in sorted(minutes):
        at = NOON + timedelta(minutes=minute)
        taken = let_through(lately, at, most)
        in_the_day_before = [time for time in let if time > at - DAY]
        assert (taken is not None) == (len(in_the_day_before) < most)
        if taken is not None:
            let.append(at)
            lately = taken
            assert len(lately) <= most


def test_what_is_over_the_limit_is_not_sent() -> None:
    world = MailWorld()
    account = world.account()
    for _ in range(5):
        issued = world.link(account, LinkPurpose.RESET_PASSWORD)
    world.add(account_stream(account), issued)
    *_, fifth, sixth = rows(world.log).values()
    assert world.compose(fifth).to == EMAIL
    with pytest.raises(NothingToSend, match=TOO_MANY):
        world.compose(sixth)


def test_of_one_tenants_invitations_fifty_a_day_are_mailed() -> None:
    world, stream = MailWorld(), StreamId(StreamKind.TENANT, str(uuid4()))
    for number, hour in enumerate([0] * 51 + [23, 24]):
        world.clock.at = NOON + hour * HOUR
        event = invited(str(number))
        personal = world.keys.sealed(event.invitation, "invitation", "bob@example.com")
        world.add(stream, event, personal=personal)
    ends = []
    for row in rows(world.log).values():
        try:
            world.compose(row)
        except NothingToSend as refusal:
            ends.append(refusal.reason)
        else:
            ends.append("goes")
    assert ends == ["goes"] * 50 + [TOO_MANY] * 2 + ["goes"]
