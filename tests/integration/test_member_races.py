"""Members of one tenant who act at once: an owner is left, and who was removed does nothing."""

from collections.abc import Iterator
from functools import partial

import pytest

from application.accounts.refusals import Forbidden
from application.accounts.registration import Registered
from domain.events import KeyForm
from domain.roles import Role, Scope
from domain.tenant import InvitationInvalid, LastOwner, Tenant
from domain.values import AccountId, Family, NetworkRef, TenantId
from tests.identity_world import (
    EMAIL,
    PASSWORD,
    VISITOR,
    MovableClock,
    People,
    PlainPasswords,
    attempted,
    origin,
)
from tests.racing import at_once, kinds, processes

ROUNDS = 4
"""Races of two are run so often: which one wins is chance."""
NETWORK = NetworkRef(id="algorand", family=Family.ALGORAND, genesis_hash=bytes(32))
BOB = "bob@example.com"
PEOPLE = (f"person-{number}@example.com" for number in range(10_000))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def two(any_database_url: str, clock: MovableClock) -> Iterator[list[People]]:
    with processes(any_database_url, clock) as opened:
        yield opened


def wallet(people: People, number: int) -> AccountId:
    wallets = people.identity.wallets
    nonce = wallets.challenge().nonce
    signed = bytes([number]) * 32
    return wallets.sign_in(NETWORK, nonce, signed, None, VISITOR, origin()).account


def founder(people: People, email: str = EMAIL) -> Registered:
    """Return somebody who may invite: their address is verified."""
    registered = people.register(email)
    people.verify(registered.profile.account)
    return registered


def invited(people: People, owner: Registered, email: str, role: Role) -> str:
    tenant, by = owner.profile.tenant, people.confirmed(owner.profile.account)
    made = people.identity.members.invite(tenant, email, role, by)
    return people.links.text("invitation", tenant, made.invitation)


def test_one_invitation_taken_by_two_accounts_at_once_lets_in_one(two: list[People]) -> None:
    owner = founder(two[0])
    tenant = owner.profile.tenant
    bob = two[0].register(BOB).profile.account
    others = [wallet(two[1], number) for number in range(1, 4)]
    text = invited(two[0], owner, BOB, Role.OPERATOR)
    accepts = [
        partial(two[n % 2].identity.members.accept, text, account, origin())
        for n, account in enumerate([bob, *others])
    ]
    answers = at_once(accepts)
    assert kinds(answers) == {"UUID": 1, "InvitationInvalid": 3}
    members = two[0].identity.directory.organisation(tenant).tenant.members
    assert len(members) == 2
    for account, answer in zip([bob, *others], answers, strict=True):
        joined = not isinstance(answer, InvitationInvalid)
        person = two[0].identity.directory.person(account).account
        assert (account in members) is joined is (tenant in person.tenants)


def test_one_account_that_accepts_many_times_at_once_joins_once(two: list[People]) -> None:
    owner = founder(two[0])
    tenant = owner.profile.tenant
    bob = two[0].register(BOB).profile.account
    text = invited(two[0], owner, BOB, Role.OPERATOR)
    accepts = [partial(two[n % 2].identity.members.accept, text, bob, origin()) for n in range(8)]
    assert kinds(at_once(accepts))["UUID"] == 1
    assert two[0].identity.directory.person(bob).account.tenants.count(tenant) == 1


def two_owners(people: People) -> tuple[TenantId, Registered, Registered]:
    first, second = founder(people, next(PEOPLE)), people.register(email := next(PEOPLE))
    tenant = first.profile.tenant
    text = invited(people, first, email, Role.OWNER)
    people.identity.members.accept(text, second.profile.account, origin())
    return tenant, first, second


def tenant_of(people: People, tenant: TenantId) -> Tenant:
    return people.identity.directory.organisation(tenant).tenant


def test_two_owners_who_remove_each_other_at_once_leave_one(two: list[People]) -> None:
    for _ in range(ROUNDS):
        tenant, ada, bob = two_owners(two[0])
        one, other = ada.profile.account, bob.profile.account
        removals = [
            partial(two[0].identity.members.remove, tenant, other, two[0].confirmed(one)),
            partial(two[1].identity.members.remove, tenant, one, two[1].confirmed(other)),
        ]
        answers = at_once(removals)
        assert kinds(answers) == {"NoneType": 1, "Forbidden": 1}
        assert list(tenant_of(two[0], tenant).members.values()) == [Role.OWNER]


