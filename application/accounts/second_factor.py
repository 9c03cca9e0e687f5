"""A second factor by one-time passwords (RFC 6238), with recovery codes for a lost device."""

from dataclasses import dataclass, field

from application.accounts.attempts import Attempt, Proven
from application.accounts.code_tries import CodeTries
from application.accounts.directory import Directory
from application.accounts.facts import Facts
from application.accounts.ports import (
    ONE_TIME_KEY,
    RECOVERY_CODES,
    OneTimePasswords,
    Vault,
    Visitor,
)
from application.accounts.proving import Proving
from application.accounts.refusals import InvalidSecondFactor
from application.accounts.settling import settle
from application.clock import Clock
from application.commands import Origin
from domain.account import SecondFactorState
from domain.log import EventLog
from domain.values import AccountId, SessionId

OFFERED = "one-time-key-offered"
"""Purpose of a key that is not in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Shown once."""

    key: str = field(repr=False)
    uri: str = field(repr=False)


class SecondFactors:
    def __init__(
        self,
        log: EventLog,
        directory: Directory,
        vault: Vault,
        one_time: OneTimePasswords,
        proving: Proving,
        tries: CodeTries,
        clock: Clock,
    ) -> None:
        self._log = log
        self._directory = directory
        self._vault = vault
        self._one_time = one_time
        self._proving = proving
        self._tries = tries
        self._clock = clock

    def offer(self, account: AccountId, attempt: Attempt) -> Offered:
        """Make a key for the person's authenticator. In force once a code of it was given.

        Raises:
            SecondFactorState: there is one already.
            NoPassword, InvalidCredentials, AccountLocked, TooBusy: see `Proving.again`.
        """
        key = self._one_time.new_key()
        labels: list[str] = []

        def then(proven: Proven, facts: Facts) -> None:
            version = self._vault.version_of(account, OFFERED) + 1
            facts.add(proven.person.stream, proven.person.account.offer_second_factor(version))
            facts.destroy(account, OFFERED)
            facts.keep(self._vault.seal(account, OFFERED, key, version))
            mailbox = self._directory.mailbox(proven.person)
            labels.append(mailbox.typed if mailbox else str(account))

        self._proving.again(account, attempt, then)
        return Offered(key=self._one_time.spelled(key), uri=self._one_time.uri(key, labels[-1]))

    def confirm(
        self,
        account: AccountId,
        session: SessionId,
        code: str,
        visitor: Visitor,
        origin: Origin,
    ) -> list[str]:
        """Put the offered key in force, and return recovery codes: shown once.

        All sessions but this one end: they were opened without it.

        Raises:
            SecondFactorState: none was offered, or one is set.
            InvalidSecondFactor: the code is not of the offered key, or not of now.
            AccountLocked: too many wrong codes.
        """

        def decide(facts: Facts) -> list[str] | InvalidSecondFactor:
            person = self._directory.person(account)
            key = self._vault.unsealed(account, OFFERED)
            if key is None:
                raise SecondFactorState("no second factor was offered")
            tried = self._tries.begin(self._proving.claim_of(person), "confirm")
            step = self._one_time.step(key, code, self._clock.now())
            if step is None:
                self._tries.fail(tried, account, visitor, facts)
                return InvalidSecondFactor()
            codes = list(self._one_time.new_recovery_codes())
            set_now = person.account.set_second_factor(step, len(codes), session)
            facts.add(person.stream, set_now, person.version)
            self._keep(account, key, codes, facts)
            return codes

        return settle(self._log, origin, decide)

    def _keep(self, account: AccountId, key: bytes, codes: list[str], facts: Facts) -> None:
        digests = [self._one_time.recovery_digest(one) for one in codes]
        stored = b"".join(digest for digest in digests if digest is not None)
        version = 1 + max(
            self._vault.version_of(account, ONE_TIME_KEY),
            self._vault.version_of(account, RECOVERY_CODES),
        )
        facts.destroy(account, OFFERED, ONE_TIME_KEY, RECOVERY_CODES)
        facts.keep(
            self._vault.seal(account, ONE_TIME_KEY, key, version),
            self._vault.seal(account, RECOVERY_CODES, stored, version),
        )

    def remove(self, account: AccountId, session: SessionId, attempt: Attempt) -> None:
        """Take the second factor away, by the password and a last code of it.

        Raises:
            SecondFactorState: there is none.
            NoPassword, InvalidCredentials, SecondFactorRequired, InvalidSecondFactor,
            AccountLocked, TooBusy: see `Proving.again`.
        """

        def then(proven: Proven, facts: Facts) -> None:
            removed = proven.person.account.remove_second_factor(session)
            facts.add(proven.person.stream, removed)
            facts.destroy(account, ONE_TIME_KEY, RECOVERY_CODES)

        self._proving.again(account, attempt, then)
