"""Proves a password and a second factor, and counts the tries. The one way past a password.

What the proof allows is appended together with it: a code that was used up opened exactly one
session, and a try beyond the fifth opens none, however many come at once.
"""

from uuid import uuid4

from application.accounts.attempts import Attempt, Proven, Seen, Then, Try
from application.accounts.codes import Codes
from application.accounts.directory import Directory, Person
from application.accounts.facts import Facts, version_of
from application.accounts.ports import (
    PASSWORD,
    Devices,
    Passwords,
    Vault,
)
from application.accounts.refusals import InvalidSecondFactor, NoPassword, SecondFactorRequired
from application.accounts.verifiers import verifier_in
from application.clock import Clock
from application.credentials import (
    InvalidCredentials,
    InvalidEmail,
    freeze_email,
    normal_password,
)
from domain import sign_in
from domain.errors import DomainError
from domain.events import Proof
from domain.log import ConcurrentChange, EventLog, RecordedEvent, SealedPersonal
from domain.values import AccountId

MOST_TRIES = 500
"""Others may be faster so many times: each of them moved the count on."""


class Proving:
    def __init__(
        self,
        log: EventLog,
        directory: Directory,
        vault: Vault,
        passwords: Passwords,
        codes: Codes,
        devices: Devices,
        clock: Clock,
    ) -> None:
        self._log = log
        self._directory = directory
        self._vault = vault
        self._passwords = passwords
        self.codes = codes
        self._devices = devices
        self._clock = clock
        self._stand_in = AccountId(uuid4())

    def by_email(self, email: str, attempt: Attempt, then: Then) -> tuple[RecordedEvent, ...]:
        """Prove an address and a password, and record what follows.

        Raises:
            InvalidCredentials: one is wrong; which one is not said, nor shown by the time.
            SecondFactorRequired: the password is right, and a code is asked for.
            InvalidSecondFactor: the password is right, and the code is not.
            AccountLocked: too many failures, whatever the password.
            TooBusy: others wait for password work already.
        """
        try:
            claim = self._directory.claim_of(freeze_email(email))
        except InvalidEmail:
            # Never an account: nothing to count, but the work is done all the same.
            given = normal_password(attempt.password)
            self._passwords.verify(given, None)
            raise InvalidCredentials from None
        return self._prove(Try(claim=claim, attempt=attempt, then=then, signs_in=True))

    def again(self, account: AccountId, attempt: Attempt, then: Then) -> tuple[RecordedEvent, ...]:
        """Prove the password of somebody who is signed in, before something grave.

        Raises:
            NoPassword: the account signs in with a wallet.
            InvalidCredentials, SecondFactorRequired, InvalidSecondFactor, AccountLocked, TooBusy:
                as for a sign-in.
        """
        claim = self.claim_of(self._directory.person(account))
        return self._prove(Try(claim=claim, attempt=attempt, then=then, signs_in=False))

    def claim_of(self, person: Person) -> str:
        """Return the keyed hash of a person's address.

        Raises:
            NoPassword: there is no address.
        """
        mailbox = self._directory.mailbox(person)
        if mailbox is None:
            raise NoPassword
        return self._directory.claim_of(mailbox.frozen)

    def _prove(self, tried: Try) -> tuple[RecordedEvent, ...]:
        given = normal_password(tried.attempt.password)
        checked: dict[str | None, bool] = {}  # a password may come into force meanwhile
        for _ in range(MOST_TRIES):
            seen = self._look(tried)
            sign_in.require_unlocked(seen.tries, seen.client, seen.now)
            if seen.verifier not in checked:
                checked[seen.verifier] = self._passwords.verify(given, seen.verifier)
            facts = Facts(tried.attempt.origin)
            facts.expect(sign_in.stream_of(tried.claim), seen.tries_version)
            refusal = self._judge(facts, tried, seen, right=checked[seen.verifier])
            if refusal is None:
                facts, refusal = _followed(tried.then, seen.proven(tried.claim, given), facts)
            try:
                recorded = facts.record(self._log)
            except ConcurrentChange:
                continue  # the count has moved: perhaps this try is one too many by now
            if refusal is not None:
                raise refusal
            return recorded
        raise ConcurrentChange("others were faster too often")

    def _look(self, tried: Try) -> Seen:
        """Read what a try is judged by.

        Nobody's address costs what somebody's does: the account that was tried last stands in,
        is read and opened, and is forgotten.
        """
        last = self._log.read_last(sign_in.stream_of(tried.claim))
        account = self._directory.claimed_by(tried.claim)
        owner, looked_at = account or AccountId(uuid4()), account or self._stand_in
        person = self._directory.any_person(looked_at)
        unsealed = self._vault.unsealed(looked_at, PASSWORD)
        key = self._directory.person_key(looked_at)
        self._stand_in = looked_at
        if account is None:
            person = unsealed = key = None
        number = person.account.password if person else 0
        devices = person.account.devices if person else 0
        return Seen(
            person=person,
            tries=sign_in.state_of(last.event if last else None),
            tries_version=version_of(last),
            client=self._devices.client(tried.claim, owner, devices, tried.attempt.visitor),
            verifier=verifier_in(unsealed, number),
            personal_key=key,
            now=self._clock.now(),
        )

    def _judge(self, facts: Facts, tried: Try, seen: Seen, *, right: bool) -> DomainError | None:
        """Add what the try does to the count; return why it is refused, if it is."""
        person = seen.person
        if person is None or not right:
            self._count(facts, tried, seen, Proof.PASSWORD)
            return InvalidCredentials()
        facts.expect(person.stream, person.version)
        factor = person.account.factor
        if factor is not None:
            if tried.attempt.code is None:
                asked = sign_in.ask_code(seen.tries, seen.client, person.account.id, seen.now)
                personal = self._personal(tried, seen)
                facts.add(sign_in.stream_of(tried.claim), asked, personal=personal)
                return SecondFactorRequired()
            used = self.codes.use(person.account.id, factor, tried.attempt.code, seen.now)
            if used is None:
                self._count(facts, tried, seen, Proof.SECOND_FACTOR)
                return InvalidSecondFactor()
            facts.add(person.stream, used)
        new = tried.signs_in and not seen.client.known
        succeeded = sign_in.succeed(
            seen.tries, seen.client, person.account.id, seen.now, new_device=new
        )
        facts.add(sign_in.stream_of(tried.claim), succeeded, personal=self._personal(tried, seen))
        return None

    def _count(self, facts: Facts, tried: Try, seen: Seen, wrong: Proof) -> None:
        account = seen.person.account.id if seen.person else None
        personal = self._personal(tried, seen)
        for event in sign_in.fail(seen.tries, seen.client, account, wrong, seen.now):
            facts.add(sign_in.stream_of(tried.claim), event, personal=personal)

    def _personal(self, tried: Try, seen: Seen) -> SealedPersonal | None:
        person = seen.person.account.id if seen.person else uuid4()
        return self._directory.sealed_visitor(person, seen.personal_key, tried.attempt.visitor)


def _followed(then: Then, proven: Proven, facts: Facts) -> tuple[Facts, DomainError | None]:
    """Add what follows from a proof; where it is refused, the proof is recorded all the same.

    Otherwise a stolen password could be tested without a trace, and a code be used again.
    """
    following = facts.copy()
    try:
        then(proven, following)
    except DomainError as refusal:
        return facts, refusal
    return following, None
