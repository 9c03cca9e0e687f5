"""The postman: each mail until it was taken, nothing twice that the log knows, nobody held up."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.mails.compose import EXPIRED, NO_ADDRESS, TOO_MANY
from application.mails.port import MailRefused, MailUnavailable
from application.mails.postman import JITTER, KEYS_AWAY, LEASE, MOST_TRIES, wait_after
from domain.events import LinkPurpose, MailGivenUp, MailSent
from domain.log import Append, LogUnavailable, Outcome
from domain.mails import stream_of
from tests.mail_world import EMAIL, MailWorld, account_stream, rows
from tests.memory_log import MemoryLog

DAY = 24 * 3600.0


def one_owed(world: MailWorld, hours: float = 1000) -> MailWorld:
    world.link(world.account(), LinkPurpose.VERIFY_EMAIL, hours)
    return world


def test_what_is_owed_is_sent_once_and_told() -> None:
    world = one_owed(MailWorld())
    postman = world.postman()
    [row] = rows(world.log).values()
    assert postman.turn()
    assert not postman.turn()
    [mail] = world.mailer.taken
    assert (mail.to, mail.message_id) == (EMAIL, str(row.cause))
    assert world.told() == [MailSent(kind="verify-email", tries=1)]
    assert world.lines.said == [("sent", "1")]
    [told] = world.log.read(stream_of(row.cause)).events
    assert (told.actor, told.cause, told.correlation) == ("postman", row.cause, "c-1")


def test_another_postman_with_nothing_but_the_log_sends_nothing_again() -> None:
    world = one_owed(MailWorld())
    world.postman().turn()
    other = MailWorld(world.log)
    assert not other.postman().turn()
    assert other.mailer.taken == []


def test_an_outbox_that_is_late_sends_nothing_again() -> None:
    world = one_owed(MailWorld())
    before, postman = rows(world.log), world.postman()
    postman.turn()
    world.outbox.late, world.outbox._seen = True, before
    looked = 0
    for _ in range(5):
        world.clock.pass_by(DAY)
        looked += postman.turn()
    assert looked == 5
    assert len(world.mailer.taken) == len(world.told()) == 1


def test_trouble_is_tried_again_ever_more_slowly_and_given_up_after_a_day() -> None:
    world = one_owed(MailWorld())
    world.mailer.troubles = [MailUnavailable("smtp-451")] * 99
    postman, began, tries = world.postman(), world.clock.now(), []
    while not world.told():
        if postman.turn():
            tries.append(world.clock.now())
        world.clock.pass_by(10)
    assert len(tries) == MOST_TRIES
    assert tries[-1] - began >= timedelta(hours=24)
    assert tries[-1] - began < timedelta(hours=24 * (1 + JITTER) + 1)
    waits = [(later - one).total_seconds() for one, later in pairwise(tries)]
    assert all(60 <= wait <= 3600 * (1 + JITTER) + 10 for wait in waits)
    assert world.told() == [MailGivenUp(kind="verify-email", tries=MOST_TRIES, reason="smtp-451")]
    assert world.lines.said[-1] == ("given up", "smtp-451")


def test_a_mail_goes_out_once_its_server_is_back() -> None:
    world = one_owed(MailWorld())
    world.mailer.troubles = [MailUnavailable("unreachable")] * 2
    postman = world.postman()
    for _ in range(3):
        postman.turn()
        world.clock.pass_by(3600)
    assert world.told() == [MailSent(kind="verify-email", tries=3)]


def test_what_a_server_refuses_is_given_up_at_once_and_no_address_is_in_it() -> None:
    world = one_owed(MailWorld())
    world.mailer.troubles = [MailRefused("smtp-550")]
    world.postman().turn()
    assert world.told() == [MailGivenUp(kind="verify-email", tries=1, reason="smtp-550")]


@pytest.mark.parametrize(
    ("reason", "hours", "erased"), [(NO_ADDRESS, 1, True), (EXPIRED, 0, False)]
)
def test_what_can_no_longer_be_sent_is_given_up(reason: str, hours: int, erased: bool) -> None:
    world = one_owed(MailWorld(), hours)
    if erased:
        world.keys.of.clear()
    world.postman().turn()
    assert world.told() == [MailGivenUp(kind="verify-email", tries=1, reason=reason)]
    assert world.mailer.taken == []


def test_what_is_over_the_limit_is_given_up_and_said() -> None:
    world = MailWorld()
    account = world.account()
    for _ in range(5):
        issued = world.link(account, LinkPurpose.RESET_PASSWORD)
    world.add(account_stream(account), issued)
    postman = world.postman()
    while postman.turn():
        pass
    over = MailGivenUp(kind="reset-password", tries=1, reason=TOO_MANY)
    assert world.told().count(over) == 1
    assert ("given up", TOO_MANY) in world.lines.said
    assert len(world.mailer.taken) == 1, "four were superseded"


def test_keys_that_are_away_put_a_mail_off_and_never_end_it() -> None:
    world = one_owed(MailWorld())
    postman = world.postman()
    world.keys.away = True
    for _ in range(MOST_TRIES + 1):
        postman.turn()
        world.clock.pass_by(2 * 3600)
    assert set(world.lines.said) == {("postponed", KEYS_AWAY)}
    assert world.told() == []
    world.keys.away = False
    postman.turn()
    assert len(world.mailer.taken) == 1


def test_one_mail_that_raises_does_not_stop_the_others() -> None:
    world = one_owed(one_owed(MailWorld()))
    world.mailer.troubles = [ValueError("a bug")]
    postman = world.postman()
    assert postman.turn()
    assert postman.turn()
    assert len(world.mailer.taken) == 1
    assert world.lines.said == [("trouble", "ValueError"), ("sent", "1")]
    world.clock.pass_by(DAY)
    postman.turn()
    assert len(world.mailer.taken) == 2


def test_a_postman_that_died_before_it_told_is_followed_by_one_that_sends_the_same_id() -> None:
    class Dead(BaseException):
        pass

    world = one_owed(MailWorld())
    world.mailer.troubles, world.mailer.after_taking = [Dead()], True  # type: ignore[list-item]
    with pytest.raises(Dead):
        world.postman().turn()
    assert not world.postman().turn(), "its lease is still running"
    world.clock.pass_by(LEASE)
    world.postman().turn()
    first, second = world.mailer.taken
    assert first == second
    assert world.told() == [MailSent(kind="verify-email", tries=2)]


class Flaky(MemoryLog):
    """A log whose appends break off as often as a test says, before or after they wrote."""

    breaks = 0
    wrote = False

    def append(self, appends: list[Append]) -> list[Outcome]:  # type: ignore[override]
        if self.breaks == 0:
            return super().append(appends)
        self.breaks -= 1
        if self.wrote:
            super().append(appends)
        raise LogUnavailable("gone")


@pytest.mark.parametrize("wrote", [False, True])
def test_a_database_that_breaks_off_after_a_mail_was_taken_makes_no_second_copy(
    wrote: bool,
) -> None:
    log = Flaky()
    world = one_owed(MailWorld(log))
    log.breaks, log.wrote = 2, wrote
    postman = world.postman()
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            postman.turn()
    world.clock.pass_by(LEASE)
    while postman.turn():
        pass
    assert len(world.mailer.taken) == 1
    assert world.told() == [MailSent(kind="verify-email", tries=1)]


def test_what_was_read_from_another_log_is_left_alone() -> None:
    world = one_owed(MailWorld())
    world.outbox.late = True
    world.outbox._seen = rows(one_owed(MailWorld()).log)
    world.postman().turn()
    assert world.mailer.taken == []
    assert world.told() == []


@given(st.uuids(), st.integers(1, MOST_TRIES))
def test_waits_are_the_same_each_time_and_grow_up_to_an_hour(cause, tries) -> None:
    wait = wait_after(cause, tries)
    assert wait == wait_after(cause, tries)
    least = min(60 * 2 ** (tries - 1), 3600)
    assert least <= wait <= least * (1 + JITTER)


def test_mails_that_failed_together_part() -> None:
    assert len({wait_after(uuid4(), 1) for _ in range(20)}) > 10
