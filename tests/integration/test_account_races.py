"""Refreshes, resets and erasures, many at once through two processes over one database."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from application.accounts.refusals import RefreshTokenRevoked
from application.accounts.resets import Reset
from application.accounts.sessions import Granted
from application.accounts.sign_in import SignedIn
from application.credentials import InvalidCredentials, UnknownAccount
from domain.account import LinkInvalid
from domain.events import LinkPurpose, SessionEnd, SessionRevoked
from tests.identity_world import (
    EMAIL,
    PASSWORD,
    VISITOR,
    MovableClock,
    People,
    attempted,
    origin,
)
from tests.racing import at_once, kinds, processes

MANY = 64
ROUNDS = 4
"""Races of two are run so often: which one wins is chance."""
PEOPLE = (f"person-{number}@example.com" for number in range(10_000))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def two(any_database_url: str, clock: MovableClock) -> Iterator[list[People]]:
    with processes(any_database_url, clock) as opened:
        yield opened


def refresh(people: People, text: str) -> Granted:
    return people.identity.sessions.refresh(text, origin())


def refreshes(two: list[People], text: str, number: int) -> list[Any]:
    return [partial(refresh, two[n % 2], text) for n in range(number)]


def test_one_token_refreshed_by_many_at_once_has_one_child(two: list[People]) -> None:
    parent = two[0].register().granted.refresh
    answers = at_once(refreshes(two, parent, MANY))
    [child] = {answer.refresh for answer in answers}
    assert child != parent
    assert two[0].names("session") == ["session.opened", "session.rotated"]
    assert refresh(two[1], child).refresh not in {parent, child}


def test_who_lost_the_answer_gets_the_child_again_and_later_ends_the_family(
    two: list[People], clock: MovableClock
) -> None:
    parent = two[0].register().granted.refresh
    [child] = {answer.refresh for answer in at_once(refreshes(two, parent, 8))}
    clock.move(seconds=3)
    assert refresh(two[1], parent).refresh == child
    clock.move(seconds=12)
    with pytest.raises(RefreshTokenRevoked):
        refresh(two[0], parent)
    for text in (child, parent):
        with pytest.raises(RefreshTokenRevoked):
            refresh(two[1], text)
    ends = [one.event for one in two[0].log.read_all() if isinstance(one.event, SessionRevoked)]
    assert [end.state.ended for end in ends] == [SessionEnd.REUSE]


def test_once_the_child_was_used_its_parent_ends_the_family_at_once(two: list[People]) -> None:
    parent = two[0].register().granted.refresh
    child = refresh(two[0], parent).refresh
    grandchild = refresh(two[1], child).refresh
    answers = at_once(refreshes(two, parent, 8))
    assert kinds(answers) == {"RefreshTokenRevoked": 8}
    assert two[0].names("session").count("session.revoked") == 1
    with pytest.raises(RefreshTokenRevoked):
        refresh(two[1], grandchild)


def test_a_thief_and_the_owner_at_once_never_have_two_families(two: list[People]) -> None:
    """Parent and child at the same moment: either the grace holds, or the family ends."""
    for _ in range(ROUNDS):
        parent = two[0].register(email=next(PEOPLE)).granted.refresh
        child = refresh(two[0], parent).refresh
        again, onwards = at_once(
            [partial(refresh, two[0], parent), partial(refresh, two[1], child)]
        )
        if isinstance(again, Granted):
            assert again.refresh == child
            assert isinstance(onwards, Granted)
        else:
            assert isinstance(again, RefreshTokenRevoked)
            last = onwards.refresh if isinstance(onwards, Granted) else child
            with pytest.raises(RefreshTokenRevoked):
                refresh(two[0], last)


def test_a_session_that_is_ended_while_it_is_refreshed_stays_ended(two: list[People]) -> None:
    for _ in range(ROUNDS):
        registered = two[0].register(email=next(PEOPLE))
        granted, account = registered.granted, registered.profile.account
        ended = partial(two[1].identity.sessions.end_all, account, None, origin())
        refreshed, _ = at_once([partial(refresh, two[0], granted.refresh), ended])
        last = refreshed.refresh if isinstance(refreshed, Granted) else granted.refresh
        with pytest.raises(RefreshTokenRevoked):
            refresh(two[1], last)


def test_one_link_used_by_many_at_once_sets_one_password(two: list[People]) -> None:
    account = two[0].register().profile.account
    two[0].verify(account)
    two[0].identity.resets.ask(EMAIL, VISITOR, origin())
    person = two[0].identity.directory.person(account).account
    link = person.links[LinkPurpose.RESET_PASSWORD].link
    text = two[0].links.text("reset-password", account, link)
    resets = [
        partial(two[n % 2].identity.resets.reset, text, f"{PASSWORD} {n}", None, VISITOR, origin())
        for n in range(8)
    ]
    answers = at_once(resets)
    assert kinds(answers) == {"Reset": 1, "LinkInvalid": 7}
    [winner] = [n for n, answer in enumerate(answers) if isinstance(answer, Reset)]
    two[0].sign_in(password=f"{PASSWORD} {winner}")
    with pytest.raises(InvalidCredentials):
        two[0].sign_in()
    assert two[0].names("account").count("account.password-reset") == 1


def test_many_who_ask_for_a_reset_at_once_are_sent_one_link(two: list[People]) -> None:
    two[0].register()
    asked = [partial(two[n % 2].identity.resets.ask, EMAIL, VISITOR, origin()) for n in range(16)]
    assert kinds(at_once(asked)) == {"NoneType": 16}
    assert two[0].names("sign-in") == ["sign-in.reset-asked"]
    assert two[0].names("account").count("account.link-issued") == 2, "sign-up, and reset"


def test_failures_in_between_bring_nobody_a_second_mail(
    two: list[People], clock: MovableClock
) -> None:
    two[0].register()
    for n in range(3):
        two[n % 2].identity.resets.ask(EMAIL, VISITOR, origin())
        with pytest.raises(InvalidCredentials):
            two[n % 2].sign_in(PASSWORD + "!", address=f"198.18.{n}.1")
    assert two[0].names("account").count("account.link-issued") == 2
    clock.move(seconds=61)
    two[0].identity.resets.ask(EMAIL, VISITOR, origin())
    assert two[0].names("account").count("account.link-issued") == 3


def test_a_reset_and_a_change_at_once_leave_one_of_their_passwords(two: list[People]) -> None:
    for _ in range(ROUNDS):
        email = next(PEOPLE)
        registered = two[0].register(email)
        account, session = registered.profile.account, registered.granted.session
        two[0].verify(account)
        two[0].identity.resets.ask(email, VISITOR, origin())
        links = two[0].identity.directory.person(account).account.links
        link = links[LinkPurpose.RESET_PASSWORD].link
        text = two[0].links.text("reset-password", account, link)
        reset = partial(
            two[0].identity.resets.reset, text, PASSWORD + " reset", None, VISITOR, origin()
        )
        change = partial(
            two[1].identity.passwords.change, account, session, PASSWORD + " new", attempted()
        )
        by_link, by_proof = at_once([reset, change])
        good = PASSWORD + (" reset" if isinstance(by_link, Reset) else " new")
        assert isinstance(by_link, Reset | LinkInvalid)
        assert isinstance(by_proof, str | InvalidCredentials)
        assert isinstance(by_link, Reset) is not isinstance(by_proof, str)
        two[1].sign_in(good, email)


def test_who_signs_in_while_they_are_erased_has_no_session_that_holds(two: list[People]) -> None:
    for _ in range(ROUNDS):
        registered = two[0].register(email := next(PEOPLE))
        account = registered.profile.account
        erased, *entered = at_once(
            [
                partial(two[0].identity.erasure.erase, account, attempted()),
                partial(two[1].sign_in, email=email),
                partial(refresh, two[1], registered.granted.refresh),
            ]
        )
        assert erased is None
        for answer in entered:
            granted = answer.granted if isinstance(answer, SignedIn) else answer
            if isinstance(granted, Granted):
                with pytest.raises(UnknownAccount):
                    two[0].identity.principals.of_session(account, granted.tenant, granted.session)
                with pytest.raises(RefreshTokenRevoked):
                    refresh(two[0], granted.refresh)
        assert two[1].vault.unsealed(account, "person-key") is None
        assert two[1].vault.unsealed(account, "password") is None


def test_many_erasures_of_one_account_at_once_are_one(two: list[People]) -> None:
    account = two[0].register().profile.account
    erase = [
        partial(two[n % 2].identity.erasure.erase, account, attempted(address=f"198.18.{n}.1"))
        for n in range(6)
    ]
    answers = at_once(erase)
    assert answers.count(None) == 1
    assert two[0].names("account").count("account.erased") == 1
    assert two[0].names("email-claim") == ["email-claim.claimed", "email-claim.released"]
    assert two[1].register(password=PASSWORD + " anew").profile.account != account
