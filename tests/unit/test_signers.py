"""More chain accounts, the way out for a key, and erasure: what stays and what is gone."""

import pytest
from algosdk import account as algosdk_account
from algosdk import mnemonic as algosdk_mnemonic
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from application.accounts.refusals import (
    Forbidden,
    InvalidSecondFactor,
    NoSigner,
    PasswordUsedBefore,
    SecondFactorMissing,
)
from application.credentials import InvalidCredentials, UnknownAccount
from domain.events import KeyForm
from domain.log import ConcurrentChange
from domain.roles import Role
from domain.tenant import LastOwner, NoSuch
from domain.values import SignerId
from infrastructure.addresses import algorand_address_text
from infrastructure.keys.derivation import DerivedAccount
from infrastructure.keys.words import algorand_words, bip39_words
from tests.api_world import ALGORAND
from tests.identity_world import (
    EMAIL,
    PASSWORD,
    VISITOR,
    People,
    QuickDerivation,
    attempted,
    origin,
)
from tests.memory_log import MemoryLog
from tests.unit.test_members import invited, owner_of


@pytest.fixture
def people() -> People:
    made = People(MemoryLog())
    made.log._clock = made.clock.now  # type: ignore[attr-defined]
    return made


@given(st.binary(min_size=32, max_size=32))
def test_the_words_are_those_of_the_other_tools(seed: bytes) -> None:
    words = algorand_words(seed)
    assert words == algosdk_mnemonic._from_key(seed)
    assert len(words.split()) == 25
    assert bytes(Mnemonic("english").to_entropy(bip39_words(seed))) == seed


def test_one_more_slot_is_derived_on_request(people: People) -> None:
    owner = people.register().profile
    one = people.identity.signers.add(owner.tenant, owner.account, attempted())
    two = people.identity.signers.add(owner.tenant, owner.account, attempted())
    assert [owner.signers[0].slot, one.slot, two.slot] == [0, 1, 2]
    expected = people.derivation.derive(EMAIL, PASSWORD, 2)
    assert (two.algorand, two.evm) == (expected.algorand, expected.evm)
    assert people.identity.profiles.signers(owner.tenant) == (*owner.signers, one, two)
    assert people.vault.unsealed(two.id, "arc76-seed") == expected.seed
    with pytest.raises(InvalidCredentials):
        people.identity.signers.add(owner.tenant, owner.account, attempted(PASSWORD + "!"))


def test_slots_go_on_with_a_later_password_and_say_which_it_was(people: People) -> None:
    registered = people.register()
    owner, new = registered.profile, PASSWORD + " anew"
    people.identity.passwords.change(owner.account, registered.granted.session, new, attempted())
    added = people.identity.signers.add(owner.tenant, owner.account, attempted(new))
    change = people.identity.passwords.change
    change(owner.account, registered.granted.session, PASSWORD, attempted(new))
    again = people.identity.signers.add(owner.tenant, owner.account, attempted())
    assert [added.slot, again.slot] == [1, 2]
    tenant = people.identity.directory.organisation(owner.tenant).tenant
    assert [one.password for one in tenant.signers] == [1, 2, 3]
    assert len({one.evm for one in tenant.signers}) == 3, "no key comes back under another name"


def test_a_signer_is_named_or_it_is_the_first(people: People) -> None:
    owner = people.register().profile
    second = people.identity.signers.add(owner.tenant, owner.account, attempted())
    other = people.register("bob@example.com").profile
    signer = people.identity.profiles.signer
    assert signer(owner.tenant, None) == owner.signers[0]
    assert signer(owner.tenant, second.id) == second
    for foreign in (other.signers[0].id, SignerId(second.id.__class__(int=4))):
        with pytest.raises(NoSuch):
            signer(owner.tenant, foreign)


def test_a_key_leaves_after_password_and_code_and_the_log_knows(people: People) -> None:
    owner = people.register().profile
    signer = owner.signers[0]
    export = people.identity.signers.export
    with pytest.raises(SecondFactorMissing):
        export(owner.tenant, owner.account, signer.id, KeyForm.ALGORAND, attempted())
    _, codes = people.set_second_factor(owner.account)
    words = export(
        owner.tenant, owner.account, signer.id, KeyForm.ALGORAND, attempted(code=codes[0])
    )
    key = algosdk_mnemonic.to_private_key(words)
    assert algosdk_account.address_from_private_key(key) == algorand_address_text(signer.algorand)
    bip39 = export(owner.tenant, owner.account, signer.id, KeyForm.BIP39, attempted(code=codes[1]))
    assert bytes(Mnemonic("english").to_entropy(bip39)) == people.vault.unsealed(
        signer.id, "arc76-seed"
    )
    assert people.identity.profiles.signers(owner.tenant)[0].exported
    assert people.names("tenant").count("tenant.signer-exported") == 2
    log = b"".join(one.envelope for one in people.log.read_envelopes())
    assert words.encode() not in log


def test_a_refused_export_shows_and_records_nothing(people: People) -> None:
    owner = people.register().profile
    other = people.register("bob@example.com").profile
    _, codes = people.set_second_factor(owner.account)
    export = people.identity.signers.export
    mine, theirs = owner.signers[0].id, other.signers[0].id
    with pytest.raises(InvalidCredentials):
        export(
            owner.tenant, owner.account, mine, KeyForm.BIP39, attempted(PASSWORD + "!", codes[0])
        )
    with pytest.raises(NoSuch):
        export(owner.tenant, owner.account, theirs, KeyForm.BIP39, attempted(code=codes[0]))
    assert "tenant.signer-exported" not in people.names()


