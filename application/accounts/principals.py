"""Who asks, and what they may do now. Read from the log each time: what was ended is ended."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.accounts.directory import Directory
from application.accounts.refusals import (
    EmailNotVerified,
    Forbidden,
    SecondFactorMissing,
)
from application.accounts.sessions import Sessions
from application.clock import Clock
from application.credentials import UnknownAccount
from domain.account import Account
from domain.roles import RIGHTS_OF_ROLE, RIGHTS_OF_SCOPE, Right, Role
from domain.values import AccountId, Actor, SessionId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    account: AccountId
    """The person; for an API key, its maker."""
    tenant: TenantId
    role: Role | None
    """None for an API key."""
    session: SessionId | None
    key: UUID | None
    rights: frozenset[Right]
    email_verified: bool
    strong: bool
    """Whether the person has a second factor, or signs in with a wallet's key."""

    @property
    def actor(self) -> Actor:
        return Actor(f"api-key:{self.key}" if self.key else f"account:{self.account}")

    def require(self, right: Right) -> None:
        """Refuse who may not.

        Raises:
            Forbidden: the role or the key does not allow it.
        """
        if right not in self.rights:
            raise Forbidden

    def require_ready(self, *, development: bool) -> None:
        """Refuse who has not proven enough for what cannot be taken back.

        Args:
            development: whether it is for a development network, where nothing is at stake.

        Raises:
            EmailNotVerified: nobody has opened the link that was mailed.
            SecondFactorMissing: there is none.
        """
        if development:
            return
        if not self.email_verified:
            raise EmailNotVerified
        if not self.strong:
            raise SecondFactorMissing


class Principals:
    def __init__(self, directory: Directory, sessions: Sessions, clock: Clock) -> None:
        self._directory = directory
        self._sessions = sessions
        self._clock = clock

    def of_session(self, account: AccountId, tenant: TenantId, session: SessionId) -> Principal:
        """Return who a session speaks for.

        Raises:
            UnknownAccount: it ended, the account was erased, or is no member any more.
        """
        state = self._sessions.good(session)
        if state is None or (state.account, state.tenant) != (account, tenant):
            raise UnknownAccount
        person = self._directory.person(account).account
        role = self._directory.organisation(tenant).tenant.members.get(account)
        if role is None or not person.holds(session, state):
            raise UnknownAccount
        return _principal(person, tenant, RIGHTS_OF_ROLE[role], role=role, session=session)

    def of_key(self, tenant: TenantId, key: UUID, digest: bytes) -> Principal:
        """Return who an API key speaks for.

        Raises:
            UnknownAccount: it is unknown, wrong, revoked or expired, or its maker has left.
        """
        organisation = self._directory.organisation(tenant).tenant
        made = organisation.keys.get(key)
        if made is None or not hmac.compare_digest(made.digest, digest):
            raise UnknownAccount
        if _is_over(made.expires_at, self._clock.now()) or not organisation.may(
            made.maker, Right.MANAGE
        ):
            raise UnknownAccount
        person = self._directory.person(made.maker).account
        return _principal(person, tenant, RIGHTS_OF_SCOPE[made.scope], key=key)


def _is_over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and now >= expires_at


def _principal(
    person: Account,
    tenant: TenantId,
    rights: frozenset[Right],
    role: Role | None = None,
    session: SessionId | None = None,
    key: UUID | None = None,
) -> Principal:
    return Principal(
        account=person.id,
        tenant=tenant,
        role=role,
        session=session,
        key=key,
        rights=rights,
        email_verified=person.email_verified or person.wallet is not None,
        strong=person.factor is not None or person.wallet is not None,
    )
