"""`proofmint mail` as a process: sends, shows, waits, goes on after trouble, names no address."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.events import AccountRegistered, LinkIssued, LinkPurpose, MailGivenUp, MailSent
from domain.log import Append, Draft, append_one
from domain.mails import stream_of
from domain.streams import NOTHING
from domain.values import AccountId, Actor, TenantId
from infrastructure.bootstrap import api_parts
from infrastructure.custody import open_custody
from infrastructure.event_log import open_log
from infrastructure.keys.provider import make_development_key
from infrastructure.links import MailLinks
from infrastructure.networks import write_catalogue
from infrastructure.settings import Settings
from infrastructure.vault import KeyVault
from infrastructure.views.mail_outbox import open_views_database
from infrastructure.views.store import ViewStore
from projections.mail_outbox import MAIL_OUTBOX
from tests.mail_world import account_stream
from tests.postgres_cluster import Cluster
from tests.smtp_double import Receiver, serving

ROOT = Path(__file__).parents[2]
EMAIL = "Alice.Canary@example.com"
PATIENCE = 30.0


@dataclass
class Place:
    """A database, its folder, and what its processes are told."""

    url: str
    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        make_development_key(self.folder / "master.key")

    @property
    def environment(self) -> dict[str, str]:
        given = {"PROOFMINT_DATA": str(self.folder), "PROOFMINT_DATABASE_URL": self.url}
        return os.environ | given | self.more

    def owe(self) -> UUID:
        """Record an account with a link to be mailed; return the mail's id."""
        account, link = AccountId(uuid4()), uuid4()
        stream, settings = account_stream(account), Settings.from_environment(self.environment)
        with open_log(self.url) as log, open_views_database(self.url) as database:
            custody = open_custody(settings.keys, log)
            vault, key = KeyVault(log, custody.root, custody.envelope), os.urandom(32)
            personal = vault.seal_personal(account, "registration", key, {"email": EMAIL})
            text = MailLinks(custody.root).text("verify-email", account, link)
            facts = [
                (AccountRegistered(tenant=TenantId(uuid4()), email_form=1), personal),
                (
                    LinkIssued(
                        link=link,
                        purpose=LinkPurpose.VERIFY_EMAIL,
                        digest=MailLinks.digest(text),
                        expires_at=datetime.now(UTC) + timedelta(days=1),
                    ),
                    None,
                ),
            ]
            drafts = tuple(
                Draft(
                    id=uuid4(),
                    stream=stream,
                    event=event,
                    actor=Actor("tester"),
                    command=uuid4(),
                    correlation="c-1",
                    personal=sealed,
                )
                for event, sealed in facts
            )
            secrets = (vault.seal(account, "person-key", key),)
            append_one(log, Append(drafts=drafts, expected={stream: NOTHING}, secrets=secrets))
            views = ViewStore(database, log)
            views.prepare([MAIL_OUTBOX])
            while views.catch_up(MAIL_OUTBOX):
                pass
        return drafts[1].id

    def give_up(self, mail: UUID, reason: str) -> None:
        draft = Draft(
            id=uuid4(),
            stream=stream_of(mail),
            event=MailGivenUp(kind="verify-email", tries=1, reason=reason),
            actor=Actor("postman"),
            command=uuid4(),
            correlation="c-1",
        )
        with open_log(self.url) as log:
            append_one(log, Append(drafts=(draft,), expected={draft.stream: NOTHING}))

    def is_told(self, mail: UUID) -> bool:
        with open_log(self.url) as log:
            last = log.read_last(stream_of(mail))
        return last is not None and isinstance(last.event, MailSent)

    def owed(self) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "interfaces.cli.main", "mail", "--owed"],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    @property
    def lines(self) -> list[dict[str, object]]:
        text = (self.folder / "lines").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @contextmanager
    def postman(self) -> Iterator[None]:
        """Run the process; it has to end well when it is told to."""
        with (self.folder / "lines").open("wb") as lines:
            process = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli.main", "mail"],
                env=self.environment,
                cwd=ROOT,
                stderr=lines,
                start_new_session=True,
            )
            try:
                yield
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE) == 0
            finally:
                process.kill()
                process.wait()

    def says(self, word: str) -> Callable[[], bool]:
        return lambda: any(line["event"] == word for line in self.lines)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def told(receiver: Receiver) -> Iterator[dict[str, str]]:
    with serving(receiver) as port:
        yield {
            "PROOFMINT_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "PROOFMINT_MAIL_FROM": "tokens@example.com",
        }


def test_what_is_owed_goes_out_and_no_line_names_an_address(
    any_database_url: str, tmp_path: Path, receiver: Receiver, told: dict[str, str]
) -> None:
    place = Place(any_database_url, tmp_path, told)
    mail = place.owe()
    assert place.owed().startswith(f"{mail} verify-email since ")
    with place.postman():
        until(lambda: place.is_told(mail))
        until(place.says("mail sent"))
    assert [one["To"] for one in receiver.mails] == [EMAIL]
    [sent] = [line for line in place.lines if line["event"] == "mail sent"]
    assert (sent["mail"], sent["kind"], sent["process"]) == (str(mail), "verify-email", "postman")
    text = (tmp_path / "lines").read_text("utf-8") + place.owed()
    assert "canary" not in text.lower()


def test_what_was_given_up_is_shown_with_its_reason_after_what_waits(
    sqlite_url: str, tmp_path: Path
) -> None:
    place = Place(sqlite_url, tmp_path)
    given_up = place.owe()
    place.give_up(given_up, "too-many")
    waits = place.owe()
    first, second = place.owed().splitlines()
    assert first.startswith(f"{waits} verify-email since ")
    assert first.endswith(" tries 0 next now")
    assert second.startswith(f"{given_up} verify-email since ")
    assert second.endswith(" tries 1 given up: too-many")


def test_without_a_server_mails_wait_and_the_process_ends_well(
    sqlite_url: str, tmp_path: Path
) -> None:
    place = Place(sqlite_url, tmp_path)
    mail = place.owe()
    with place.postman():
        until(place.says("mails wait"))
    assert str(mail) in place.owed()
    assert not place.is_told(mail)


@pytest.mark.parametrize(
    ("mode", "has_server", "answer"),
    [
        ("production", False, "warn"),
        ("production", True, "pass"),
        ("development", False, "pass"),
    ],
)
def test_production_without_a_server_is_said_by_readiness(
    sqlite_url: str, tmp_path: Path, mode: str, has_server: bool, answer: str
) -> None:
    server = {"PROOFMINT_SMTP_URL": "smtp://localhost", "PROOFMINT_MAIL_FROM": "a@example.com"}
    given = {"PROOFMINT_MODE": mode, "PROOFMINT_MASTER_KEY": "5e" * 32}
    place = Place(sqlite_url, tmp_path, given | (server if has_server else {}))
    write_catalogue(tmp_path / "networks.toml")
    with api_parts(Settings.from_environment(place.environment)) as parts:
        assert parts.checks["mail"]() == answer


def test_a_database_that_was_away_is_waited_for(
    postgres: Cluster, postgres_url: str, tmp_path: Path, receiver: Receiver, told: dict[str, str]
) -> None:
    place, name = Place(postgres_url, tmp_path, told), postgres_url.rpartition("/")[2]
    first = place.owe()
    with place.postman(), psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        until(lambda: place.is_told(first))
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        until(place.says("database unavailable"))
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        second = place.owe()
        until(lambda: place.is_told(second))
    assert len(receiver.mails) == 2
