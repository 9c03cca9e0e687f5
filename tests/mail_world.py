"""A log with people in it, and doubles of what a postman needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from application.mails.compose import Composer
from application.mails.port import ClaimedMail, Mail
from application.mails.postman import Postman
from domain.deployment import stream_of as deployment_stream
from domain.events import AccountRegistered, DeploymentRequested, Event, LinkIssued, LinkPurpose
from domain.log import (
    Append,
    Draft,
    EventLog,
    KeysUnavailable,
    RecordedEvent,
    SealedPersonal,
    append_one,
)
from domain.mails import OwedMail
from domain.streams import StreamId, StreamKind
from domain.values import AccountId, Actor, DeploymentId, TenantId
from infrastructure.keys.persons import open_personal, seal_personal
from infrastructure.links import MailLinks
from projections.mail_outbox import MAIL_OUTBOX, MailRow, MailState
from projections.projection import fold_batch
from tests.memory_log import MemoryLog

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EMAIL = "Alice@Example.com"
PUBLIC_URL = "https://mint.example.com"


class OneKey:
    """Keys of which each purpose has its own."""

    def derive(self, purpose: str) -> bytes:
        return purpose.encode().ljust(32, b".")


@dataclass
class Keys:
    """A vault that holds persons' keys alone, and can lose them."""

    of: dict[UUID, bytes] = field(default_factory=dict)
    away: bool = False
    """Whether nobody can be asked for a key."""

    def unsealed(self, owner: UUID, purpose: str) -> bytes | None:
        if self.away:
            raise KeysUnavailable
        return self.of.get(owner) if purpose == "person-key" else None

    def open_personal(self, sealed: SealedPersonal, purpose: str, key: bytes) -> Mapping[str, str]:
        return open_personal(sealed, purpose, key)

    def sealed(self, person: UUID, purpose: str, email: str) -> SealedPersonal:
        key = self.of.setdefault(person, person.bytes * 2)
        return seal_personal(person, purpose, key, {"email": email})


@dataclass
class Hands:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Pillar:
    """A mailer that keeps what it takes, and does first what a test told it to."""

    taken: list[Mail] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    after_taking: bool = False
    """Whether the trouble comes once the mail was taken."""

    def send(self, mail: Mail) -> None:
        if self.troubles and not self.after_taking:
            raise self.troubles.pop(0)
        self.taken.append(mail)
        if self.troubles:
            raise self.troubles.pop(0)


@dataclass
class Lines:
    said: list[tuple[str, str]] = field(default_factory=list)

    def sent(self, mail: OwedMail, tries: int) -> None:
        self.said.append(("sent", str(tries)))

    def postponed(self, mail: OwedMail, tries: int, code: str, seconds: float) -> None:
        self.said.append(("postponed", code))

    def given_up(self, mail: OwedMail, tries: int, reason: str) -> None:
        self.said.append(("given up", reason))

    def trouble(self, mail: OwedMail, error: Exception) -> None:
        self.said.append(("trouble", type(error).__name__))


@dataclass
class FoldedOutbox:
    """Implements application.mails.port.Outbox: folds the whole log at each look."""

    log: EventLog
    late: bool = False
    """A projector that stands still: mails that are done stay owed here."""
    _seen: dict[str, MailRow] = field(default_factory=dict)
    _waits: dict[UUID, tuple[datetime, int]] = field(default_factory=dict)

    def claim(self, seconds: float, now: datetime) -> ClaimedMail | None:
        if not self.late:
            self._seen = rows(self.log)
        for row in self._seen.values():
            due, tries = self._waits.get(row.id, (now, 0))
            if row.state is MailState.OWED and due <= now:
                self._waits[row.id] = (now + timedelta(seconds=seconds), tries + 1)
                return ClaimedMail(mail=owed(row), tries=tries + 1)
        return None

    def put_back(self, mail: UUID, due: datetime) -> None:
        self._waits[mail] = (due, self._waits[mail][1])


def rows(log: EventLog) -> dict[str, MailRow]:
    relevant = [one for one in log.read_all() if type(one.event) in MAIL_OUTBOX.reads]
    folded = fold_batch(MAIL_OUTBOX, relevant, {})
    return {key: row.mail for key, row in folded.items() if row.mail}


def owed(row: MailRow) -> OwedMail:
    account = AccountId(row.account) if row.account else None
    return OwedMail(
        id=row.id,
        cause=row.cause,
        kind=row.kind,
        position=row.position,
        account=account,
        over=row.over,
    )


class MailWorld:
    def __init__(self, log: EventLog | None = None, public_url: str = PUBLIC_URL) -> None:
        self.clock, self.keys, self.links = Hands(), Keys(), MailLinks(OneKey())
        self.log = log or MemoryLog(self.clock.now)
        self.mailer, self.lines = Pillar(), Lines()
        self.outbox = FoldedOutbox(self.log)
        self.composer = Composer(self.log, self.keys, self.links, public_url)

    def postman(self) -> Postman:
        return Postman(self.log, self.outbox, self.composer, self.mailer, self.clock, self.lines)

    def compose(self, row: MailRow) -> Mail:
        mail = owed(row)
        return self.composer.compose(mail, self.composer.cause_of(mail), self.clock.now())

    def add(
        self,
        stream: StreamId,
        *events: Event,
        actor: str = "tester",
        personal: SealedPersonal | None = None,
    ) -> RecordedEvent:
        """Record events, and return the last one."""
        drafts = tuple(
            Draft(
                id=uuid4(),
                stream=stream,
                event=event,
                actor=Actor(actor),
                command=uuid4(),
                correlation="c-1",
                personal=personal,
            )
            for event in events
        )
        version = self.log.read(stream).version
        return append_one(self.log, Append(drafts=drafts, expected={stream: version}))[-1]

    def account(self, email: str = EMAIL) -> AccountId:
        account = AccountId(uuid4())
        registered = AccountRegistered(tenant=TenantId(uuid4()), email_form=1)
        personal = self.keys.sealed(account, "registration", email)
        self.add(account_stream(account), registered, personal=personal)
        return account

    def link(self, account: AccountId, purpose: LinkPurpose, hours: float = 24) -> LinkIssued:
        link = uuid4()
        issued = LinkIssued(
            link=link,
            purpose=purpose,
            digest=MailLinks.digest(self.links.text(purpose.value, account, link)),
            expires_at=self.clock.now() + timedelta(hours=hours),
        )
        self.add(account_stream(account), issued)
        return issued

    def deployment(self, request: DeploymentRequested, outcome: Event) -> DeploymentId:
        deployment = DeploymentId(uuid4())
        self.add(deployment_stream(deployment), request, outcome)
        return deployment

    def told(self) -> list[Event]:
        """Return what the log says of mails."""
        return [one.event for one in self.log.read_all() if one.stream.kind is StreamKind.MAIL]


def account_stream(account: UUID) -> StreamId:
    return StreamId(StreamKind.ACCOUNT, str(account))
