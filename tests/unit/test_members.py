"""Members, roles and keys for machines: who gets in, and the owner that is always left."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from application.accounts.confirming import Confirmation
from application.accounts.principals import Principal
from application.accounts.profiles import Profile
from application.accounts.refusals import (
    EmailNotVerified,
    Forbidden,
    InvalidSecondFactor,
    PasswordRequired,
    SecondFactorMissing,
    SecondFactorRequired,
    SignInAgain,
)
from application.credentials import InvalidEmail, UnknownAccount
from domain.account import LinkInvalid
from domain.errors import DomainError
from domain.roles import Right, Role, Scope
from domain.tenant import MOST, InvitationInvalid, LastOwner, MemberExists, NoSuch, TooMany
from domain.values import AccountId, TenantId
from infrastructure.api_key_texts import RandomApiKeys
from tests.api_world import ALGORAND
from tests.identity_world import PASSWORD, VISITOR, People, attempted, origin
from tests.memory_log import MemoryLog

BOB = "bob@example.com"


@pytest.fixture
def people() -> People:
    made = People(MemoryLog())
    made.log._clock = made.clock.now  # type: ignore[attr-defined]
    return made


def owner_of(people: People) -> Profile:
    """Return somebody who has signed up and verified their address."""
    owner = people.register().profile
    people.verify(owner.account)
    return owner


def invited(people: People, owner: Profile, email: str = BOB, role: Role = Role.OPERATOR) -> str:
    """Invite, and return the link that the mail holds."""
    confirmed = people.confirmed(owner.account)
    event = people.identity.members.invite(owner.tenant, email, role, confirmed)
    return people.links.text("invitation", owner.tenant, event.invitation)


def joined(people: People, owner: Profile, email: str = BOB, role: Role = Role.OPERATOR) -> Profile:
    member = people.register(email).profile
    people.identity.members.accept(invited(people, owner, email, role), member.account, origin())
    return member


def signed_in(people: People, email: str, tenant: TenantId) -> Principal:
    granted = people.identity.sign_in.sign_in(email, tenant, attempted()).granted
    return people.identity.principals.of_session(granted.account, tenant, granted.session)


def test_who_is_invited_joins_with_the_role_and_acts_for_the_tenant(people: People) -> None:
    owner = owner_of(people)
    member = joined(people, owner)
    found = people.identity.members.members(owner.tenant, pseudonyms=False)
    assert [(one.account, one.role, one.email) for one in found] == [
        (owner.account, Role.OWNER, "ada@example.com"),
        (member.account, Role.OPERATOR, BOB),
    ]
    who = signed_in(people, BOB, owner.tenant)
    assert who.rights == {Right.READ, Right.DEPLOY, Right.SELF}
    profile = people.identity.profiles.profile(member.account, owner.tenant)
    assert profile.tenants == (member.tenant, owner.tenant)
    assert profile.signers == owner.signers


def test_an_invitation_is_for_one_address_and_good_once(people: People) -> None:
    owner = owner_of(people)
    text = invited(people, owner)
    eve = people.register("eve@example.com").profile
    with pytest.raises(InvitationInvalid):
        people.identity.members.accept(text, eve.account, origin())
    bob = people.register(BOB.upper()).profile
    people.identity.members.accept(text, bob.account, origin())
    with pytest.raises(InvitationInvalid):
        people.identity.members.accept(text, bob.account, origin())
    again = invited(people, owner)
    with pytest.raises(MemberExists):
        people.identity.members.accept(again, bob.account, origin())


def test_an_invitation_ends_by_time_by_withdrawal_and_by_a_newer_one(people: People) -> None:
    owner, bob = owner_of(people), people.register(BOB).profile
    members = people.identity.members
    old, new = invited(people, owner), invited(people, owner, role=Role.AUDITOR)
    [listed] = members.invitations(owner.tenant, pseudonyms=False)
    assert (listed.email, listed.role) == (BOB, Role.AUDITOR)
    [hidden] = members.invitations(owner.tenant, pseudonyms=True)
    assert hidden.email is None
    members.withdraw(owner.tenant, listed.id, origin())
    late = invited(people, owner)
    people.clock.move(days=7)
    for text in (old, new, late):
        with pytest.raises(InvitationInvalid):
            members.accept(text, bob.account, origin())
    assert members.invitations(owner.tenant, pseudonyms=False) == []
    with pytest.raises(LinkInvalid):
        members.accept("x", bob.account, origin())
    with pytest.raises(NoSuch):
        members.withdraw(owner.tenant, uuid4(), origin())


def test_whom_an_invitation_was_for_is_forgotten_when_it_is_over(people: People) -> None:
    owner = owner_of(people)
    event = people.identity.members.invite(
        owner.tenant, BOB, Role.AUDITOR, people.confirmed(owner.account)
    )
    assert people.vault.unsealed(event.invitation, "person-key") is not None
    people.identity.members.withdraw(owner.tenant, event.invitation, origin())
    assert people.vault.unsealed(event.invitation, "person-key") is None


def test_an_owner_is_always_left_while_there_are_members(people: People) -> None:
    owner = owner_of(people)
    bob = joined(people, owner)
    members, ada, his = people.identity.members, owner.account, bob.account
    by_ada, by_bob = people.confirmed(ada), people.confirmed(his)
    with pytest.raises(LastOwner):
        members.grant(owner.tenant, ada, Role.AUDITOR, by_ada)
    with pytest.raises(LastOwner):
        members.remove(owner.tenant, ada, by_ada)
    members.grant(owner.tenant, his, Role.OWNER, by_ada)
    members.grant(owner.tenant, ada, Role.AUDITOR, by_ada)
    with pytest.raises(Forbidden):
        members.grant(owner.tenant, ada, Role.OWNER, by_ada)
    with pytest.raises(LastOwner):
        members.leave(owner.tenant, by_bob)
    members.leave(owner.tenant, by_ada)
    with pytest.raises(LastOwner):  # the last of all goes by erasure alone
        members.leave(owner.tenant, by_bob)
    for change in (members.remove, lambda *of: members.grant(of[0], of[1], Role.OWNER, of[2])):
        with pytest.raises(NoSuch):
            change(owner.tenant, AccountId(uuid4()), by_bob)


def test_what_changes_who_may_act_is_confirmed_by_password_and_code(people: People) -> None:
    owner = owner_of(people)
    bob = joined(people, owner)
    _, codes = people.set_second_factor(owner.account)
    members, keys = people.identity.members, people.identity.api_keys
    acts: list[Callable[[Confirmation], object]] = [
        lambda by: members.invite(owner.tenant, "eve@example.com", Role.OWNER, by),
        lambda by: members.grant(owner.tenant, bob.account, Role.OWNER, by),
        lambda by: members.remove(owner.tenant, bob.account, by),
        lambda by: members.leave(owner.tenant, by),
        lambda by: keys.make(owner.tenant, "robot", Scope.READ, None, by),
    ]
    before = people.names("tenant")
    for act in acts:
        for password, code, refusal in (
            ("", None, PasswordRequired),
            (PASSWORD, None, SecondFactorRequired),
            (PASSWORD, "AAAA-AAAA-AAAA-AAAA", InvalidSecondFactor),
        ):
            with pytest.raises(refusal):
                act(people.confirmed(owner.account, password, code))
            people.identity.unlocking.unlock("ada@example.com", origin())
    assert people.names("tenant") == before
    acts[0](people.confirmed(owner.account, code=codes[0]))


def test_a_wallets_holder_confirms_by_a_session_that_is_fresh(people: People) -> None:
    wallets = people.identity.wallets
    nonce = wallets.challenge().nonce
    granted = wallets.sign_in(ALGORAND, nonce, b"w" * 32, None, VISITOR, origin())
    by = Confirmation(account=granted.account, session=granted.session, attempt=attempted(""))
    members = people.identity.members
    members.invite(granted.tenant, BOB, Role.OWNER, by)
    people.clock.move(minutes=6)
    with pytest.raises(SignInAgain):
        members.invite(granted.tenant, BOB, Role.OWNER, by)


def test_who_has_not_verified_an_address_invites_nobody(people: People) -> None:
    owner = people.register().profile
    with pytest.raises(EmailNotVerified):
        invited(people, owner)


def test_what_a_removed_or_demoted_owner_made_is_gone_for_good(people: People) -> None:
    owner = owner_of(people)
    bob = joined(people, owner, role=Role.OWNER)
    people.verify(bob.account)
    puppet = people.register("puppet@example.com").profile
    by_bob = people.confirmed(bob.account)
    event = people.identity.members.invite(owner.tenant, "puppet@example.com", Role.OWNER, by_bob)
    made = people.identity.api_keys.make(owner.tenant, "robot", Scope.READ, None, by_bob)
    for role in (Role.AUDITOR, Role.OWNER):
        by_ada = people.confirmed(owner.account)
        people.identity.members.grant(owner.tenant, bob.account, role, by_ada)
    text = people.links.text("invitation", owner.tenant, event.invitation)
    with pytest.raises(InvitationInvalid):
        people.identity.members.accept(text, puppet.account, origin())
    with pytest.raises(UnknownAccount):
        _speaks(people, made.text)


def test_who_was_removed_and_joins_again_signs_in_again(people: People) -> None:
    owner = owner_of(people)
    bob = joined(people, owner)
    granted = people.identity.sign_in.sign_in(BOB, owner.tenant, attempted()).granted
    own = people.sign_in(email=BOB).granted
    by_ada = people.confirmed(owner.account)
    people.identity.members.remove(owner.tenant, bob.account, by_ada)
    text = invited(people, owner, role=Role.OWNER)
    people.identity.members.accept(text, bob.account, origin())
    principals = people.identity.principals
    with pytest.raises(UnknownAccount):
        principals.of_session(bob.account, owner.tenant, granted.session)
    principals.of_session(bob.account, own.tenant, own.session)
    signed_in(people, BOB, owner.tenant)


def test_who_was_removed_from_everywhere_gets_a_tenant_of_their_own(people: People) -> None:
    owner = owner_of(people)
    bob = joined(people, owner, role=Role.OWNER)
    by_bob = people.confirmed(bob.account)
    people.identity.members.remove(owner.tenant, owner.account, by_bob)
    granted = people.sign_in().granted
    assert granted.tenant not in {owner.tenant, bob.tenant}
    who = people.identity.principals.of_session(owner.account, granted.tenant, granted.session)
    assert who.role is Role.OWNER
    people.identity.erasure.erase(owner.account, attempted())


def test_who_is_removed_is_out_at_once_and_so_are_the_keys_they_made(people: People) -> None:
    owner = owner_of(people)
    bob = joined(people, owner, role=Role.OWNER)
    granted = people.identity.sign_in.sign_in(BOB, owner.tenant, attempted()).granted
    keys = people.identity.api_keys
    made = keys.make(owner.tenant, "robot", Scope.DEPLOY, None, people.confirmed(bob.account))
    people.identity.members.remove(owner.tenant, bob.account, people.confirmed(owner.account))
    principals = people.identity.principals
    with pytest.raises(UnknownAccount):
        principals.of_session(bob.account, owner.tenant, granted.session)
    with pytest.raises(UnknownAccount):
        _speaks(people, made.text)
    with pytest.raises(Forbidden):
        people.identity.sign_in.sign_in(BOB, owner.tenant, attempted())
    people.sign_in(email=BOB)


def _speaks(people: People, text: str) -> Principal:
    texts = RandomApiKeys()
    named = texts.read(text)
    assert named is not None
    return people.identity.principals.of_key(*named, texts.digest(text))


def test_a_key_does_what_its_scope_says_until_it_ends(people: People) -> None:
    owner = owner_of(people)
    keys = people.identity.api_keys
    by = people.confirmed(owner.account)
    reads = keys.make(owner.tenant, "reads", Scope.READ, None, by)
    deploys = keys.make(owner.tenant, "deploys", Scope.DEPLOY, 30, by)
    assert _speaks(people, reads.text).rights == {Right.READ}
    who = _speaks(people, deploys.text)
    assert who.rights == {Right.READ, Right.DEPLOY}
    assert who.actor == f"api-key:{deploys.key.id}"
    assert [one.name for one in keys.all(owner.tenant, pseudonyms=False)] == ["reads", "deploys"]
    assert [one.name for one in keys.all(owner.tenant, pseudonyms=True)] == [None, None]
    keys.revoke(owner.tenant, reads.key.id, origin())
    with pytest.raises(NoSuch):
        keys.revoke(owner.tenant, reads.key.id, origin())
    people.clock.move(days=30)
    for text in (reads.text, deploys.text):
        with pytest.raises(UnknownAccount):
            _speaks(people, text)
    log = b"".join(one.envelope for one in people.log.read_envelopes())
    assert deploys.text.encode() not in log
    assert b"deploys" not in log
    assert deploys.text not in repr(deploys)


def test_a_key_ends_when_its_maker_may_not_make_it_any_more(people: People) -> None:
    owner = owner_of(people)
    bob = joined(people, owner, role=Role.OWNER)
    made = people.identity.api_keys.make(
        owner.tenant, "robot", Scope.READ, None, people.confirmed(bob.account)
    )
    _speaks(people, made.text)
    by_ada = people.confirmed(owner.account)
    people.identity.members.grant(owner.tenant, bob.account, Role.AUDITOR, by_ada)
    with pytest.raises(UnknownAccount):
        _speaks(people, made.text)


def test_a_tenant_has_room_for_so_many(people: People) -> None:
    owner = owner_of(people)
    for number in range(MOST - 1):
        invited(people, owner, f"n{number}@example.com")
    invited(people, owner, "n0@example.com")  # in place of the one before
    with pytest.raises(TooMany):
        invited(people, owner, "one-more@example.com")
    people.clock.move(days=8)
    invited(people, owner, "one-more@example.com")  # those that are over leave their places
    assert len(people.identity.members.invitations(owner.tenant, pseudonyms=True)) == 1
    with pytest.raises(InvalidEmail):
        invited(people, owner, "no address")


def test_what_cannot_be_taken_back_asks_for_a_verified_address_and_a_second_factor(
    people: People,
) -> None:
    owner = people.register().profile

    def refusal(*, development: bool) -> type[DomainError] | None:
        try:
            who = signed_in(people, "ada@example.com", owner.tenant)
            who.require_ready(development=development)
        except DomainError as error:
            return type(error)
        return None

    assert refusal(development=True) is None
    assert refusal(development=False) is EmailNotVerified
    people.verify(owner.account)
    assert refusal(development=False) is SecondFactorMissing
    granted = people.sign_in(PASSWORD).granted
    people.set_second_factor(owner.account, session=granted.session)
    who = people.identity.principals.of_session(granted.account, granted.tenant, granted.session)
    who.require_ready(development=False)
