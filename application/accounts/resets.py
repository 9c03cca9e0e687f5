"""Resetting a password by a mailed link. The chain account stays what it was."""

from dataclasses import dataclass, field
from uuid import uuid4

from application.accounts.code_tries import CodeTries
from application.accounts.codes import Codes
from application.accounts.directory import Directory, Person
from application.accounts.facts import Facts, version_of
from application.accounts.links import Links
from application.accounts.ports import ONE_TIME_KEY, RECOVERY_CODES, Devices, Visitor
from application.accounts.refusals import InvalidSecondFactor, NoPassword, SecondFactorRequired
from application.accounts.settling import settle
from application.accounts.verifiers import Verifiers
from application.clock import Clock
from application.commands import Origin
from application.credentials import freeze_email
from domain import sign_in
from domain.account import Account
from domain.errors import DomainError
from domain.events import (
    ApiKeyRevoked,
    LinkPurpose,
    PasswordReset,
    ResetAsked,
    SecondFactorRemoved,
    SignerExposed,
)
from domain.log import EventLog, SealedPersonal
from domain.values import AccountId

AGAIN_AFTER = 60.0
"""Seconds: a reset of one address is asked for at most so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    device: str = field(repr=False)
    """So that the person is no stranger to the account that they just took back."""
    exposed: bool
    """Whether nobody had verified the address before: others may know its first password."""


class Resets:
    def __init__(
        self,
        log: EventLog,
        directory: Directory,
        verifiers: Verifiers,
        codes: Codes,
        tries: CodeTries,
        links: Links,
        devices: Devices,
        clock: Clock,
    ) -> None:
        self._log = log
        self._directory = directory
        self._verifiers = verifiers
        self._codes = codes
        self._tries = tries
        self._links = links
        self._devices = devices
        self._clock = clock

    def ask(self, email: str, visitor: Visitor, origin: Origin) -> None:
        """Have a link mailed, if there is an account. Nothing tells the caller whether there is.

        What is written and read is the same either way: one append on the stream of the address.
        While a link is good it is mailed again, so that a stranger who asks ends nobody's link.

        Raises:
            InvalidEmail: not an address.
        """
        claim = self._directory.claim_of(freeze_email(email))
        stream = sign_in.stream_of(claim)

        def decide(facts: Facts) -> None:
            last = self._log.read_last(stream)
            if last is not None and isinstance(last.event, ResetAsked):
                age = (self._clock.now() - last.time).total_seconds()
                if 0 <= age < AGAIN_AFTER:
                    return
            account = self._directory.claimed_by(claim)
            person = self._directory.any_person(account) if account else None
            state = sign_in.state_of(last.event if last else None)
            asked = ResetAsked(account=account, state=state)
            facts.add(stream, asked, version_of(last), self._personal(account, visitor))
            if person is not None:
                issued = self._links.mailed_again(person.account, LinkPurpose.RESET_PASSWORD)
                if issued is not None:
                    facts.add(person.stream, issued, person.version)

        settle(self._log, origin, decide)

    def reset(
        self, text: str, new: str, code: str | None, visitor: Visitor, origin: Origin
    ) -> Reset:
        """Set a new password by a link. Ends all sessions, all locks and the person's API keys.

        Where nobody had verified the address, whoever signed up may not be its owner: their
        second factor is not asked for and goes, and their chain accounts count as exposed.

        Raises:
            LinkInvalid: the link is none of ours, or not valid any more.
            SecondFactorRequired: the account has one, and no code was given.
            InvalidSecondFactor: the code is wrong. The link stays good; the try is counted.
            AccountLocked: too many wrong codes.
            WeakPassword: the new one.
            TooBusy: others wait for password work already.
        """
        person, _, _ = self._links.opened(LinkPurpose.RESET_PASSWORD, text)
        mailbox = self._directory.mailbox(person)
        if mailbox is None or person.account.password == 0:
            raise NoPassword
        verifier = self._verifiers.made(new, mailbox.frozen)
        claim = self._directory.claim_of(mailbox.frozen)

        def decide(facts: Facts) -> tuple[Account, bool] | DomainError:
            person, link, _ = self._links.opened(LinkPurpose.RESET_PASSWORD, text)
            facts.expect(person.stream, person.version)
            refusal = self._prove_code(facts, person, claim, code, visitor)
            if refusal is not None:
                return refusal
            account, number = person.account, person.account.password + 1
            facts.add(person.stream, PasswordReset(number=number, link=link.link))
            facts.add(sign_in.stream_of(claim), sign_in.unlock(account.id))
            self._verifiers.replace(facts, account.id, number, verifier)
            self._end_what_it_gave(facts, account)
            if not account.email_verified:
                self._disown(facts, person)
            return account, not account.email_verified

        account, exposed = settle(self._log, origin, decide)
        after = self._directory.person(account.id).account
        return Reset(device=self._devices.text(after.id, after.devices), exposed=exposed)

    def _prove_code(
        self, facts: Facts, person: Person, claim: str, code: str | None, visitor: Visitor
    ) -> DomainError | None:
        """Add what a code does to the count; return why it is refused, if it is."""
        factor, account = person.account.factor, person.account.id
        if factor is None or not person.account.email_verified:
            stream = sign_in.stream_of(claim)
            facts.expect(stream, version_of(self._log.read_last(stream)))
            return None
        tried = self._tries.begin(claim, "reset")
        facts.expect(tried.stream, tried.version)
        if code is None:
            raise SecondFactorRequired
        used = self._codes.use(account, factor, code, tried.now)
        if used is not None:
            facts.add(person.stream, used)
            return None
        self._tries.fail(tried, account, visitor, facts)
        return InvalidSecondFactor()

    def _end_what_it_gave(self, facts: Facts, account: Account) -> None:
        """End the keys for machines that the person made: somebody else may hold them."""
        for tenant in account.tenants:
            found = self._directory.organisation(tenant)
            facts.expect(found.stream, found.version)
            for key, made in found.tenant.keys.items():
                if made.maker == account.id:
                    facts.add(found.stream, ApiKeyRevoked(key=key))

    def _disown(self, facts: Facts, person: Person) -> None:
        """Take from whoever signed up what would outlive the reset."""
        account = person.account
        if account.factor is not None:
            facts.add(person.stream, SecondFactorRemoved(kept=None))
            facts.destroy(account.id, ONE_TIME_KEY, RECOVERY_CODES)
        found = self._directory.organisation(account.tenant)
        for signer in found.tenant.signers:
            if signer.account in {None, account.id} and signer.signer not in found.tenant.exported:
                facts.add(found.stream, SignerExposed(signer=signer.signer))

    def _personal(self, account: AccountId | None, visitor: Visitor) -> SealedPersonal | None:
        person = account or AccountId(uuid4())
        key = self._directory.person_key(person)
        return self._directory.sealed_visitor(person, key, visitor)
