"""A postman that can be killed at a chosen step: run in a process of its own, ended by SIGKILL."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.process import BaseProcess
from uuid import UUID

from application.mails.compose import Composer
from application.mails.port import Mail, Mailer
from application.mails.postman import Postman
from domain.log import EventLog
from infrastructure.event_log import open_log
from infrastructure.links import MailLinks
from infrastructure.smtp_mailer import SmtpMailer
from infrastructure.views.mail_outbox import StoredOutbox, open_views_database
from infrastructure.views.store import ViewStore
from projections.mail_outbox import MAIL_OUTBOX
from tests.fuse import Fuse, FusedLog
from tests.mail_world import PUBLIC_URL, Hands, Keys, Lines, OneKey
from tests.smtp_double import server_at

SERVER = multiprocessing.get_context("forkserver")
FROM = "tokens@mint.example.com"


class FusedMailer:
    """A mailer that burns the fuse before and after each mail."""

    def __init__(self, mailer: Mailer, fuse: Fuse) -> None:
        self._mailer = mailer
        self._fuse = fuse

    def send(self, mail: Mail) -> None:
        self._fuse.burn()
        self._mailer.send(mail)
        self._fuse.burn()


@contextmanager
def office(
    url: str, port: int, keys: dict[UUID, bytes], steps: int = 10**9, later: float = 0
) -> Iterator[Postman]:
    """Open a postman on a database and a server, whose outbox is up to date.

    Args:
        url: of the database.
        port: of the mail server.
        keys: of persons.
        steps: how many durable steps may be taken.
        later: seconds by which its clock is ahead.
    """
    fuse, clock = Fuse(steps), Hands()
    clock.at += timedelta(seconds=later)
    with open_log(url) as stored, open_views_database(url) as database:
        views = ViewStore(database, stored)
        views.prepare([MAIL_OUTBOX])
        while views.catch_up(MAIL_OUTBOX):
            pass
        log: EventLog = FusedLog(stored, fuse)  # type: ignore[assignment]
        yield Postman(
            log=log,
            outbox=StoredOutbox(database),
            composer=Composer(log, Keys(keys), MailLinks(OneKey()), PUBLIC_URL),
            mailer=FusedMailer(SmtpMailer(server_at(port), FROM), fuse),
            clock=clock,
            journal=Lines(),
        )


def work(url: str, port: int, keys: dict[UUID, bytes], steps: int) -> None:
    with office(url, port, keys, steps) as postman:
        while postman.turn():
            pass


def start(url: str, port: int, keys: dict[UUID, bytes], steps: int = 10**9) -> BaseProcess:
    process = SERVER.Process(target=work, args=(url, port, keys, steps))
    process.start()
    return process
