"""Changing and resetting passwords, and the links of mails: the chain account always stays."""

from uuid import UUID

import pytest

from application.accounts.refusals import (
    InvalidSecondFactor,
    NoPassword,
    SecondFactorRequired,
)
from application.accounts.resets import Reset
from application.credentials import InvalidCredentials, InvalidEmail, WeakPassword
from domain.account import LinkInvalid
from domain.events import LinkIssued, LinkPurpose
from domain.roles import Scope
from domain.sign_in import AccountLocked
from tests.api_world import ALGORAND
from tests.identity_world import EMAIL, PASSWORD, VISITOR, People, attempted, origin
from tests.memory_log import MemoryLog

NEW = "another sentence that is as good"


@pytest.fixture
def people() -> People:
    made = People(MemoryLog())
    made.log._clock = made.clock.now  # type: ignore[attr-defined]
    return made


def link(people: People, purpose: LinkPurpose) -> str:
    """Return the newest link of a purpose, as the mail spells it."""
    issued = [
        (one.stream.id, one.event)
        for one in people.log.read_all()
        if isinstance(one.event, LinkIssued) and one.event.purpose is purpose
    ]
    account, event = issued[-1]
    return people.links.text(purpose.value, UUID(account), event.link)


def asked(people: People, email: str = EMAIL) -> str:
    people.identity.resets.ask(email, VISITOR, origin())
    return link(people, LinkPurpose.RESET_PASSWORD)


def reset(people: People, text: str, new: str = NEW, code: str | None = None) -> Reset:
    return people.identity.resets.reset(text, new, code, VISITOR, origin())


def test_a_changed_password_replaces_the_old_one_and_keeps_the_chain_account(
    people: People,
) -> None:
    registered = people.register()
    account, session = registered.profile.account, registered.granted.session
    people.identity.passwords.change(account, session, NEW, attempted())
    with pytest.raises(InvalidCredentials):
        people.sign_in(PASSWORD)
    people.sign_in(NEW)
    after = people.identity.profiles.profile(account, registered.profile.tenant)
    assert after.signers == registered.profile.signers
    assert people.vault.version_of(account, "password") == 2


@pytest.mark.parametrize(
    ("current", "new", "refusal"),
    [
        (PASSWORD + "!", NEW, InvalidCredentials),
        (PASSWORD, "short", WeakPassword),
        (PASSWORD, "an easy sentence", WeakPassword),
    ],
)
def test_a_refused_change_leaves_everything_as_it_was(
    people: People, current: str, new: str, refusal: type[Exception]
) -> None:
    registered = people.register()
    account, session = registered.profile.account, registered.granted.session
    with pytest.raises(refusal):
        people.identity.passwords.change(account, session, new, attempted(current))
    people.sign_in(PASSWORD)
    assert "account.password-changed" not in people.names()


def test_a_reset_sets_a_new_password_ends_sessions_and_locks_and_keeps_the_chain_account(
    people: People,
) -> None:
    registered = people.register()
    people.verify(registered.profile.account)
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            people.sign_in(PASSWORD + "!")
    done = reset(people, asked(people))
    assert not done.exposed
    people.sign_in(NEW, device=done.device)
    people.sign_in(NEW)
    account = people.identity.directory.person(registered.profile.account).account
    state = people.identity.sessions.good(registered.granted.session)
    assert state is not None
    assert not account.holds(registered.granted.session, state)
    after = people.identity.profiles.profile(account.id, registered.profile.tenant)
    assert after.signers == registered.profile.signers


def test_a_link_is_good_once(people: People) -> None:
    people.register()
    text = asked(people)
    reset(people, text)
    with pytest.raises(LinkInvalid):
        reset(people, text, NEW + " 2")
    people.sign_in(NEW)


def test_a_link_that_is_good_is_mailed_again_a_few_times_and_ends_by_time(people: People) -> None:
    people.register()
    first = asked(people)
    for _ in range(10):
        people.clock.move(minutes=2)
        assert asked(people) == first, "nobody ends another's link by asking"
    assert people.names("account").count("account.link-issued") == 1 + 3
    people.clock.move(hours=24)
    with pytest.raises(LinkInvalid):
        reset(people, first)
    second = asked(people)
    assert second != first
    reset(people, second)


def test_a_clock_that_was_set_back_stops_no_reset(people: People) -> None:
    people.register()
    people.clock.move(days=3)
    people.identity.resets.ask(EMAIL, VISITOR, origin())
    people.clock.move(days=-3)
    before = people.log.position()
    people.identity.resets.ask(EMAIL, VISITOR, origin())
    assert people.log.position() > before


def test_whoever_proves_the_mailbox_inherits_nothing_from_who_signed_up_with_it(
    people: People,
) -> None:
    squatter = people.register().profile
    people.set_second_factor(squatter.account)
    key = people.vault.unsealed(squatter.account, "one-time-key")
    assert key is not None
    people.clock.move(seconds=30)
    by = people.confirmed(squatter.account, code=people.code(key))
    keys = people.identity.api_keys
    made = keys.make(squatter.tenant, "robot", Scope.DEPLOY, None, by)
    done = reset(people, asked(people))
    assert done.exposed
    person = people.identity.directory.person(squatter.account).account
    assert person.email_verified
    assert person.factor is None
    assert people.vault.unsealed(squatter.account, "one-time-key") is None
    assert made.key.id not in {one.id for one in keys.all(squatter.tenant, pseudonyms=True)}
    [signer] = people.identity.profiles.signers(squatter.tenant)
    assert signer.exported, "whoever chose the first password can make its key"
    assert signer.evm == squatter.signers[0].evm
    people.sign_in(NEW)


