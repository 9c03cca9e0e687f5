"""The promises of application.mails.port.Outbox, on both databases: found once, never lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from domain.events import LinkPurpose, MailGivenUp, MailSent
from domain.mails import MailKind, OwedMail, stream_of
from domain.roles import Role
from infrastructure.event_log import open_log
from infrastructure.views.mail_outbox import StoredOutbox, open_views_database
from infrastructure.views.store import Database, ViewStore
from projections.mail_outbox import MAIL_OUTBOX
from tests.mail_tenant import MailTenant
from tests.mail_world import NOON, MailWorld

LEASE = 60.0


@dataclass
class Office:
    """A log, its outbox, and one postman's view of it."""

    world: MailWorld
    database: Database
    views: ViewStore
    outbox: StoredOutbox

    def owe(self, number: int) -> None:
        for _ in range(number):
            self.world.link(self.world.account(), LinkPurpose.VERIFY_EMAIL)
        self.project()

    def sent(self, mail: UUID) -> None:
        self.world.add(stream_of(mail), MailSent(kind="verify-email", tries=1))

    def project(self) -> None:
        while self.views.catch_up(MAIL_OUTBOX):
            pass

    def queued(self) -> int:
        with self.database.reading() as session:
            [(number,)] = session.run("SELECT count(*) FROM mail_queue")
        return int(number)


@pytest.fixture
def office(any_database_url: str) -> Iterator[Office]:
    with open_log(any_database_url) as log, open_views_database(any_database_url) as database:
        views = ViewStore(database, log)
        views.prepare([MAIL_OUTBOX])
        yield Office(MailWorld(log), database, views, StoredOutbox(database))


def claimed(office: Office, later: float = 0) -> OwedMail | None:
    found = office.outbox.claim(LEASE, NOON + timedelta(seconds=later))
    return found.mail if found else None


def test_what_is_owed_is_claimed_once_and_oldest_first(office: Office) -> None:
    assert claimed(office) is None
    office.owe(3)
    found = [claimed(office) for _ in range(4)]
    assert found[3] is None
    positions = [mail.position for mail in found if mail]
    assert positions == sorted(set(positions))
    assert len(positions) == 3
    assert found[0] is not None
    assert found[0].kind is MailKind.VERIFY_EMAIL
    [recorded] = office.world.log.read_all(positions[0] - 1, positions[0])
    assert (found[0].id, str(found[0].account)) == (recorded.id, recorded.stream.id)


def test_a_lease_that_ended_is_another_postmans_and_tries_are_counted(office: Office) -> None:
    office.owe(1)
    mail = claimed(office)
    assert mail is not None
    assert claimed(office, LEASE - 1) is None
    again = office.outbox.claim(LEASE, NOON + timedelta(seconds=LEASE))
    assert again is not None
    assert (again.mail, again.tries) == (mail, 2)


def test_what_was_put_back_is_due_when_it_was_said_and_goes_on_counting(office: Office) -> None:
    office.owe(1)
    mail = claimed(office)
    assert mail is not None
    office.outbox.put_back(mail.id, NOON + timedelta(seconds=5))
    assert claimed(office, 4) is None
    again = office.outbox.claim(LEASE, NOON + timedelta(seconds=5))
    assert again is not None
    assert again.tries == 2


def test_what_was_sent_is_forgotten_and_what_is_new_is_found(office: Office) -> None:
    office.owe(2)
    first = claimed(office)
    assert first is not None
    office.sent(first.id)
    office.project()
    second = claimed(office, 10 * LEASE)
    assert second is not None
    assert second.id != first.id
    assert office.queued() == 1
    office.sent(second.id)
    office.owe(1)
    third = claimed(office, 20 * LEASE)
    assert third is not None
    assert third.id not in {first.id, second.id}


def test_a_rebuild_of_outbox_and_queue_finds_what_is_owed_and_no_more(office: Office) -> None:
    office.owe(3)
    done = claimed(office)
    assert done is not None
    office.sent(done.id)
    with office.database.transaction() as session:
        session.run("DELETE FROM mail_queue")
    office.views.rebuild(MAIL_OUTBOX)
    office.project()
    found = {mail.id for _ in range(3) if (mail := claimed(office))}
    assert len(found) == 2
    assert done.id not in found


def test_postmen_at_once_never_claim_the_same(office: Office) -> None:
    office.owe(20)
    with ThreadPoolExecutor(4) as pool:
        found = [mail for mail in pool.map(lambda _: claimed(office), range(60)) if mail]
    while mail := claimed(office):
        found.append(mail)
    assert len(found) == len({mail.id for mail in found}) == 20


def test_an_operator_sees_what_waits_oldest_first(office: Office) -> None:
    office.owe(3)
    mail = claimed(office)
    assert mail is not None
    office.outbox.put_back(mail.id, NOON + timedelta(hours=1))
    waiting = office.outbox.waiting(most=2)
    assert [one.tries for one in waiting] == [1, 0]
    assert [one.due for one in waiting] == [NOON + timedelta(hours=1), None]
    assert waiting[0].row.id == mail.id


def test_a_postman_that_finds_nothing_waits_for_no_writer(office: Office) -> None:
    with ThreadPoolExecutor(1) as other, office.database.transaction() as session:
        session.run("UPDATE mail_queue SET due = 0")
        assert other.submit(claimed, office).result(timeout=10) is None


def test_an_operator_sees_what_was_given_up_and_why_by_the_latest_cause_first(
    office: Office,
) -> None:
    account = office.world.account()
    for _ in range(7):
        office.world.link(account, LinkPurpose.RESET_PASSWORD)
    office.project()
    over = [one.row for one in office.outbox.waiting(most=9) if one.row.over]
    assert len(over) == 2
    for row in over:
        ended = MailGivenUp(kind=row.kind.value, tries=1, reason="too-many")
        office.world.add(stream_of(row.id), ended)
    office.project()
    given_up = office.outbox.given_up(most=9)
    assert [(row.id, row.reason) for row in given_up] == [
        (row.id, "too-many") for row in reversed(over)
    ]
    assert office.outbox.given_up(most=1) == given_up[:1]


def test_a_fact_with_many_readers_is_claimed_for_each_of_them(office: Office) -> None:
    tenant = MailTenant(office.world)
    tenant.join(tenant.bob, Role.OWNER)
    office.project()
    found = [claimed(office), claimed(office)]
    assert claimed(office) is None
    assert {mail.account for mail in found if mail} == {tenant.alice, tenant.bob}
    assert found[0] is not None
    office.sent(found[0].id)
    office.views.rebuild(MAIL_OUTBOX)
    with office.database.transaction() as session:
        session.run("DELETE FROM mail_queue")
    office.project()
    assert [claimed(office), claimed(office)] == [found[1], None]
