"""Sessions: refresh tokens good once, families that die of a copy, and what ends them."""

from datetime import timedelta

import pytest

from application.accounts.refusals import (
    InvalidRefreshToken,
    RefreshTokenExpired,
    RefreshTokenRevoked,
)
from application.accounts.sessions import Granted
from application.credentials import UnknownAccount
from domain.events import SessionEnd, SessionRevoked
from domain.tenant import NoSuch
from domain.values import SessionId
from tests.identity_world import EMAIL, PASSWORD, People, attempted, origin
from tests.memory_log import MemoryLog


@pytest.fixture
def people() -> People:
    made = People(MemoryLog())
    made.log._clock = made.clock.now  # type: ignore[attr-defined]
    return made


def refresh(people: People, text: str) -> Granted:
    return people.identity.sessions.refresh(text, origin())


def is_open(people: People, granted: Granted) -> bool:
    try:
        people.identity.principals.of_session(granted.account, granted.tenant, granted.session)
    except UnknownAccount:
        return False
    return True


def test_a_refresh_token_is_exchanged_for_the_next_one(people: People) -> None:
    first = people.register().granted
    people.clock.move(minutes=10)
    second = refresh(people, first.refresh)
    assert second.session == first.session
    assert second.refresh != first.refresh
    people.clock.move(minutes=10)
    third = refresh(people, second.refresh)
    assert third.expires_at == first.expires_at
    assert people.names("session") == ["session.opened", "session.rotated", "session.rotated"]


def test_no_refresh_token_and_nothing_that_makes_one_is_in_the_log(people: People) -> None:
    granted = people.register().granted
    log = b"".join(one.envelope for one in people.log.read_envelopes())
    assert granted.refresh.encode() not in log
    assert granted.refresh not in repr(granted)


@pytest.mark.parametrize("seconds", [0, 3, 10])
def test_a_lost_answer_is_given_again(people: People, seconds: float) -> None:
    first = people.register().granted
    second = refresh(people, first.refresh)
    people.clock.move(seconds=seconds)
    assert refresh(people, first.refresh) == second
    assert refresh(people, first.refresh) == second
    assert is_open(people, first)


def test_a_token_that_comes_again_later_kills_its_family(people: People) -> None:
    first = people.register().granted
    second = refresh(people, first.refresh)
    people.clock.move(seconds=10.001)
    for text in (first.refresh, second.refresh):
        with pytest.raises(RefreshTokenRevoked):
            refresh(people, text)
    assert not is_open(people, first)
    [revoked] = [one.event for one in people.log.read_all() if type(one.event) is SessionRevoked]
    assert revoked.state.ended is SessionEnd.REUSE


def test_a_parent_whose_child_was_used_kills_its_family_at_once(people: People) -> None:
    first = people.register().granted
    second = refresh(people, first.refresh)
    third = refresh(people, second.refresh)
    with pytest.raises(RefreshTokenRevoked):
        refresh(people, first.refresh)
    with pytest.raises(RefreshTokenRevoked):
        refresh(people, third.refresh)


def test_one_family_dies_and_no_other(people: People) -> None:
    people.register()
    one, other = people.sign_in().granted, people.sign_in().granted
    refresh(people, one.refresh)
    people.clock.move(minutes=1)
    with pytest.raises(RefreshTokenRevoked):
        refresh(people, one.refresh)
    refresh(people, other.refresh)


def test_a_session_ends_by_idleness_and_by_age(people: People) -> None:
    granted = people.register().granted
    people.clock.move(days=7)
    with pytest.raises(RefreshTokenExpired):
        refresh(people, granted.refresh)
    granted = people.sign_in().granted
    for _ in range(4):
        people.clock.move(days=6)
        granted = refresh(people, granted.refresh)
    people.clock.move(days=5)
    granted = refresh(people, granted.refresh)
    people.clock.move(days=1)
    assert granted.expires_at - people.clock.now() == timedelta(0)
    with pytest.raises(RefreshTokenExpired):
        refresh(people, granted.refresh)


