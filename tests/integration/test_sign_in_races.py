"""Many tries at once, through two processes over one database: counted one by one, none lost."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

import pytest

from application.accounts.sign_in import SignedIn
from application.credentials import InvalidCredentials, freeze_email
from domain import sign_in
from domain.event_names import name_of
from domain.events import SignInFailed, SignInLocked, SignInSucceeded
from domain.sign_in import CEILING, MOST_FAILURES, AccountLocked
from domain.values import AccountId
from tests.identity_world import (
    EMAIL,
    PASSWORD,
    MovableClock,
    People,
    PlainPasswords,
    attempted,
)
from tests.racing import at_once, kinds, processes

MANY = 64
WRONG = PASSWORD + "!"
NOBODY = "nobody@example.com"
ELSEWHERE = "198.51.100.9"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def two(any_database_url: str, clock: MovableClock) -> Iterator[list[People]]:
    with processes(any_database_url, clock) as opened:
        yield opened


def tries(people: list[People], number: int = MANY, **given: Any) -> list[Callable[[], Any]]:
    """Return sign-ins, in turns through each process."""
    arguments = {"password": WRONG} | given
    return [partial(people[n % len(people)].sign_in, **arguments) for n in range(number)]


def told(people: People, email: str = EMAIL) -> list[Any]:
    """Return what the log tells of tries on an address."""
    claim = people.vault.claim_of(freeze_email(email))
    return [one.event for one in people.log.read(sign_in.stream_of(claim)).events]


def names(people: People, email: str = EMAIL) -> list[str]:
    return [name_of(sign_in.stream_of("c").kind, event) for event in told(people, email)]


def test_of_many_wrong_tries_at_once_five_are_judged_and_the_fifth_locks(
    two: list[People],
) -> None:
    two[0].register()
    answers = at_once(tries(two))
    assert kinds(answers) == {"InvalidCredentials": MOST_FAILURES, "AccountLocked": 59}
    assert names(two[0]) == ["sign-in.failed"] * 5 + ["sign-in.locked"]
    locked = told(two[0])[-1]
    assert all(one.until == locked.until for one in answers if isinstance(one, AccountLocked))
    with pytest.raises(AccountLocked):
        two[1].sign_in()


def test_one_process_alone_counts_the_same(any_database_url: str) -> None:
    with processes(any_database_url, number=1) as one:
        one[0].register()
        answers = at_once(tries(one))
        assert kinds(answers) == {"InvalidCredentials": MOST_FAILURES, "AccountLocked": 59}
        assert names(one[0]).count("sign-in.locked") == 1


@pytest.mark.parametrize("place", [0, 3, 20, 63])
def test_the_right_password_gets_in_only_before_the_fifth_failure(
    two: list[People], place: int
) -> None:
    two[0].register()
    calls = tries(two)
    calls[place] = two[place % 2].sign_in
    answers = at_once(calls)
    events = told(two[0])
    right = answers[place]
    before = [type(event) for event in events]
    assert before.count(SignInLocked) == 1
    assert before[-1] is SignInLocked, "after the lock nothing is judged"
    if isinstance(right, SignedIn):
        at = before.index(SignInSucceeded)
        assert before[:at].count(SignInFailed) < MOST_FAILURES
        assert before[at:].count(SignInFailed) == MOST_FAILURES
        assert two[0].names("session") == ["session.opened"] * 2
    else:
        assert isinstance(right, AccountLocked)
        assert SignInSucceeded not in before
        assert before.count(SignInFailed) == MOST_FAILURES
        assert two[0].names("session") == ["session.opened"]
    judged = kinds(answers)["InvalidCredentials"]
    assert judged == before.count(SignInFailed)
    assert judged + kinds(answers)["AccountLocked"] == MANY - isinstance(right, SignedIn)


def test_the_right_password_once_the_lock_is_there_never_gets_in(two: list[People]) -> None:
    two[0].register()
    at_once(tries(two, 5))
    answers = at_once(tries(two, 16, password=PASSWORD))
    assert kinds(answers) == {"AccountLocked": 16}
    assert len(told(two[0])) == 6, "who is locked out adds nothing to the log"


def test_nobodys_address_is_counted_like_somebodys(two: list[People]) -> None:
    two[0].register()
    counted = {}
    for email in (EMAIL, NOBODY):
        answers = at_once(tries(two, email=email))
        counted[email] = (kinds(answers), names(two[0], email), told(two[1], email))
    assert counted[EMAIL][:2] == counted[NOBODY][:2]
    assert anonymous(counted[EMAIL][2]) == anonymous(counted[NOBODY][2])
    assert all(event.account is None for event in counted[NOBODY][2])
    assert all(event.account is not None for event in counted[EMAIL][2])


def anonymous(events: list[Any]) -> list[Any]:
    """Leave out whose they are; a client has another key at each address."""
    plain = []
    for event in events:
        fields = asdict(event) | {"account": None}
        known = {one["client"] for one in fields["state"]["failed"]} | {event.client}
        plain.append(without(fields, known))
    return plain


def without(value: Any, clients: set[bytes | None]) -> Any:
    match value:
        case dict():
            return {name: without(one, clients) for name, one in value.items()}
        case list() | tuple():
            return [without(one, clients) for one in value]
        case bytes():
            assert value in clients
            return b"a client"
        case _:
            return value


def test_a_stranger_locks_out_himself_alone(two: list[People]) -> None:
    two[0].register()
    flood = tries(two, 40)
    mine = tries(two, 4, password=PASSWORD, address=ELSEWHERE)
    answers = at_once(flood + mine)
    assert kinds(answers[:40]) == {"InvalidCredentials": 5, "AccountLocked": 35}
    assert kinds(answers[40:]) == {"SignedIn": 4}
    assert names(two[0]).count("sign-in.succeeded") == 4


def test_a_known_device_signs_in_while_its_network_is_locked(two: list[People]) -> None:
    device = two[0].register().device
    calls = tries(two, 40) + tries(two, 4, password=PASSWORD, device=device)
    answers = at_once(calls)
    assert kinds(answers[:40]) == {"InvalidCredentials": 5, "AccountLocked": 35}
    assert kinds(answers[40:]) == {"SignedIn": 4}
    with pytest.raises(AccountLocked):
        two[1].sign_in(device=device[:-1] + ("B" if device.endswith("A") else "A"))
    two[1].sign_in(device=device)


def test_above_the_ceiling_only_known_devices_are_heard(two: list[People]) -> None:
    device = two[0].register().device
    calls = [
        partial(two[n % 2].sign_in, password=WRONG, address=f"198.18.{n}.1") for n in range(MANY)
    ]
    answers = at_once(calls)
    assert kinds(answers) == {"InvalidCredentials": CEILING, "AccountLocked": MANY - CEILING}
    assert names(two[0]) == ["sign-in.failed"] * CEILING + ["sign-in.locked"]
    assert told(two[0])[-1].client is None
    with pytest.raises(AccountLocked):
        two[1].sign_in(address="203.0.113.200")
    with pytest.raises(AccountLocked):
        two[0].sign_in(password=WRONG, email=EMAIL.upper(), address="203.0.113.201")
    two[1].sign_in(device=device)
    with pytest.raises(AccountLocked):
        two[1].sign_in(address="203.0.113.200")


def opened(people: People) -> int:
    return people.names("session").count("session.opened")


def test_one_code_used_by_many_at_once_opens_one_session(
    two: list[People], clock: MovableClock
) -> None:
    account = two[0].register().profile.account
    key, _ = two[0].set_second_factor(account)
    clock.move(seconds=60)
    before, code = opened(two[0]), two[0].code(key)
    answers = at_once(tries(two, 12, password=PASSWORD, code=code))
    assert kinds(answers) == {"SignedIn": 1, "InvalidSecondFactor": 5, "AccountLocked": 6}
    assert opened(two[1]) == before + 1


def test_one_recovery_code_used_by_many_at_once_opens_one_session(two: list[People]) -> None:
    account = two[0].register().profile.account
    _, [code, other, *_] = two[0].set_second_factor(account)
    before = opened(two[0])
    answers = at_once(tries(two, 5, password=PASSWORD, code=code))
    assert kinds(answers) == {"SignedIn": 1, "InvalidSecondFactor": 4}
    assert opened(two[1]) == before + 1
    two[1].sign_in(code=other)


def test_different_recovery_codes_at_once_are_each_used_up(two: list[People]) -> None:
    account = two[0].register().profile.account
    _, codes = two[0].set_second_factor(account)
    calls = [partial(two[n % 2].sign_in, code=code) for n, code in enumerate(codes)]
    assert kinds(at_once(calls)) == {"SignedIn": len(codes)}
    assert Counter(two[0].names("account"))["account.second-factor-used"] == len(codes)
    with pytest.raises(Exception, match="used before"):
        two[0].sign_in(code=codes[0])


def test_one_code_for_two_grave_things_at_once_allows_one(
    two: list[People], clock: MovableClock
) -> None:
    registered = two[0].register()
    account, session = registered.profile.account, registered.granted.session
    key, _ = two[0].set_second_factor(account, session=session)
    clock.move(seconds=60)
    attempt = attempted(PASSWORD, two[0].code(key))
    granted = partial(two[0].sign_in, code=attempt.code)
    removed = partial(two[1].identity.second_factors.remove, account, session, attempt)
    answers = kinds(at_once([granted, removed]))
    assert answers in ({"SignedIn": 1, "InvalidSecondFactor": 1}, {"NoneType": 1, "SignedIn": 1})
    if answers["NoneType"]:  # the factor went first, and no code is asked for any more
        assert two[0].names("account").count("account.second-factor-used") == 1


def test_a_password_that_changes_while_a_try_is_judged_is_judged_anew(two: list[People]) -> None:
    """Whoever saw the old verifier, and lost the race, must not get in by the old password."""
    here, there = two
    registered = here.register()
    account, session = registered.profile.account, registered.granted.session
    change = partial(
        there.identity.passwords.change, account, session, PASSWORD + " of today", attempted()
    )
    unsealed, pending = here.vault.unsealed, [change]

    def overtaken(owner: AccountId, purpose: str) -> bytes | None:
        found = unsealed(owner, purpose)
        if purpose == "password" and pending:
            pending.pop()()
        return found

    here.vault.unsealed = overtaken  # type: ignore[assignment,method-assign]
    with pytest.raises(InvalidCredentials):
        here.sign_in()
    assert opened(here) == 1


def test_an_address_that_changes_hands_while_a_try_is_judged_is_judged_anew(
    two: list[People],
) -> None:
    here, there = two
    first = here.register().profile.account

    def handed_over() -> None:
        there.identity.erasure.erase(first, attempted())
        there.register(password="a sentence of somebody else")

    pending = [handed_over]

    class Overtaken(PlainPasswords):
        def verify(self, password: str, verifier: str | None) -> bool:
            if pending:
                pending.pop()()
            return super().verify(password, verifier)

    with pytest.raises(InvalidCredentials):
        People(here.log, here.clock, Overtaken()).sign_in()
    assert opened(here) == 2, "the two sign-ups, and nothing else"


def test_many_changes_of_one_password_at_once_leave_one_password(two: list[People]) -> None:
    registered = two[0].register()
    account, session = registered.profile.account, registered.granted.session
    changes = [
        partial(
            two[n % 2].identity.passwords.change,
            account,
            session,
            f"{PASSWORD} number {n}",
            attempted(),
        )
        for n in range(5)
    ]
    answers = at_once([*changes, *tries(two, 3, password=PASSWORD, address=ELSEWHERE)])
    assert kinds(answers[:5]) == {"str": 1, "InvalidCredentials": 4}
    [winner] = [n for n, answer in enumerate(answers[:5]) if isinstance(answer, str)]
    two[0].sign_in(password=f"{PASSWORD} number {winner}", address="203.0.113.1")
    for loser in {*range(5)} - {winner}:
        with pytest.raises(InvalidCredentials):
            two[1].sign_in(password=f"{PASSWORD} number {loser}", address=f"203.0.{loser}.1")
    with pytest.raises(InvalidCredentials):
        two[1].sign_in(address="203.0.99.1")
    assert two[0].vault.version_of(account, "password") == 2
    for answer in answers[5:]:  # each was in before the change, and its session is over
        if isinstance(answer, SignedIn):
            person = two[0].identity.directory.person(account).account
            state = two[0].identity.sessions.good(answer.granted.session)
            assert state is not None
            assert not person.holds(answer.granted.session, state)
