"""Links that mails carry: issued as facts, spelled only when the mail is written."""

from datetime import datetime, timedelta
from uuid import uuid4

from application.accounts.directory import Directory, Person
from application.accounts.facts import Facts
from application.accounts.ports import LinkTexts
from application.accounts.settling import settle
from application.clock import Clock
from application.commands import Origin
from domain.account import Account, LinkInvalid
from domain.events import EmailVerified, LinkIssued, LinkPurpose
from domain.log import EventLog
from domain.values import AccountId

LIFETIME = {
    LinkPurpose.VERIFY_EMAIL: timedelta(days=3),
    LinkPurpose.RESET_PASSWORD: timedelta(hours=24),
}
MOST_MAILS = 3
"""Of one link: who asks more often finds it in the mailbox. A link of a day, so that a stranger
who asks in somebody's name uses up neither their link nor the mails of the day."""
AGAIN_AFTER = timedelta(seconds=60)
"""A link of one purpose is mailed at most so often."""


class Links:
    def __init__(self, log: EventLog, directory: Directory, texts: LinkTexts, clock: Clock) -> None:
        self._log = log
        self._directory = directory
        self._texts = texts
        self._clock = clock

    def issued(self, account: AccountId, purpose: LinkPurpose) -> LinkIssued:
        """Return the fact that a link was issued. Whoever writes the mail spells it."""
        link = uuid4()
        text = self._texts.text(purpose.value, account, link)
        return LinkIssued(
            link=link,
            purpose=purpose,
            digest=self._texts.digest(text),
            expires_at=self._clock.now() + LIFETIME[purpose],
        )

    def mailed_again(self, account: Account, purpose: LinkPurpose) -> LinkIssued | None:
        """Return the fact that mails a link: the one that is good, a few times, else a new one."""
        before = account.links.get(purpose)
        if before is None or self._clock.now() >= before.expires_at:
            return self.issued(account.id, purpose)
        # Failures in between must not bring anybody one mail right after the other.
        if self._is_fresh(before) or account.mailed.get(purpose, 0) >= MOST_MAILS:
            return None
        return before

    def opened(self, purpose: LinkPurpose, text: str) -> tuple[Person, LinkIssued, datetime]:
        """Return whose link a text is.

        Raises:
            LinkInvalid: it is none of ours, or is not valid any more.
        """
        named = self._texts.read(purpose.value, text)
        person = self._directory.any_person(AccountId(named[0])) if named else None
        if named is None or person is None:
            raise LinkInvalid
        now = self._clock.now()
        link = person.account.link(purpose, named[1], self._texts.digest(text), now)
        return person, link, now

    def verify_email(self, text: str, origin: Origin) -> AccountId:
        """Take a link that was mailed as proof that its person reads that mailbox.

        Raises:
            LinkInvalid: see `opened`.
        """

        def decide(facts: Facts) -> AccountId:
            person, link, _ = self.opened(LinkPurpose.VERIFY_EMAIL, text)
            facts.add(person.stream, EmailVerified(link=link.link), person.version)
            return person.account.id

        return settle(self._log, origin, decide)

    def ask_verification(self, account: AccountId, origin: Origin) -> None:
        """Mail the link anew, if the address is not verified and the last one was a while ago."""

        def decide(facts: Facts) -> None:
            person = self._directory.person(account)
            before = person.account.links.get(LinkPurpose.VERIFY_EMAIL)
            verified = person.account.email_verified or person.account.wallet is not None
            if not verified and not self._is_fresh(before):
                issued = self.issued(account, LinkPurpose.VERIFY_EMAIL)
                facts.add(person.stream, issued, person.version)

        settle(self._log, origin, decide)

    def _is_fresh(self, link: LinkIssued | None) -> bool:
        """Tell whether a link was mailed a moment ago."""
        if link is None:
            return False
        issued_at = link.expires_at - LIFETIME[link.purpose]
        return timedelta(0) <= self._clock.now() - issued_at < AGAIN_AFTER