@pytest.mark.parametrize("text", ["", "pmr_", "pmr_AAAA", "x" * 200, "pmr_" + "A" * 70])
def test_what_is_no_token_of_ours_is_refused_and_writes_nothing(people: People, text: str) -> None:
    people.register()
    before = people.log.position()
    with pytest.raises(InvalidRefreshToken):
        refresh(people, text)
    assert people.log.position() == before


def test_nobody_kills_a_family_by_its_name_alone(people: People) -> None:
    granted = people.register().granted
    refresh(people, granted.refresh)
    people.clock.move(minutes=1)
    for place in range(4, len(granted.refresh)):
        letter = "A" if granted.refresh[place] != "A" else "B"
        forged = granted.refresh[:place] + letter + granted.refresh[place + 1 :]
        with pytest.raises(InvalidRefreshToken):
            refresh(people, forged)
    assert is_open(people, granted)


def test_logging_out_ends_the_session_and_its_tokens(people: People) -> None:
    granted = people.register().granted
    other = people.sign_in().granted
    sessions = people.identity.sessions
    sessions.end(granted.account, granted.session, SessionEnd.LOGOUT, origin())
    sessions.end(granted.account, granted.session, SessionEnd.LOGOUT, origin())
    assert not is_open(people, granted)
    assert is_open(people, other)
    with pytest.raises(RefreshTokenRevoked):
        refresh(people, granted.refresh)
    assert people.names("session").count("session.revoked") == 1


def test_another_accounts_session_is_as_good_as_none(people: People) -> None:
    mine = people.register().granted
    theirs = people.register("bob@example.com").granted
    for session in (theirs.session, SessionId(theirs.session.__class__(int=9))):
        with pytest.raises(NoSuch):
            people.identity.sessions.end(mine.account, session, SessionEnd.REVOKED, origin())
    assert is_open(people, theirs)


def test_all_sessions_but_one_are_ended_together(people: People) -> None:
    kept = people.register().granted
    others = [people.sign_in().granted for _ in range(3)]
    people.identity.sessions.end_all(kept.account, kept.session, origin())
    assert is_open(people, kept)
    assert not any(is_open(people, other) for other in others)
    assert is_open(people, people.sign_in().granted)
    people.identity.sessions.end_all(kept.account, None, origin())
    assert not is_open(people, kept)


def test_a_new_password_ends_all_other_sessions_and_the_kept_one_may_change_it_again(
    people: People,
) -> None:
    kept, other = people.register().granted, people.sign_in().granted
    change = people.identity.passwords.change
    change(kept.account, kept.session, PASSWORD + " 2", attempted(PASSWORD))
    assert is_open(people, kept)
    assert not is_open(people, other)
    change(kept.account, kept.session, PASSWORD + " 3", attempted(PASSWORD + " 2"))
    assert is_open(people, kept)
    refresh(people, kept.refresh)
    with pytest.raises(RefreshTokenRevoked):
        refresh(people, other.refresh)


def test_open_sessions_are_listed_newest_first_with_where_they_were_opened(people: People) -> None:
    granted = people.register().granted
    people.clock.move(minutes=1)
    second = people.sign_in(address="198.51.100.1", user_agent="phone").granted
    people.register("bob@example.com")
    ended = people.sign_in().granted
    people.identity.sessions.end(ended.account, ended.session, SessionEnd.REVOKED, origin())
    listed = people.identity.open_sessions.of(granted.account, granted.session)
    assert [one.session for one in listed] == [second.session, granted.session]
    assert [one.address for one in listed] == ["198.51.100.1", "192.0.2.7"]
    people.clock.move(days=31)
    fresh = people.sign_in(email=EMAIL).granted
    listed = people.identity.open_sessions.of(granted.account, fresh.session)
    assert [one.session for one in listed] == [fresh.session]
