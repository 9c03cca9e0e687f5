"""A second factor: offered, confirmed, asked for, each code once, and a way back."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from application.accounts.refusals import InvalidSecondFactor, SecondFactorRequired
from application.credentials import InvalidCredentials
from domain.account import SecondFactorState
from domain.sign_in import AccountLocked
from domain.values import SessionId
from infrastructure.one_time_passwords import TimeBasedPasswords
from tests.identity_world import PASSWORD, VISITOR, People, attempted, origin
from tests.memory_log import MemoryLog

KEPT = SessionId(uuid4())


@pytest.fixture
def people() -> People:
    made = People(MemoryLog())
    made.log._clock = made.clock.now  # type: ignore[attr-defined]
    return made


def test_the_published_codes_come_out() -> None:
    """RFC 6238, appendix B, SHA-1, the last six digits."""
    one_time, key = TimeBasedPasswords(), b"12345678901234567890"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        now = datetime.fromtimestamp(seconds, UTC)
        assert one_time.step(key, code, now) == seconds // 30
        assert one_time.step(key, f"{code[:3]} {code[3:]}", now) == seconds // 30
        for wrong in (code[:5], code + "0", "٢" * 6, "abcdef", ""):
            assert one_time.step(key, wrong, now) is None


def test_it_is_in_force_once_a_code_was_given_and_then_asked_for(people: People) -> None:
    account = people.register().profile.account
    people.identity.second_factors.offer(account, attempted())
    people.sign_in()  # offered is not set
    key, codes = people.set_second_factor(account)
    assert len(set(codes)) == 10
    with pytest.raises(SecondFactorRequired):
        people.sign_in()
    people.clock.move(seconds=30)
    people.sign_in(code=people.code(key))


def test_a_code_is_good_once_and_so_are_older_ones(people: People) -> None:
    account = people.register().profile.account
    key, _ = people.set_second_factor(account)
    used = people.code(key)
    with pytest.raises(InvalidSecondFactor):
        people.sign_in(code=used)
    people.clock.move(seconds=30)
    people.sign_in(code=people.code(key))
    for code in (used, people.code(key)):
        with pytest.raises(InvalidSecondFactor):
            people.sign_in(code=code)
    people.clock.move(seconds=30)
    people.sign_in(code=people.code(key))


def test_a_recovery_code_is_good_once_however_it_is_typed(people: People) -> None:
    account = people.register().profile.account
    _, codes = people.set_second_factor(account)
    people.sign_in(code=codes[3].lower().replace("-", " "))
    with pytest.raises(InvalidSecondFactor):
        people.sign_in(code=codes[3])
    people.sign_in(code=codes[4])


def test_wrong_codes_are_counted_like_wrong_passwords(people: People) -> None:
    account = people.register().profile.account
    people.set_second_factor(account)
    for _ in range(5):
        with pytest.raises(InvalidSecondFactor):
            people.sign_in(code="000000")
    with pytest.raises(AccountLocked):
        people.sign_in(code="000000")


def test_a_right_password_without_a_code_is_a_fact_and_no_failure(people: People) -> None:
    account = people.register().profile.account
    people.set_second_factor(account)
    for _ in range(8):
        with pytest.raises(SecondFactorRequired):
            people.sign_in()
    names = people.names("sign-in")
    assert names.count("sign-in.code-asked") == 8
    assert "sign-in.failed" not in names


def test_a_code_without_the_password_says_nothing(people: People) -> None:
    account = people.register().profile.account
    key, _ = people.set_second_factor(account)
    people.clock.move(seconds=30)
    with pytest.raises(InvalidCredentials):
        people.sign_in(PASSWORD + "!", code=people.code(key))


def test_it_is_confirmed_by_a_code_of_the_newest_offer_alone(people: People) -> None:
    account = people.register().profile.account
    factors = people.identity.second_factors
    with pytest.raises(SecondFactorState):
        factors.confirm(account, KEPT, "123456", VISITOR, origin())
    factors.offer(account, attempted())
    first = people.vault.unsealed(account, "one-time-key-offered")
    factors.offer(account, attempted())
    second = people.vault.unsealed(account, "one-time-key-offered")
    assert first is not None
    assert second is not None
    with pytest.raises(InvalidSecondFactor):
        factors.confirm(account, KEPT, people.code(first), VISITOR, origin())
    factors.confirm(account, KEPT, people.code(second), VISITOR, origin())
    assert people.vault.unsealed(account, "one-time-key-offered") is None


def test_there_is_one_at_a_time_and_it_is_removed_by_password_and_code(people: People) -> None:
    account = people.register().profile.account
    key, codes = people.set_second_factor(account)
    factors = people.identity.second_factors
    people.clock.move(seconds=30)
    with pytest.raises(SecondFactorState):
        factors.offer(account, attempted(code=people.code(key)))
    with pytest.raises(SecondFactorRequired):
        factors.remove(account, KEPT, attempted())
    factors.remove(account, KEPT, attempted(code=codes[0]))
    people.sign_in()
    assert people.vault.unsealed(account, "one-time-key") is None
    with pytest.raises(SecondFactorState):
        factors.remove(account, KEPT, attempted())
    again, _ = people.set_second_factor(account)
    assert again != key


def test_setting_and_removing_one_ends_the_sessions_that_were_opened_otherwise(
    people: People,
) -> None:
    first = people.register().granted
    second = people.sign_in().granted
    account = first.account

    def is_open(session: SessionId) -> bool:
        state = people.identity.sessions.good(session)
        assert state is not None
        return people.identity.directory.person(account).account.holds(session, state)

    _, codes = people.set_second_factor(account, session=second.session)
    assert (is_open(first.session), is_open(second.session)) == (False, True)
    third = people.sign_in(code=codes[0]).granted
    proof = attempted(code=codes[1])
    people.identity.second_factors.remove(account, third.session, proof)
    assert (is_open(second.session), is_open(third.session)) == (False, True)


def test_confirming_is_counted(people: People) -> None:
    account = people.register().profile.account
    factors = people.identity.second_factors
    factors.offer(account, attempted())
    for _ in range(5):
        with pytest.raises(InvalidSecondFactor):
            factors.confirm(account, KEPT, "000000", VISITOR, origin())
    key = people.vault.unsealed(account, "one-time-key-offered")
    assert key is not None
    with pytest.raises(AccountLocked):
        factors.confirm(account, KEPT, people.code(key), VISITOR, origin())


def test_what_is_shown_once_is_in_no_event_and_no_repr(people: People) -> None:
    account = people.register().profile.account
    offered = people.identity.second_factors.offer(account, attempted())
    assert offered.uri.startswith("otpauth://totp/Proofmint:ada%40example.com?secret=")
    assert offered.key not in repr(offered)
    key = people.vault.unsealed(account, "one-time-key-offered")
    assert key is not None
    codes = people.identity.second_factors.confirm(
        account, KEPT, people.code(key), VISITOR, origin()
    )
    log = b"".join(one.envelope for one in people.log.read_envelopes())
    for text in (offered.key, key.hex(), *codes):
        assert text.encode() not in log
