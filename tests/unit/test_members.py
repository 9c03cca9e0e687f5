"""Members, roles and keys for machines: who gets in, and the owner that is always left."""

from uuid import uuid4

import pytest

from application.accounts.principals import Principal
from application.accounts.profiles import Profile
from application.accounts.refusals import EmailNotVerified, Forbidden, SecondFactorMissing
from application.credentials import InvalidEmail, UnknownAccount
from domain.account import LinkInvalid
from domain.errors import DomainError
from domain.roles import Right, Role, Scope
from domain.tenant import MOST, InvitationInvalid, LastOwner, MemberExists, NoSuch, TooMany
from domain.values import AccountId, TenantId
from infrastructure.api_key_texts import RandomApiKeys
from tests.identity_world import PASSWORD, People, attempted, origin
from tests.memory_log import MemoryLog

BOB = "bob@example.com"


@pytest.fixture
def people() -> People:
    made = People(MemoryLog())
    made.log._clock = made.clock.now  # type: ignore[attr-defined]
    return made


def invited(people: People, tenant: TenantId, email: str = BOB, role: Role = Role.OPERATOR) -> str:
    """Invite, and return the link that the mail holds."""
    event = people.identity.members.invite(tenant, email, role, origin())
    return people.links.text("invitation", tenant, event.invitation)


def joined(people: People, owner: Profile, email: str = BOB, role: Role = Role.OPERATOR) -> Profile:
    member = people.register(email).profile
    people.identity.members.accept(
        invited(people, owner.tenant, email, role), member.account, origin()
    )
    return member


def signed_in(people: People, email: str, tenant: TenantId) -> Principal:
    granted = people.identity.sign_in.sign_in(email, tenant, attempted()).granted
    return people.identity.principals.of_session(granted.account, tenant, granted.session)


def test_who_is_invited_joins_with_the_role_and_acts_for_the_tenant(people: People) -> None:
    owner = people.register().profile
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
    owner = people.register().profile
    text = invited(people, owner.tenant)
    eve = people.register("eve@example.com").profile
    with pytest.raises(InvitationInvalid):
        people.identity.members.accept(text, eve.account, origin())
    bob = people.register(BOB.upper()).profile
    people.identity.members.accept(text, bob.account, origin())
    with pytest.raises(InvitationInvalid):
        people.identity.members.accept(text, bob.account, origin())
    again = invited(people, owner.tenant)
    with pytest.raises(MemberExists):
        people.identity.members.accept(again, bob.account, origin())


def test_an_invitation_ends_by_time_by_withdrawal_and_by_a_newer_one(people: People) -> None:
    owner, bob = people.register().profile, people.register(BOB).profile
    members = people.identity.members
    old, new = invited(people, owner.tenant), invited(people, owner.tenant, role=Role.AUDITOR)
    [listed] = members.invitations(owner.tenant, pseudonyms=False)
    assert (listed.email, listed.role) == (BOB, Role.AUDITOR)
    [hidden] = members.invitations(owner.tenant, pseudonyms=True)
    assert hidden.email is None
    members.withdraw(owner.tenant, listed.id, origin())
    late = invited(people, owner.tenant)
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
    owner = people.register().profile
    event = people.identity.members.invite(owner.tenant, BOB, Role.AUDITOR, origin())
    assert people.vault.unsealed(event.invitation, "person-key") is not None
    people.identity.members.withdraw(owner.tenant, event.invitation, origin())
    assert people.vault.unsealed(event.invitation, "person-key") is None


def test_an_owner_is_always_left_while_there_are_members(people: People) -> None:
    owner = people.register().profile
    bob = joined(people, owner)
    members = people.identity.members
    with pytest.raises(LastOwner):
        members.grant(owner.tenant, owner.account, Role.AUDITOR, origin())
    with pytest.raises(LastOwner):
        members.remove(owner.tenant, owner.account, origin())
    members.grant(owner.tenant, bob.account, Role.OWNER, origin())
    members.grant(owner.tenant, owner.account, Role.AUDITOR, origin())
    with pytest.raises(LastOwner):
        members.remove(owner.tenant, bob.account, origin())
    members.remove(owner.tenant, owner.account, origin())
    members.remove(owner.tenant, bob.account, origin())
    for change in (members.remove, lambda *of: members.grant(of[0], of[1], Role.OWNER, of[2])):
        with pytest.raises(NoSuch):
            change(owner.tenant, AccountId(uuid4()), origin())


def test_who_is_removed_is_out_at_once_and_so_are_the_keys_they_made(people: People) -> None:
    owner = people.register().profile
    bob = joined(people, owner, role=Role.OWNER)
    granted = people.identity.sign_in.sign_in(BOB, owner.tenant, attempted()).granted
    keys = people.identity.api_keys
    made = keys.make(owner.tenant, bob.account, "robot", Scope.DEPLOY, None, origin())
    people.identity.members.remove(owner.tenant, bob.account, origin())
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
    owner = people.register().profile
    keys = people.identity.api_keys
    reads = keys.make(owner.tenant, owner.account, "reads", Scope.READ, None, origin())
    deploys = keys.make(owner.tenant, owner.account, "deploys", Scope.DEPLOY, 30, origin())
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
    owner = people.register().profile
    bob = joined(people, owner, role=Role.OWNER)
    made = people.identity.api_keys.make(
        owner.tenant, bob.account, "robot", Scope.READ, None, origin()
    )
    _speaks(people, made.text)
    people.identity.members.grant(owner.tenant, bob.account, Role.AUDITOR, origin())
    with pytest.raises(UnknownAccount):
        _speaks(people, made.text)


def test_a_tenant_has_room_for_so_many(people: People) -> None:
    owner = people.register().profile
    for number in range(MOST - 1):
        invited(people, owner.tenant, f"n{number}@example.com")
    invited(people, owner.tenant, "n0@example.com")  # in place of the one before
    with pytest.raises(TooMany):
        invited(people, owner.tenant, "one-more@example.com")
    with pytest.raises(InvalidEmail):
        invited(people, owner.tenant, "no address")


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
    person = people.identity.directory.person(owner.account)
    [issued] = person.account.links.values()
    text = people.links.text("verify-email", owner.account, issued.link)
    people.identity.links.verify_email(text, origin())
    assert refusal(development=False) is SecondFactorMissing
    granted = people.sign_in(PASSWORD).granted
    people.set_second_factor(owner.account)
    who = people.identity.principals.of_session(granted.account, granted.tenant, granted.session)
    who.require_ready(development=False)
