"""kill -9 of the postman at each durable step, and several at once: no mail is lost."""

import signal
from uuid import UUID

import pytest

from application.mails.postman import LEASE
from domain.events import LinkPurpose, MailSent
from domain.streams import StreamKind
from infrastructure.event_log import open_log
from tests.mail_victim import office, start
from tests.mail_world import MailWorld, rows
from tests.smtp_double import Receiver, serving

PATIENCE = 60.0
COPIES = {0: 1, 1: 2, 2: 2, 3: 1}
"""By the steps that the first postman took: asked to send, sent, about to append, appended."""


def owing(url: str, number: int = 1) -> dict[UUID, bytes]:
    """Record links to mail; return the keys of their persons."""
    with open_log(url) as log:
        world = MailWorld(log)
        for _ in range(number):
            world.link(world.account(), LinkPurpose.VERIFY_EMAIL)
        return world.keys.of


def told(url: str) -> list[object]:
    with open_log(url) as log:
        return [one.event for one in log.read_all() if one.stream.kind is StreamKind.MAIL]


@pytest.mark.parametrize("steps", COPIES)
def test_a_postman_killed_at_any_durable_step_loses_no_mail(
    any_database_url: str, steps: int
) -> None:
    keys, receiver = owing(any_database_url), Receiver()
    with serving(receiver) as port:
        victim = start(any_database_url, port, keys, steps)
        victim.join(PATIENCE)
        assert victim.exitcode == -signal.SIGKILL
        with office(any_database_url, port, keys) as postman:
            assert not postman.turn(), "its lease is still running, or all is told"
        with office(any_database_url, port, keys, later=LEASE) as postman:
            while postman.turn():
                pass
    ids = [mail["Message-ID"] for mail in receiver.mails]
    with open_log(any_database_url) as log:
        [row] = rows(log).values()
    assert ids == [f"<{row.cause}@mint.example.com>"] * COPIES[steps]
    [sent] = told(any_database_url)
    assert isinstance(sent, MailSent)


def test_several_postmen_send_each_mail_once(any_database_url: str) -> None:
    keys, receiver = owing(any_database_url, 24), Receiver()
    with serving(receiver) as port:
        postmen = [start(any_database_url, port, keys) for _ in range(3)]
        for one in postmen:
            one.join(PATIENCE)
        assert [one.exitcode for one in postmen] == [0, 0, 0]
        with office(any_database_url, port, keys, later=LEASE) as postman:
            while postman.turn():
                pass
    ids = [mail["Message-ID"] for mail in receiver.mails]
    assert len(ids) == len(set(ids)) == len(told(any_database_url)) == 24
