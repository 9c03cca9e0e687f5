"""Who is locked out of what, and for how long: given tries, when another comes, then an answer."""

from dataclasses import replace

import pytest

from application.accounts.attempts import Attempt
from application.accounts.refusals import Forbidden, InvalidSecondFactor
from application.credentials import InvalidCredentials, TooBusy
from domain import sign_in
from domain.errors import DomainError
from domain.events import SignInFailed, SignInLocked, SignInSucceeded, SignInUnlocked
from domain.sign_in import CEILING, MOST_FAILURES, AccountLocked
from domain.streams import StreamKind
from domain.values import TenantId
from tests.identity_world import EMAIL, PASSWORD, People, attempted
from tests.memory_log import MemoryLog

WRONG = PASSWORD + "!"


@pytest.fixture
def people() -> People:
    made = People(MemoryLog())
    made.log._clock = made.clock.now  # type: ignore[attr-defined]
    return made


def refusals(people: People, tries: int, email: str = EMAIL, **visitor: str) -> list[str]:
    """Return how so many wrong tries are refused."""
    found = []
    for _ in range(tries):
        with pytest.raises(DomainError) as refusal:
            people.sign_in(WRONG, email, **visitor)
        found.append(refusal.value.code)
    return found


def test_the_fifth_failure_locks_and_the_right_password_does_not_help(people: People) -> None:
    people.register()
    assert refusals(people, 7) == ["INVALID_CREDENTIALS"] * 5 + ["ACCOUNT_LOCKED"] * 2
    with pytest.raises(AccountLocked):
        people.sign_in()
    assert people.names("sign-in") == ["sign-in.failed"] * MOST_FAILURES + ["sign-in.locked"]


def test_a_lock_ends_by_time_and_the_count_begins_anew(people: People) -> None:
    people.register()
    refusals(people, 5)
    people.clock.move(minutes=29, seconds=59)
    with pytest.raises(AccountLocked) as refusal:
        people.sign_in()
    assert (refusal.value.until - people.clock.now()).total_seconds() == 1
    people.clock.move(seconds=1)
    assert refusals(people, 4) == ["INVALID_CREDENTIALS"] * 4
    people.sign_in()


def test_failures_count_for_a_quarter_of_an_hour(people: People) -> None:
    people.register()
    refusals(people, 4)
    people.clock.move(minutes=15)
    assert refusals(people, 4) == ["INVALID_CREDENTIALS"] * 4
    people.sign_in()


def test_a_success_forgets_the_failures_of_its_client(people: People) -> None:
    people.register()
    for _ in range(3):
        refusals(people, 4)
        people.sign_in()


def test_a_stranger_locks_out_himself_alone(people: People) -> None:
    people.register()
    refusals(people, 6, address="198.51.100.9")
    people.sign_in()
    with pytest.raises(AccountLocked):
        people.sign_in(address="198.51.100.200")  # the same network
    people.sign_in(address="198.51.101.9")


def test_a_known_device_signs_in_from_a_network_that_is_locked(people: People) -> None:
    device = people.register().device
    refusals(people, 5)
    with pytest.raises(AccountLocked):
        people.sign_in()
    again = people.sign_in(device=device)
    assert people.sign_in(device=again.device).granted.account == again.granted.account


@pytest.mark.parametrize("turned", [0, 10, 30, -1])
def test_a_device_token_that_was_changed_is_a_stranger(people: People, turned: int) -> None:
    device = people.register().device
    letter = "A" if device[turned] != "A" else "B"
    changed = device[:turned] + letter + (device[turned + 1 :] if turned != -1 else "")
    refusals(people, 5)
    with pytest.raises(AccountLocked):
        people.sign_in(device=changed)


def test_a_device_of_one_account_is_unknown_to_another_and_after_a_new_password(
    people: People,
) -> None:
    device = people.register().device
    other = people.register("bob@example.com")
    refusals(people, 5)
    with pytest.raises(AccountLocked):
        people.sign_in(device=other.device)
    account, session = other.granted.account, other.granted.session
    new = PASSWORD + " anew"
    people.identity.passwords.change(account, session, new, attempted(PASSWORD))
    refusals(people, 5, "bob@example.com")
    with pytest.raises(AccountLocked):
        people.sign_in(new, "bob@example.com", device=other.device)
    people.sign_in(device=device)


def test_a_known_device_is_locked_by_its_own_failures(people: People) -> None:
    device = people.register().device
    refusals(people, 5, device=device)
    with pytest.raises(AccountLocked):
        people.sign_in(device=device)
    people.sign_in()


def test_above_the_ceiling_only_known_devices_may_try(people: People) -> None:
    device = people.register().device
    for number in range(CEILING):
        assert refusals(people, 1, address=f"10.{number}.0.1") == ["INVALID_CREDENTIALS"]
    with pytest.raises(AccountLocked):
        people.sign_in(address="203.0.113.1")
    people.sign_in(device=device)
    locked = [one.event for one in people.log.read_all() if type(one.event) is SignInLocked]
    assert [one.client for one in locked] == [None]
    people.clock.move(hours=1)
    people.sign_in(address="203.0.113.1")


