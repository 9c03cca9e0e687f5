"""What an owner's session does is mailed to every owner, and to whom it concerns, once each."""

from collections import Counter
from uuid import uuid4

import pytest

from application.mails.port import Mail, MailRefused
from domain.events import Event, MailGivenUp, MailSent, MemberRemoved, RoleGranted
from domain.mails import MailKind, copy_id, stream_of
from domain.roles import Role
from domain.tenant import MOST
from domain.values import AccountId, SignerId
from projections.mail_outbox import MailRow
from tests.mail_tenant import MailTenant, added, exported, governed, key_made
from tests.mail_world import MailWorld, rows


@pytest.fixture
def tenant() -> MailTenant:
    """A tenant of Alice and Bob, both owners, and Carol, an auditor."""
    found = MailTenant()
    found.join(found.bob, Role.OWNER)
    found.join(found.carol, Role.AUDITOR)
    return found


def read_by(tenant: MailTenant, event: Event, by: AccountId | None = None) -> list[MailRow]:
    """Record a fact and return the mails that it leads to."""
    cause = tenant.add(event, by).id
    found = [row for row in rows(tenant.world.log).values() if row.cause == cause]
    assert len({row.account for row in found}) == len(found), "nobody reads it twice"
    return found


def told(found: list[MailRow]) -> tuple[set[MailKind], set[object]]:
    return {row.kind for row in found}, {row.account for row in found}


def test_founding_a_tenant_with_its_first_signer_is_no_news() -> None:
    assert rows(MailTenant().world.log) == {}


def test_who_joins_as_owner_is_told_to_all_owners_and_any_other_to_nobody() -> None:
    tenant = MailTenant()
    cause = tenant.join(tenant.bob, Role.OWNER).id
    tenant.join(tenant.carol, Role.OPERATOR)
    found = list(rows(tenant.world.log).values())
    assert told(found) == ({MailKind.OWNER_JOINED}, {tenant.alice, tenant.bob})
    assert {row.cause for row in found} == {cause}


def test_a_role_that_makes_or_unmakes_an_owner_is_told_to_owners_and_that_member(
    tenant: MailTenant,
) -> None:
    everybody = {tenant.alice, tenant.bob, tenant.carol}
    promoted = read_by(tenant, RoleGranted(account=tenant.carol, role=Role.OWNER))
    assert told(promoted) == ({MailKind.ROLE_GRANTED}, everybody)
    assert read_by(tenant, RoleGranted(account=tenant.carol, role=Role.OWNER)) == []
    demoted = read_by(tenant, RoleGranted(account=tenant.carol, role=Role.OPERATOR))
    assert told(demoted) == ({MailKind.ROLE_GRANTED}, everybody)
    assert read_by(tenant, RoleGranted(account=tenant.carol, role=Role.AUDITOR)) == []


def test_a_member_that_is_removed_hears_of_it_once_and_of_nothing_later(
    tenant: MailTenant,
) -> None:
    removed = read_by(tenant, MemberRemoved(account=tenant.bob))
    assert told(removed) == ({MailKind.MEMBER_REMOVED}, {tenant.alice, tenant.bob})
    left = read_by(tenant, MemberRemoved(account=tenant.carol), by=tenant.carol)
    assert told(left) == ({MailKind.MEMBER_REMOVED}, {tenant.alice, tenant.carol})
    assert told(read_by(tenant, key_made(tenant.alice)))[1] == {tenant.alice}


def test_keys_and_signers_are_told_to_owners_and_to_who_made_the_signer(
    tenant: MailTenant,
) -> None:
    owners, signer = {tenant.alice, tenant.bob}, SignerId(uuid4())
    assert told(read_by(tenant, key_made(tenant.alice))) == ({MailKind.API_KEY_MADE}, owners)
    new = read_by(tenant, added(signer, tenant.bob), by=tenant.bob)
    assert told(new) == ({MailKind.SIGNER_ADDED}, owners)
    tenant.add(RoleGranted(account=tenant.bob, role=Role.AUDITOR))
    shown = read_by(tenant, exported(signer))
    assert told(shown) == ({MailKind.SIGNER_EXPORTED}, owners), "Bob made it"
    nobodys = SignerId(uuid4())
    assert told(read_by(tenant, added(nobodys, None)))[1] == {tenant.alice}
    assert told(read_by(tenant, exported(nobodys)))[1] == {tenant.alice}