def test_two_owners_who_leave_at_once_do_not_leave_a_member_without_one(
    two: list[People],
) -> None:
    for _ in range(ROUNDS):
        tenant, ada, bob = two_owners(two[0])
        third = two[0].register(email := next(PEOPLE)).profile.account
        text = invited(two[0], ada, email, Role.OPERATOR)
        two[0].identity.members.accept(text, third, origin())
        accounts = [ada.profile.account, bob.profile.account]
        removals = [
            partial(people.identity.members.leave, tenant, people.confirmed(account))
            for people, account in zip(two, accounts, strict=True)
        ]
        assert kinds(at_once(removals)) == {"NoneType": 1, "LastOwner": 1}
        assert Role.OWNER in tenant_of(two[0], tenant).members.values()


def test_two_owners_who_step_down_at_once_leave_one(two: list[People]) -> None:
    for _ in range(ROUNDS):
        tenant, ada, bob = two_owners(two[0])
        accounts = [ada.profile.account, bob.profile.account]
        grants = [
            partial(
                people.identity.members.grant,
                tenant,
                account,
                Role.AUDITOR,
                people.confirmed(account),
            )
            for people, account in zip(two, accounts, strict=True)
        ]
        assert kinds(at_once(grants)) == {"NoneType": 1, "LastOwner": 1}


def test_two_owners_who_erase_themselves_at_once_leave_the_operator_an_owner(
    two: list[People],
) -> None:
    tenant, ada, bob = two_owners(two[0])
    third = two[0].register(email := next(PEOPLE)).profile.account
    text = invited(two[0], ada, email, Role.OPERATOR)
    two[0].identity.members.accept(text, third, origin())
    erasures = [
        partial(people.identity.erasure.erase, one.profile.account, attempted())
        for people, one in zip(two, [ada, bob], strict=True)
    ]
    answers = at_once(erasures)
    assert kinds(answers) == {"NoneType": 1, "LastOwner": 1}
    kept = [ada, bob][1 - answers.index(None)].profile.account
    assert tenant_of(two[0], tenant).members == {kept: Role.OWNER, third: Role.OPERATOR}
    assert two[0].vault.unsealed(kept, "person-key") is not None


def test_a_member_who_is_removed_while_they_make_a_key_has_no_key(two: list[People]) -> None:
    for _ in range(ROUNDS):
        tenant, ada, bob = two_owners(two[0])
        maker = bob.profile.account
        made = partial(
            two[1].identity.api_keys.make,
            tenant,
            "machine",
            Scope.DEPLOY,
            None,
            two[1].confirmed(maker),
        )
        removed = partial(
            two[0].identity.members.remove,
            tenant,
            maker,
            two[0].confirmed(ada.profile.account),
        )
        at_once([removed, made])
        assert not tenant_of(two[0], tenant).keys


def test_a_member_who_is_removed_while_they_prove_themselves_takes_no_key_along(
    two: list[People],
) -> None:
    tenant, ada, bob = two_owners(two[0])
    owner, signer = ada.profile.account, ada.profile.signers[0].id
    leaver = bob.profile.account
    key, [spare, *_] = two[0].set_second_factor(leaver)
    two[0].clock.move(seconds=60)
    pending = [
        partial(two[1].identity.erasure.erase, owner, attempted()),
        partial(two[1].identity.members.remove, tenant, leaver, two[1].confirmed(owner)),
    ]

    class Overtaken(PlainPasswords):
        def verify(self, password: str, verifier: str | None) -> bool:
            while pending:
                pending.pop()()
            return super().verify(password, verifier)

    late = People(two[0].log, two[0].clock, Overtaken())
    attempt = attempted(PASSWORD, late.code(key))
    with pytest.raises(Forbidden):
        late.identity.signers.export(tenant, leaver, signer, KeyForm.ALGORAND, attempt)
    with pytest.raises(Forbidden):
        late.identity.signers.add(tenant, leaver, attempted(PASSWORD, spare))
    assert "tenant.signer-exported" not in two[0].names("tenant")


def test_the_last_owner_of_others_is_not_removed(two: list[People]) -> None:
    tenant, ada, bob = two_owners(two[0])
    owner = ada.profile.account
    by = two[0].confirmed(owner)
    two[0].identity.members.grant(tenant, bob.profile.account, Role.OPERATOR, by)
    with pytest.raises(LastOwner):
        two[1].identity.members.remove(tenant, owner, by)
