"""Makes a mail of what is owed: reads the fact, opens the address, and computes the link.

Everything is read when the mail is about to go: an address whose key was destroyed, or a
link that came to nothing in the meantime, ends here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from application.accounts.ports import CLIENT, INVITATION, PERSON_KEY, REGISTRATION
from application.mails.port import Links, Mail, Vault
from application.mails.tenant_words import TenantFact, tenant_words
from application.mails.words import Words, account_words, link_words, outcome_words
from domain.events import (
    DeploymentCompleted,
    DeploymentFailed,
    DeploymentRequested,
    EmailVerified,
    LinkIssued,
    MemberInvited,
    PasswordReset,
)
from domain.log import EventLog, RecordedEvent, SealedPersonal
from domain.mails import MOST_INVITATIONS, OwedMail, let_through
from domain.streams import StreamId, StreamKind
from domain.values import AccountId

NOTICE_GOOD_FOR = timedelta(days=7)
"""A notice that is older says nothing new, as when a service gets its first mail server."""

NO_ADDRESS = "there is no address"
EXPIRED = "expired"
SUPERSEDED = "superseded"
TOO_LATE = "too late"
TOO_MANY = "too-many"


class NothingToSend(Exception):
    """No mail will ever come of it. Holds why, without an address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AnotherEvent(Exception):
    """The log has another event there: the outbox was read from another log, or from none."""


class Composer:
    def __init__(self, log: EventLog, vault: Vault, links: Links, public_url: str) -> None:
        """Keep what mails are made of.

        Args:
            log: the facts.
            vault: opens addresses.
            links: computes what links hold.
            public_url: of the front end, without a slash at its end; empty where there is none.
        """
        self._log = log
        self._vault = vault
        self._links = links
        self._public_url = public_url

    def compose(self, owed: OwedMail, recorded: RecordedEvent, now: datetime) -> Mail:
        """Write a mail.

        Raises:
            NothingToSend: there is no address any more, or it would say nothing that holds.
            LogUnavailable: the database broke off.
        """
        if owed.over:
            raise NothingToSend(TOO_MANY)
        match recorded.event:
            case LinkIssued() | MemberInvited() as event:
                if event.expires_at <= now:
                    raise NothingToSend(EXPIRED)
                to, words = self._with_link(owed, recorded, event)
            case _ if recorded.time + NOTICE_GOOD_FOR <= now:
                raise NothingToSend(TOO_LATE)
            case DeploymentCompleted() | DeploymentFailed() as event:
                request = self._log.read(recorded.stream).events[0].event
                assert isinstance(request, DeploymentRequested)
                to = self._address_of(request.account)
                words = outcome_words(request, event, recorded.stream.id, recorded.time)
            case event if isinstance(event, TenantFact):
                assert owed.account is not None
                to = self._address_of(owed.account)
                words = tenant_words(event, recorded, owed.account)
            case event:
                assert owed.account is not None
                to = self._address_of(owed.account)
                visitor = self._visitor(owed.account, recorded.personal)
                words = account_words(event, owed.kind, recorded.time, visitor)
        subject, text = words
        return Mail(to=to, subject=subject, text=text, message_id=str(owed.id), kind=owed.kind)

    def cause_of(self, owed: OwedMail) -> RecordedEvent:
        """Return the event that a mail follows from.

        Raises:
            AnotherEvent: the log has not that event at that place.
            LogUnavailable: the database broke off.
        """
        for recorded in self._log.read_all(owed.position - 1, owed.position):
            if recorded.id == owed.cause:
                return recorded
        raise AnotherEvent(f"position {owed.position}")

    def _with_link(
        self, owed: OwedMail, recorded: RecordedEvent, event: LinkIssued | MemberInvited
    ) -> tuple[str, Words]:
        owner = UUID(recorded.stream.id)
        match event:
            case LinkIssued(link=link, purpose=purpose):
                self._require_good(AccountId(owner), event)
                to, token = self._address_of(owner), self._links.text(purpose.value, owner, link)
            case MemberInvited(invitation=invitation):
                self._require_few(recorded)
                to = self._opened(invitation, INVITATION, recorded.personal)
                token = self._links.text(INVITATION, owner, invitation)
        return to, link_words(event, owed.kind, token, self._public_url)

    def _require_good(self, account: AccountId, issued: LinkIssued) -> None:
        """Refuse a link that was used, or that a later one of its purpose has ended.

        The same link may be issued more than once: each time it is mailed again.
        """
        last = issued.link
        for recorded in self._log.read(_stream(account)).events:
            match recorded.event:
                case LinkIssued(link=link, purpose=issued.purpose):
                    last = link
                case EmailVerified(link=issued.link) | PasswordReset(link=issued.link):
                    raise NothingToSend(SUPERSEDED)
                case _:
                    pass
        if last != issued.link:
            raise NothingToSend(SUPERSEDED)

    def _require_few(self, invited: RecordedEvent) -> None:
        """Refuse an invitation if its tenant has sent as many as it may in a day."""
        lately: tuple[datetime, ...] = ()
        for recorded in self._log.read(invited.stream).events[: invited.version]:
            if isinstance(recorded.event, MemberInvited):
                taken = let_through(lately, recorded.time, MOST_INVITATIONS)
                if taken is None and recorded.id == invited.id:
                    raise NothingToSend(TOO_MANY)
                lately = taken or lately

    def _address_of(self, account: UUID) -> str:
        [first, *_] = self._log.read(_stream(account)).events
        return self._opened(account, REGISTRATION, first.personal)

    def _visitor(self, account: UUID, personal: SealedPersonal | None) -> Mapping[str, str] | None:
        """Return where a fact came from, if it says so."""
        key = self._vault.unsealed(account, PERSON_KEY)
        if key is None or personal is None:
            return None
        return self._vault.open_personal(personal, CLIENT, key)

    def _opened(self, person: UUID, purpose: str, personal: SealedPersonal | None) -> str:
        key = self._vault.unsealed(person, PERSON_KEY)
        if key is None or personal is None:
            raise NothingToSend(NO_ADDRESS)
        return self._vault.open_personal(personal, purpose, key)["email"]


def _stream(account: UUID) -> StreamId:
    return StreamId(StreamKind.ACCOUNT, str(account))
