"""What changes who may act is confirmed: a session alone, or its copy, is not enough for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.accounts.attempts import Attempt
from application.accounts.directory import Directory, Organisation
from application.accounts.facts import Facts
from application.accounts.proving import Proving
from application.accounts.refusals import Forbidden, PasswordRequired, SignInAgain
from application.accounts.sessions import Sessions
from application.accounts.settling import settle
from application.clock import Clock
from domain.log import EventLog
from domain.roles import Right
from domain.values import AccountId, SessionId, TenantId

FRESH = timedelta(minutes=5)
"""How long a wallet's signature stands for who holds the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Who asks, and what they give again as proof."""

    account: AccountId
    session: SessionId
    attempt: Attempt
    """Its password is empty where none was given."""


class Confirming:
    def __init__(
        self,
        log: EventLog,
        directory: Directory,
        proving: Proving,
        sessions: Sessions,
        clock: Clock,
    ) -> None:
        self._log = log
        self._directory = directory
        self._proving = proving
        self._sessions = sessions
        self._clock = clock

    def manage(
        self,
        tenant: TenantId,
        confirmation: Confirmation,
        decide: Callable[[Organisation, Facts], None],
    ) -> None:
        """Record what a manager decides and confirms.

        Raises:
            Forbidden: they do not manage the tenant, or no longer.
            PasswordRequired, SignInAgain and others: see `confirm`.
        """

        def then(facts: Facts) -> None:
            found = self._directory.organisation(tenant)
            if not found.tenant.may(confirmation.account, Right.MANAGE):
                raise Forbidden
            facts.expect(found.stream, found.version)
            decide(found, facts)

        self.confirm(confirmation, then)

    def confirm(self, confirmation: Confirmation, decide: Callable[[Facts], None]) -> None:
        """Record what somebody decides, by password and code, or by a wallet's fresh signature.

        Raises:
            PasswordRequired: none was given, and the account has one.
            SignInAgain: the account has none, and its session is not fresh.
            InvalidCredentials, SecondFactorRequired, InvalidSecondFactor, AccountLocked, TooBusy:
                see `Proving.again`.
        """
        account, attempt = confirmation.account, confirmation.attempt
        if self._directory.person(account).account.password:
            if not attempt.password:
                raise PasswordRequired
            self._proving.again(account, attempt, lambda _, facts: decide(facts))
            return

        def fresh(facts: Facts) -> None:
            self._require_fresh(confirmation)
            decide(facts)

        settle(self._log, attempt.origin, fresh)

    def _require_fresh(self, confirmation: Confirmation) -> None:
        state = self._sessions.good(confirmation.session)
        if state is None or self._clock.now() - state.opened_at > FRESH:
            raise SignInAgain
