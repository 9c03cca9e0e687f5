"""Changing and resetting passwords. The chain account stays what it was, and the answer says so."""

from uuid import uuid4

from application.accounts.directory import Directory, Person
from application.accounts.facts import Facts
from application.accounts.links import Links
from application.accounts.ports import PASSWORD, Passwords, Vault, Visitor
from application.accounts.proving import Attempt, Proven, Proving
from application.accounts.refusals import (
    InvalidSecondFactor,
    NoPassword,
    SecondFactorRequired,
)
from application.clock import Clock
from application.commands import Origin
from application.credentials import (
    PasswordJudge,
    acceptable_password,
    freeze_email,
)
from domain import sign_in
from domain.errors import DomainError
from domain.events import LinkPurpose, PasswordChanged, PasswordReset, Proof, ResetAsked
from domain.log import ConcurrentChange, EventLog, SealedPersonal
from domain.sign_in import Client
from domain.streams import NOTHING, StreamVersion
from domain.values import AccountId, SessionId

MOST_TRIES = 100
AGAIN_AFTER_SECONDS = 60.0
"""A reset of one address is asked for at most so often."""


class NewPasswords:
    def __init__(
        self,
        log: EventLog,
        directory: Directory,
        vault: Vault,
        passwords: Passwords,
        judge: PasswordJudge,
        proving: Proving,
        links: Links,
        clock: Clock,
    ) -> None:
        self._log = log
        self._directory = directory
        self._vault = vault
        self._passwords = passwords
        self._judge = judge
        self._proving = proving
        self._links = links
        self._clock = clock

    def change(self, account: AccountId, session: SessionId, new: str, attempt: Attempt) -> None:
        """Replace the password, and end all sessions but this one.

        Raises:
            WeakPassword: the new one.
            NoPassword, InvalidCredentials, SecondFactorRequired, InvalidSecondFactor,
            AccountLocked, TooBusy: see `Proving.again`.
        """
        verifier = self._verifier(self._directory.person(account), new)

        def then(proven: Proven, facts: Facts) -> None:
            number = proven.person.account.password + 1
            changed = PasswordChanged(number=number, kept=session)
            facts.add(proven.person.stream, changed)
            self._replace(facts, account, verifier)

        self._proving.again(account, attempt, then)

    def ask_reset(self, email: str, visitor: Visitor, origin: Origin) -> None:
        """Have a link mailed, if there is an account. Nothing tells the caller whether there is.

        What is written and read is the same either way: one append on the stream of the address.

        Raises:
            InvalidEmail: not an address.
        """
        claim = self._vault.claim_of(freeze_email(email))
        for _ in range(MOST_TRIES):
            last = self._log.read_last(sign_in.stream_of(claim))
            if last is not None and isinstance(last.event, ResetAsked):
                age = (self._clock.now() - last.time).total_seconds()
                if age < AGAIN_AFTER_SECONDS:
                    return
            account = self._directory.claimed_by(claim)
            person = self._directory.any_person(account) if account else None
            facts = Facts(origin)
            state = sign_in.state_of(last.event if last else None)
            version = StreamVersion(last.version, last.id) if last else NOTHING
            asked = ResetAsked(account=account, state=state)
            personal = self._personal(account, visitor)
            facts.add(sign_in.stream_of(claim), asked, version, personal)
            if (
                person is not None
                and account is not None
                # Failures in between must not bring anybody one mail after the other.
                and not self._links.is_fresh(person.account.links.get(LinkPurpose.RESET_PASSWORD))
            ):
                issued = self._links.issued(account, LinkPurpose.RESET_PASSWORD)
                facts.add(person.stream, issued, person.version)
            try:
                facts.record(self._log)
            except ConcurrentChange:
                continue
            return
        raise ConcurrentChange("others were faster too often")

    def reset(
        self, text: str, new: str, code: str | None, visitor: Visitor, origin: Origin
    ) -> None:
        """Set a new password by a link. Ends all sessions and all locks.

        Raises:
            LinkInvalid: the link is none of ours, or not valid any more.
            SecondFactorRequired: the account has one, and no code was given.
            InvalidSecondFactor: the code is wrong. The link stays good; the try is counted.
            AccountLocked: too many wrong codes.
            WeakPassword: the new one.
            TooBusy: others wait for password work already.
        """
        person, _, _ = self._links.opened(LinkPurpose.RESET_PASSWORD, text)
        if person.account.password == 0:
            raise NoPassword
        verifier = self._verifier(person, new)
        claim = self._proving.claim_of(person)
        for _ in range(MOST_TRIES):
            person, link, now = self._links.opened(LinkPurpose.RESET_PASSWORD, text)
            last = self._log.read_last(sign_in.stream_of(claim))
            state = sign_in.state_of(last.event if last else None)
            facts = Facts(origin)
            facts.expect(person.stream, person.version)
            facts.expect(
                sign_in.stream_of(claim),
                StreamVersion(last.version, last.id) if last else NOTHING,
            )
            refusal: DomainError | None = None
            if (factor := person.account.factor) is not None:
                # Wrong codes count together, wherever they come from: the link is one client.
                client = Client(key=link.digest[:16], known=True)
                sign_in.require_unlocked(state, client, now)
                if code is None:
                    raise SecondFactorRequired
                used = self._proving.codes.use(person.account.id, factor, code, now)
                if used is not None:
                    facts.add(person.stream, used)
                else:
                    refusal = InvalidSecondFactor()
                    failed = sign_in.fail(
                        state, client, person.account.id, Proof.SECOND_FACTOR, now
                    )
                    personal = self._personal(person.account.id, visitor)
                    for event in failed:
                        facts.add(sign_in.stream_of(claim), event, personal=personal)
            if refusal is None:
                number = person.account.password + 1
                facts.add(person.stream, PasswordReset(number=number, link=link.link))
                facts.add(sign_in.stream_of(claim), sign_in.unlock(person.account.id))
                self._replace(facts, person.account.id, verifier)
            try:
                facts.record(self._log)
            except ConcurrentChange:
                continue
            if refusal is not None:
                raise refusal
            return
        raise ConcurrentChange("others were faster too often")

    def _verifier(self, person: Person, new: str) -> str:
        mailbox = self._directory.mailbox(person)
        if mailbox is None:
            raise NoPassword
        return self._passwords.hash(acceptable_password(new, mailbox.frozen, self._judge))

    def _personal(self, account: AccountId | None, visitor: Visitor) -> SealedPersonal | None:
        person = account or AccountId(uuid4())
        key = self._directory.person_key(person)
        return self._directory.sealed_visitor(person, key, visitor)

    def _replace(self, facts: Facts, account: AccountId, verifier: str) -> None:
        version = self._vault.version_of(account, PASSWORD) + 1
        facts.destroy(account, PASSWORD)
        facts.keep(self._vault.seal(account, PASSWORD, verifier.encode(), version))