def test_a_copy_has_an_id_of_its_own_and_what_was_sent_under_the_cause_stays_sent(
    tenant: MailTenant,
) -> None:
    found = {row.account: row for row in read_by(tenant, exported(tenant.signer))}
    mine, copy = found[tenant.alice], found[tenant.bob]
    assert (mine.id, copy.id) == (mine.cause, copy_id(copy.cause, tenant.bob))
    tenant.world.add(stream_of(mine.cause), MailSent(kind="signer-exported", tries=1))
    states = {
        row.account: row.state for row in rows(tenant.world.log).values() if row.cause == mine.cause
    }
    assert states == {tenant.alice: "sent", tenant.bob: "owed"}


def test_of_ever_so_many_owners_no_more_are_told_than_a_tenant_may_have() -> None:
    tenant = MailTenant()
    for _ in range(MOST + 5):
        tenant.join(AccountId(uuid4()), Role.OWNER)
    assert len(read_by(tenant, MemberRemoved(account=tenant.carol))) == MOST + 1


def posted(world: MailWorld) -> list[Mail]:
    postman = world.postman()
    while postman.turn():
        pass
    return world.mailer.taken


def test_each_reader_gets_one_mail_and_a_rebuild_sends_nothing_again() -> None:
    world = governed()
    mails = posted(world)
    assert len(mails) == len({mail.message_id for mail in mails}) == len(rows(world.log))
    assert Counter(mail.kind for mail in mails) == {
        MailKind.OWNER_JOINED: 2,
        MailKind.ROLE_GRANTED: 3,
        MailKind.API_KEY_MADE: 3,
        MailKind.SIGNER_ADDED: 3,
        MailKind.SIGNER_EXPORTED: 3,
        MailKind.MEMBER_REMOVED: 3,
    }
    assert len(world.told()) == len(mails)
    other = MailWorld(world.log)
    other.keys.of = world.keys.of
    assert posted(other) == []


def test_a_reader_that_no_server_takes_keeps_nobody_else_from_it(tenant: MailTenant) -> None:
    posted(tenant.world)
    cause = tenant.add(key_made(tenant.alice)).id
    tenant.world.mailer.troubles = [MailRefused("smtp-550")]
    posted(tenant.world)
    ends = [tenant.world.log.read(stream_of(one)) for one in (cause, copy_id(cause, tenant.bob))]
    assert {type(one.event) for end in ends for one in end.events} == {MailSent, MailGivenUp}


def test_a_mail_says_what_when_by_whom_and_what_to_do_and_names_no_address() -> None:
    world = governed()
    for mail in posted(world):
        assert "2026-01-01 12:00 UTC" in mail.text
        assert "It was done by the account" in mail.text
        assert "If you did not:" in mail.text
        assert "change their password" in mail.text
        assert "@" not in mail.subject + mail.text
        assert "token=" not in mail.text


def test_a_mail_tells_its_reader_which_account_is_theirs(tenant: MailTenant) -> None:
    posted(tenant.world)
    tenant.world.mailer.taken.clear()
    tenant.add(RoleGranted(account=tenant.bob, role=Role.AUDITOR))
    texts = {mail.to: mail.text for mail in posted(tenant.world)}
    assert f"the account {tenant.bob} (yours) is no owner any more" in texts["bob@example.com"]
    assert f"done by the account {tenant.alice}." in texts["bob@example.com"]
    assert f"done by the account {tenant.alice} (yours)." in texts["alice@example.com"]
    assert "has the role auditor" in texts["alice@example.com"]


def test_what_no_account_did_is_an_operators(tenant: MailTenant) -> None:
    posted(tenant.world)
    tenant.world.mailer.taken.clear()
    tenant.world.add(tenant.stream, MemberRemoved(account=tenant.carol), actor="operator:root")
    mails = posted(tenant.world)
    assert len(mails) == 3
    assert all("It was done by an operator of the service." in mail.text for mail in mails)
    assert all("root" not in mail.text for mail in mails)
