"""`proofmint mail`: one postman, any number of which share the mails by leases."""

import os

import click
import structlog

from domain.log import LogUnavailable
from domain.mails import OwedMail
from infrastructure.bootstrap_mail import open_outbox, open_postman
from infrastructure.log_lines import configure_logging
from infrastructure.settings import Settings, database_url
from interfaces.cli.stopping import Stopping
from projections.mail_outbox import MailRow

IDLE = 0.5
"""Seconds between two looks for mails."""
AFTER_TROUBLE = 1.0
MOST_SHOWN = 1_000
MOST_GIVEN_UP = 100


class LoggedJournal:
    """Implements application.mails.port.Journal."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("postman")

    def sent(self, mail: OwedMail, tries: int) -> None:
        self._log.info("mail sent", **_named(mail), tries=tries)

    def postponed(self, mail: OwedMail, tries: int, code: str, seconds: float) -> None:
        self._log.warning(
            "mail put off", **_named(mail), tries=tries, reason=code, seconds=round(seconds)
        )

    def given_up(self, mail: OwedMail, tries: int, reason: str) -> None:
        self._log.warning("mail given up", **_named(mail), tries=tries, reason=reason)

    def trouble(self, mail: OwedMail, error: Exception) -> None:
        self._log.error("mail troubled", **_named(mail), exc_info=error)


@click.command("mail")
@click.option("--owed", is_flag=True, help="Show what waits and what was given up; send nothing.")
def command(owed: bool) -> None:  # noqa: FBT001 - click's way
    """Send the mails that are owed until SIGTERM; the one under way is finished."""
    if owed:
        _show(database_url(os.environ))
        return
    settings = Settings.from_environment(os.environ)
    configure_logging(settings.log_level, "postman")
    stopping, lines = Stopping(), structlog.get_logger("postman")
    if settings.mail.smtp is None:
        lines.warning("mails wait", reason="PROOFMINT_SMTP_URL is not set")
        while not stopping:
            stopping.wait(AFTER_TROUBLE)
        return
    with open_postman(settings, LoggedJournal()) as postman:
        lines.info("sending", server=f"{settings.mail.smtp.host}:{settings.mail.smtp.port}")
        while not stopping:
            try:
                busy = postman.turn()
            except LogUnavailable as error:
                lines.warning("database unavailable", reason=str(error))
                stopping.wait(AFTER_TROUBLE)
                continue
            if not busy:
                stopping.wait(IDLE)


def _named(mail: OwedMail) -> dict[str, str]:
    return {"mail": str(mail.id), "kind": mail.kind.value}


def _show(url: str) -> None:
    with open_outbox(url) as outbox:
        for waiting in outbox.waiting(MOST_SHOWN):
            row, due = waiting.row, waiting.due
            when = due.isoformat(timespec="seconds") if due else "now"
            click.echo(f"{_line(row)} tries {waiting.tries} next {when}")
        for row in outbox.given_up(MOST_GIVEN_UP):
            click.echo(f"{_line(row)} tries {row.tries} given up: {row.reason}")


def _line(row: MailRow) -> str:
    return f"{row.id} {row.kind} since {row.since.isoformat(timespec='seconds')}"
