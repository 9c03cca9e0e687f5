"""The postman's composition root."""

from collections.abc import Generator
from contextlib import contextmanager

from application.mails.compose import Composer
from application.mails.port import Journal
from application.mails.postman import Postman
from infrastructure.custody import open_custody
from infrastructure.event_log import open_log
from infrastructure.links import MailLinks
from infrastructure.mail_settings import SMTP_URL
from infrastructure.migrate import require_schema
from infrastructure.settings import BadSetting, Settings
from infrastructure.smtp_mailer import SmtpMailer
from infrastructure.system_clock import SystemClock
from infrastructure.vault import KeyVault
from infrastructure.views.mail_outbox import StoredOutbox, open_views_database
from infrastructure.views.store import ViewStore
from projections.mail_outbox import MAIL_OUTBOX


@contextmanager
def open_postman(settings: Settings, journal: Journal) -> Generator[Postman]:
    """Open what one postman needs; close it on the way out.

    Raises:
        BadSetting: there is no server to hand mails to.
        WrongSchema: the database is not at this release's schema.
        NoRoot, NotOpened, KeysUnavailable: see infrastructure.custody.
    """
    if settings.mail.smtp is None:
        raise BadSetting(f"{SMTP_URL} is not set")
    require_schema(settings.database_url)
    with (
        open_log(settings.database_url) as log,
        open_views_database(settings.database_url) as database,
    ):
        ViewStore(database, log).prepare([MAIL_OUTBOX])
        custody = open_custody(settings.keys, log)
        vault = KeyVault(log, custody.root, custody.envelope)
        yield Postman(
            log=log,
            outbox=StoredOutbox(database),
            composer=Composer(log, vault, MailLinks(custody.root), settings.mail.public_url),
            mailer=SmtpMailer(settings.mail.smtp, settings.mail.sender),
            clock=SystemClock(),
            journal=journal,
        )


@contextmanager
def open_outbox(url: str) -> Generator[StoredOutbox]:
    """Open the outbox alone, for whoever wants to see what waits.

    Raises:
        WrongSchema: the database is not at this release's schema.
    """
    require_schema(url)
    with open_log(url) as log, open_views_database(url) as database:
        ViewStore(database, log).prepare([MAIL_OUTBOX])
        yield StoredOutbox(database)
