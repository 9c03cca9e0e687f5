"""Finds the mails that are owed, and lets one postman at a time try each, on both databases.

Implements application.mails.port.Outbox. The queue beside the outbox holds no more than
leases and counts: it fills itself from the outbox, and forgets what is not owed any more.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from application.mails.port import ClaimedMail
from domain.mails import OwedMail
from domain.values import AccountId
from infrastructure.views.store import Database
from infrastructure.views.tables import Table
from projections.mail_outbox import MAIL_OUTBOX, MailRow

OUTBOX = Table(MAIL_OUTBOX, MAIL_OUTBOX.table)
NEW = "state = 'owed' AND key NOT IN (SELECT mail FROM mail_queue)"
SOMETHING = f"""
    SELECT 1 WHERE EXISTS (SELECT 1 FROM {OUTBOX.name} WHERE {NEW})
        OR EXISTS (SELECT 1 FROM mail_queue WHERE due <= %s AND leased_until <= %s)
"""
TAKE_IN = f"""
    INSERT INTO mail_queue (mail, due, leased_until, tries)
    SELECT key, 0, 0, 0 FROM {OUTBOX.name} WHERE {NEW} ORDER BY position LIMIT %s
    ON CONFLICT (mail) DO NOTHING
"""
FORGET = f"""
    DELETE FROM mail_queue
    WHERE mail NOT IN (SELECT key FROM {OUTBOX.name} WHERE state = 'owed')
"""
# The lease is asked for twice: PostgreSQL looks again at a row that another has just leased.
CLAIM = f"""
    UPDATE mail_queue SET due = %s, leased_until = %s, tries = tries + 1
    WHERE leased_until <= %s AND mail = (
        SELECT mail FROM mail_queue JOIN {OUTBOX.name} ON key = mail
        WHERE due <= %s AND leased_until <= %s ORDER BY due, position LIMIT 1
    ) RETURNING mail, tries
"""
FIND = f"SELECT row FROM {OUTBOX.name} WHERE key = %s"
PUT_BACK = "UPDATE mail_queue SET due = %s, leased_until = 0 WHERE mail = %s"
WAITING = f"""
    SELECT row, COALESCE(tries, 0), COALESCE(due, 0)
    FROM {OUTBOX.name} LEFT JOIN mail_queue ON mail = key
    WHERE state = 'owed' ORDER BY position LIMIT %s
"""
GIVEN_UP = f"""
    SELECT row FROM {OUTBOX.name} WHERE state = 'given-up' ORDER BY position DESC LIMIT %s
"""
MOST = 1_000
"""Mails that are taken in at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMail:
    row: MailRow
    tries: int
    due: datetime | None
    """When it is tried next; None: as soon as possible."""


class StoredOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, seconds: float, now: datetime) -> ClaimedMail | None:
        at = now.timestamp()
        with self._database.reading() as session:
            if not session.run(SOMETHING, (at, at)):
                return None  # nobody should write, and lock, for nothing
        with self._database.transaction() as session:
            session.run(FORGET)
            session.run(TAKE_IN, (MOST,))
            claimed = session.run(CLAIM, (at + seconds, at + seconds, at, at, at))
            if not claimed:
                return None
            [(mail, tries)] = claimed
            [(row,)] = session.run(FIND, (mail,))
        return ClaimedMail(mail=_owed(_mail(row)), tries=tries)

    def put_back(self, mail: UUID, due: datetime) -> None:
        with self._database.transaction() as session:
            session.run(PUT_BACK, (due.timestamp(), str(mail)))

    def waiting(self, most: int) -> list[WaitingMail]:
        """Return what is owed, oldest first, for an operator to see."""
        with self._database.reading() as session:
            found = session.run(WAITING, (most,))
        return [
            WaitingMail(
                row=_mail(row),
                tries=tries,
                due=datetime.fromtimestamp(due, UTC) if due else None,
            )
            for row, tries, due in found
        ]

    def given_up(self, most: int) -> list[MailRow]:
        """Return what was given up, by the latest cause first, for an operator to see."""
        with self._database.reading() as session:
            return [_mail(row) for (row,) in session.run(GIVEN_UP, (most,))]


def _mail(row: str) -> MailRow:
    mail = OUTBOX.decode(row).mail
    assert mail is not None, "no other row has the state of a mail"
    return mail


def _owed(row: MailRow) -> OwedMail:
    return OwedMail(
        id=row.id,
        cause=row.cause,
        kind=row.kind,
        position=row.position,
        account=None if row.account is None else AccountId(row.account),
        over=row.over,
    )


@contextmanager
def open_views_database(url: str) -> Generator[Database]:
    """Open the database of a log's read models."""
    if url.startswith("sqlite:"):
        from infrastructure.views.sqlite import open_sqlite_views  # loads one database's code

        with open_sqlite_views(url) as file:
            yield file
    else:
        from infrastructure.views.postgres import open_postgres_views

        with open_postgres_views(url) as server:
            yield server
