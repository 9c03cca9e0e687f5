"""The promises of application.mails.port.Outbox, on both databases: found once, never lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from domain.events import LinkPurpose, MailSent
from domain.mails import MailKind, OwedMail, stream_of
from infrastructure.event_log import open_log
from infrastructure.views.mail_outbox import StoredOutbox, open_views_database
from infrastructure.views.store import Database, ViewStore
from projections.mail_outbox import MAIL_OUTBOX
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

    def sent(self, cause: UUID) -> None:
        self.world.add(stream_of(cause), MailSent(kind="verify-email", tries=1))

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
    assert (found[0].cause, str(found[0].account)) == (recorded.id, recorded.stream.id)


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
    office.outbox.put_back(mail.cause, NOON + timedelta(seconds=5))
    assert claimed(office, 4) is None
    again = office.outbox.claim(LEASE, NOON + timedelta(seconds=5))
    assert again is not None
    assert again.tries == 2


def test_what_was_sent_is_forgotten_and_what_is_new_is_found(office: Office) -> None:
    office.owe(2)
    first = claimed(office)
    assert first is not None
    office.sent(first.cause)
    office.project()
    second = claimed(office, 10 * LEASE)
    assert second is not None
    assert second.cause != first.cause
    assert office.queued() == 1
    office.sent(second.cause)
    office.owe(1)
    third = claimed(office, 20 * LEASE)
    assert third is not None
    assert third.cause not in {first.cause, second.cause}


def test_a_rebuild_of_outbox_and_queue_finds_what_is_owed_and_no_more(office: Office) -> None:
    office.owe(3)
    done = claimed(office)
    assert done is not None
    office.sent(done.cause)
    with office.database.transaction() as session:
        session.run("DELETE FROM mail_queue")
    office.views.rebuild(MAIL_OUTBOX)
    office.project()
    found = {mail.cause for _ in range(3) if (mail := claimed(office))}
    assert len(found) == 2
    assert done.cause not in found


def test_postmen_at_once_never_claim_the_same(office: Office) -> None:
    office.owe(20)
    with ThreadPoolExecutor(4) as pool:
        found = [mail for mail in pool.map(lambda _: claimed(office), range(60)) if mail]
    while mail := claimed(office):
        found.append(mail)
    assert len(found) == len({mail.cause for mail in found}) == 20


def test_an_operator_sees_what_waits_oldest_first(office: Office) -> None:
    office.owe(3)
    mail = claimed(office)
    assert mail is not None
    office.outbox.put_back(mail.cause, NOON + timedelta(hours=1))
    waiting = office.outbox.waiting(most=2)
    assert [one.tries for one in waiting] == [1, 0]
    assert [one.due for one in waiting] == [NOON + timedelta(hours=1), None]
    assert waiting[0].row.cause == mail.cause


def test_a_postman_that_finds_nothing_waits_for_no_writer(office: Office) -> None:
    with ThreadPoolExecutor(1) as other, office.database.transaction() as session:
        session.run("UPDATE mail_queue SET due = 0")
        assert other.submit(claimed, office).result(timeout=10) is None