def test_a_reset_ends_the_keys_for_machines_that_its_person_made(people: People) -> None:
    owner = people.register().profile
    people.verify(owner.account)
    keys = people.identity.api_keys
    keys.make(owner.tenant, "robot", Scope.DEPLOY, None, people.confirmed(owner.account))
    reset(people, asked(people))
    assert keys.all(owner.tenant, pseudonyms=True) == []
    assert not people.identity.profiles.signers(owner.tenant)[0].exported


def test_a_changed_password_ends_a_link_that_was_asked_for_before(people: People) -> None:
    registered = people.register()
    text = asked(people)
    granted = registered.granted
    people.identity.passwords.change(granted.account, granted.session, NEW, attempted())
    with pytest.raises(LinkInvalid):
        reset(people, text, NEW + " 2")


def test_a_link_of_another_purpose_or_account_opens_nothing(people: People) -> None:
    people.register()
    verify, text = link(people, LinkPurpose.VERIFY_EMAIL), asked(people)
    with pytest.raises(LinkInvalid):
        reset(people, verify)
    with pytest.raises(LinkInvalid):
        people.identity.links.verify_email(text, origin())
    for place in range(len(text)):
        letter = "A" if text[place] != "A" else "B"
        with pytest.raises(LinkInvalid):
            reset(people, text[:place] + letter + text[place + 1 :])
    reset(people, text)


def test_asking_for_a_reset_writes_the_same_whoever_is_asked_about(people: People) -> None:
    people.register()
    people.identity.resets.ask(EMAIL, VISITOR, origin())
    people.identity.resets.ask("nobody@example.com", VISITOR, origin())
    assert people.names("sign-in") == ["sign-in.reset-asked"] * 2
    people.identity.resets.ask(EMAIL, VISITOR, origin())
    people.identity.resets.ask("nobody@example.com", VISITOR, origin())
    assert people.names("sign-in") == ["sign-in.reset-asked"] * 2, "at most one a minute"
    with pytest.raises(InvalidEmail):
        people.identity.resets.ask("no address", VISITOR, origin())


def test_a_reset_needs_the_second_factor_where_one_is_set(people: People) -> None:
    account = people.register().profile.account
    people.verify(account)
    key, codes = people.set_second_factor(account)
    text = asked(people)
    with pytest.raises(SecondFactorRequired):
        reset(people, text)
    with pytest.raises(InvalidSecondFactor):
        reset(people, text, code="000000")
    people.clock.move(seconds=30)
    reset(people, text, code=people.code(key))
    people.sign_in(NEW, code=codes[0])


def test_wrong_codes_of_a_reset_lock_it_and_nobody_else(people: People) -> None:
    account = people.register().profile.account
    people.verify(account)
    _, codes = people.set_second_factor(account)
    text = asked(people)
    for _ in range(5):
        with pytest.raises(InvalidSecondFactor):
            reset(people, text, code="000000")
    with pytest.raises(AccountLocked):
        reset(people, text, code=codes[0])
    people.sign_in(code=codes[0])
    people.clock.move(minutes=30)
    reset(people, text, code=codes[1])


def test_an_address_is_verified_by_the_link_that_was_mailed(people: People) -> None:
    account = people.register().profile.account
    text = link(people, LinkPurpose.VERIFY_EMAIL)
    assert people.identity.links.verify_email(text, origin()) == account
    assert people.identity.directory.person(account).account.email_verified
    with pytest.raises(LinkInvalid):
        people.identity.links.verify_email(text, origin())


def test_the_verification_is_mailed_again_not_too_often_and_not_once_it_is_done(
    people: People,
) -> None:
    account = people.register().profile.account
    again = people.identity.links.ask_verification
    again(account, origin())
    assert people.names("account").count("account.link-issued") == 1
    people.clock.move(minutes=1)
    first = link(people, LinkPurpose.VERIFY_EMAIL)
    again(account, origin())
    with pytest.raises(LinkInvalid):
        people.identity.links.verify_email(first, origin())
    people.identity.links.verify_email(link(people, LinkPurpose.VERIFY_EMAIL), origin())
    people.clock.move(days=1)
    again(account, origin())
    assert people.names("account").count("account.link-issued") == 2


def test_no_link_is_in_the_log(people: People) -> None:
    people.register()
    texts = [asked(people), link(people, LinkPurpose.VERIFY_EMAIL)]
    log = b"".join(one.envelope for one in people.log.read_envelopes())
    for text in texts:
        assert text.encode() not in log


def test_a_wallets_holder_has_no_password_to_change(people: People) -> None:
    wallets = people.identity.wallets
    made = wallets.challenge()
    granted = wallets.sign_in(ALGORAND, made.nonce, b"w" * 32, None, VISITOR, origin())
    with pytest.raises(NoPassword):
        people.identity.passwords.change(granted.account, granted.session, NEW, attempted())