def test_no_state_grows_with_the_tries(people: People) -> None:
    people.register()
    for number in range(CEILING * 3):
        with pytest.raises(DomainError):
            people.sign_in(WRONG, address=f"10.{number}.0.1")
        people.clock.move(minutes=2)
    sizes = [
        len(one.event.state.failed) + len(one.event.state.locks)
        for one in people.log.read_all()
        if type(one.event) is SignInFailed
    ]
    assert max(sizes) <= CEILING


def test_what_is_written_of_an_unknown_address_is_what_is_written_of_a_known_one(
    people: People,
) -> None:
    people.register()

    def written(email: str) -> tuple[list[str], list[object]]:
        before = people.log.position()
        codes = refusals(people, 6, email)
        events = [one.event for one in people.log.read_all(before)]
        plain = [
            replace(event, account=None, client=b"", state=sign_in.state_of(None))  # type: ignore[type-var]
            for event in events
        ]
        return codes, plain

    assert written(EMAIL) == written("nobody@example.com")


def test_an_operator_or_a_new_password_unlocks(people: People) -> None:
    account = people.register().profile.account
    refusals(people, 5)
    assert people.identity.unlocking.unlock(EMAIL.upper(), attempted().origin)
    assert not people.identity.unlocking.unlock("nobody@example.com", attempted().origin)
    people.sign_in()
    unlocked = [one for one in people.log.read_all() if type(one.event) is SignInUnlocked]
    assert [one.event.account for one in unlocked] == [account]


def test_a_new_device_is_told_from_a_known_one(people: People) -> None:
    device = people.register().device
    people.sign_in(device=device)
    people.sign_in()
    succeeded = [
        one.event for one in people.log.read_all() if isinstance(one.event, SignInSucceeded)
    ]
    assert [one.new_device for one in succeeded] == [False, True]


def test_an_old_verifier_is_renewed_by_the_sign_in_that_proves_it(people: People) -> None:
    account = people.register().profile.account
    people.passwords.prefix = "newer:"
    people.sign_in()
    assert people.vault.unsealed(account, "password") == b"1 newer:" + PASSWORD.encode()
    assert people.vault.version_of(account, "password") == 2
    people.sign_in()
    assert people.vault.version_of(account, "password") == 2


def test_a_verifier_that_cannot_be_renewed_now_keeps_nobody_out(people: People) -> None:
    account = people.register().profile.account
    people.passwords.prefix = "newer:"

    def busy(password: str) -> str:
        raise TooBusy

    people.passwords.hash = busy
    people.sign_in()
    assert people.vault.version_of(account, "password") == 1


def test_a_tenant_that_one_is_no_member_of_opens_no_session(people: People) -> None:
    people.register()
    other = people.register("bob@example.com").profile.tenant
    before = people.names("session")
    for tenant in (other, TenantId(other.__class__(int=5))):
        with pytest.raises(Forbidden):
            people.identity.sign_in.sign_in(EMAIL, tenant, attempted())
    assert people.names("session") == before


def test_a_wrong_password_leaves_no_session_and_no_code_used(people: People) -> None:
    account = people.register().profile.account
    key, _ = people.set_second_factor(account)
    people.clock.move(seconds=60)
    with pytest.raises(InvalidCredentials):
        people.sign_in(WRONG, code=people.code(key))
    assert people.names("account")[-1] == "account.second-factor-set"
    people.sign_in(code=people.code(key))


def test_where_a_try_came_from_is_sealed_under_the_persons_key(people: People) -> None:
    account = people.register().profile.account
    refusals(people, 1)
    [failed] = [one for one in people.log.read_all() if one.stream.kind is StreamKind.SIGN_IN]
    key = people.vault.unsealed(account, "person-key")
    assert failed.personal is not None
    assert key is not None
    opened = people.vault.open_personal(failed.personal, "client", key)
    assert opened == {"address": "192.0.2.7", "userAgent": "tests"}


def test_an_old_verifier_that_is_put_back_opens_nothing(people: People) -> None:
    registered = people.register()
    account = registered.profile.account
    old = people.vault.unsealed(account, "password")
    assert old is not None
    change, new = people.identity.passwords.change, PASSWORD + " anew"
    change(account, registered.granted.session, new, attempted())
    secret = people.vault.seal(account, "password", old, 9)
    people.log._head.secrets.append(secret)  # type: ignore[attr-defined]
    with pytest.raises(InvalidCredentials):
        people.sign_in()


def test_a_refusal_behind_a_right_password_is_recorded_all_the_same(people: People) -> None:
    account = people.register().profile.account
    _, codes = people.set_second_factor(account)
    attempt = attempted(code=codes[0])
    with pytest.raises(Forbidden):
        people.identity.sign_in.sign_in(EMAIL, TenantId(account), attempt)
    assert people.names("sign-in")[-1] == "sign-in.succeeded"
    with pytest.raises(InvalidSecondFactor):
        people.sign_in(code=codes[0])


def test_a_second_factor_makes_all_devices_unknown(people: People) -> None:
    device = people.register().device
    account = people.sign_in(device=device).granted.account
    key, _ = people.set_second_factor(account)
    refusals(people, 5)
    people.clock.move(seconds=30)
    with pytest.raises(AccountLocked):
        people.sign_in(code=people.code(key), device=device)


def test_an_attempt_keeps_its_password_to_itself() -> None:
    attempt: Attempt = attempted("secret sentence", "123456")
    assert "secret" not in repr(attempt)
    assert "123456" not in repr(attempt)