def test_another_members_key_is_shown_to_nobody_until_they_are_erased(people: People) -> None:
    owner = owner_of(people)
    bob = people.register("bob@example.com").profile
    text = invited(people, owner, "bob@example.com", Role.OWNER)
    people.identity.members.accept(text, bob.account, origin())
    _, codes = people.set_second_factor(bob.account)
    export, first = people.identity.signers.export, owner.signers[0].id

    def shown(code: str) -> str:
        proof = attempted(code=code)
        return export(owner.tenant, bob.account, first, KeyForm.BIP39, proof)

    with pytest.raises(Forbidden):
        shown(codes[0])
    with pytest.raises(InvalidSecondFactor):
        shown(codes[0])  # what was refused used the code up all the same
    by_bob = people.confirmed(bob.account, code=codes[1])
    people.identity.members.remove(owner.tenant, owner.account, by_bob)
    with pytest.raises(Forbidden):
        shown(codes[2])
    people.identity.erasure.erase(owner.account, attempted())
    assert len(shown(codes[3]).split()) == 24


def test_a_key_signs_for_one_tenant_alone(people: People) -> None:
    owner = owner_of(people)
    bob = people.register("bob@example.com").profile
    text = invited(people, owner, "bob@example.com", Role.OWNER)
    people.identity.members.accept(text, bob.account, origin())
    with pytest.raises(Forbidden):
        people.identity.signers.add(owner.tenant, bob.account, attempted())
    people.identity.erasure.erase(bob.account, attempted())
    with pytest.raises(PasswordUsedBefore):
        people.register("bob@example.com")
    people.register("bob@example.com", PASSWORD + " anew")


def test_a_conflict_derives_nothing_again() -> None:
    class Counting(QuickDerivation):
        count = 0

        def derive(self, email: str, password: str, slot: int = 0) -> DerivedAccount:
            self.count += 1
            return super().derive(email, password, slot)

    derivation = Counting()
    people = People(MemoryLog(), derivation=derivation)
    owner = people.register().profile
    real, left = people.log.append, [20]

    def losing(appends: object) -> object:
        if left[0]:
            left[0] -= 1
            return [ConcurrentChange("others were faster")]
        return real(appends)  # type: ignore[arg-type]

    people.log.append = losing  # type: ignore[method-assign,assignment]
    before = derivation.count
    people.identity.signers.add(owner.tenant, owner.account, attempted())
    assert derivation.count == before + 1


def test_erasure_destroys_the_persons_key_and_ends_the_account(people: People) -> None:
    registered = people.register()
    owner = registered.profile
    people.set_second_factor(owner.account)
    _, codes = None, people.vault.unsealed(owner.account, "recovery-codes")
    assert codes is not None
    key = people.vault.unsealed(owner.account, "one-time-key")
    assert key is not None
    people.clock.move(seconds=30)
    people.identity.erasure.erase(owner.account, attempted(code=people.code(key)))
    for purpose in ("person-key", "password", "one-time-key", "recovery-codes"):
        assert people.vault.unsealed(owner.account, purpose) is None
    granted = registered.granted
    with pytest.raises(UnknownAccount):
        people.identity.principals.of_session(granted.account, granted.tenant, granted.session)
    with pytest.raises(InvalidCredentials):
        people.sign_in()
    assert people.names("email-claim") == ["email-claim.claimed", "email-claim.released"]
    assert people.vault.unsealed(owner.signers[0].id, "arc76-seed") is not None


def test_an_erased_address_may_sign_up_again_as_somebody_new(people: People) -> None:
    before = people.register().profile
    people.identity.erasure.erase(before.account, attempted())
    after = people.register(password=PASSWORD + " anew").profile
    assert after.account != before.account
    assert after.tenant != before.tenant
    people.sign_in(PASSWORD + " anew")


def test_the_last_owner_of_others_is_not_erased(people: People) -> None:
    owner = owner_of(people)
    bob = people.register("bob@example.com").profile
    text = invited(people, owner, "bob@example.com", Role.AUDITOR)
    people.identity.members.accept(text, bob.account, origin())
    with pytest.raises(LastOwner):
        people.identity.erasure.erase(owner.account, attempted())
    people.sign_in()
    people.identity.erasure.erase(bob.account, attempted())
    [left] = people.identity.members.members(owner.tenant, pseudonyms=False)
    assert left.account == owner.account
    people.identity.erasure.erase(owner.account, attempted())


def test_a_wallets_holder_has_an_account_and_no_signer(people: People) -> None:
    wallets, wallet = people.identity.wallets, b"w" * 32
    first = wallets.challenge()
    one = wallets.sign_in(ALGORAND, first.nonce, wallet, None, VISITOR, origin())
    second = wallets.challenge()
    two = wallets.sign_in(ALGORAND, second.nonce, wallet, None, VISITOR, origin())
    assert (one.account, one.tenant) == (two.account, two.tenant)
    assert one.session != two.session
    with pytest.raises(NoSigner):
        people.identity.profiles.signer(one.tenant, None)
    profile = people.identity.profiles.profile(one.account, one.tenant)
    assert (profile.wallet, profile.email, profile.signers) == (wallet, None, ())
    who = people.identity.principals.of_session(one.account, one.tenant, one.session)
    who.require_ready(development=False)
