"""Signing in with an address and a password."""

from dataclasses import dataclass, field

from application.accounts.attempts import Attempt, Proven
from application.accounts.directory import Directory
from application.accounts.facts import Facts
from application.accounts.own_tenants import own_tenant
from application.accounts.ports import Devices, Passwords
from application.accounts.proving import Proving
from application.accounts.refusals import Forbidden
from application.accounts.sessions import Granted, Sessions
from application.accounts.verifiers import Verifiers
from application.credentials import TooBusy
from domain.events import Proof
from domain.values import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    granted: Granted
    device: str = field(repr=False)
    """What this device shows next time, so that others cannot lock it out."""


class SignIn:
    def __init__(
        self,
        proving: Proving,
        sessions: Sessions,
        directory: Directory,
        verifiers: Verifiers,
        passwords: Passwords,
        devices: Devices,
    ) -> None:
        self._proving = proving
        self._sessions = sessions
        self._directory = directory
        self._verifiers = verifiers
        self._passwords = passwords
        self._devices = devices

    def sign_in(self, email: str, tenant: TenantId | None, attempt: Attempt) -> SignedIn:
        """Open a session for one of the tenants that the account is a member of.

        Args:
            email: in any spelling.
            tenant: for which tenant; the account's own where none is named.
            attempt: what is given as proof.

        Raises:
            Forbidden: no member there.
            InvalidCredentials, SecondFactorRequired, InvalidSecondFactor, AccountLocked, TooBusy:
                see `Proving.by_email`.
        """
        opened: list[SignedIn] = []
        renewed: dict[str, str] = {}

        def then(proven: Proven, facts: Facts) -> None:
            account = proven.person.account
            wanted = own_tenant(account, facts) if tenant is None else tenant
            if tenant is not None and tenant not in account.tenants:
                raise Forbidden
            if self._passwords.needs_update(proven.verifier):
                self._renew(proven, facts, renewed)
            key = self._directory.person_key(account.id)
            visitor = attempt.visitor
            granted = self._sessions.open(facts, account, wanted, visitor, Proof.PASSWORD, key)
            device = self._devices.text(account.id, account.devices)
            opened.append(SignedIn(granted=granted, device=device))

        self._proving.by_email(email, attempt, then)
        return opened[-1]

    def _renew(self, proven: Proven, facts: Facts, renewed: dict[str, str]) -> None:
        """Put a verifier of today's making in the place of an older one; another time if busy."""
        if proven.password not in renewed:
            try:
                renewed[proven.password] = self._passwords.hash(proven.password)
            except TooBusy:
                return
        account = proven.person.account
        verifier = renewed[proven.password]
        self._verifiers.replace(facts, account.id, account.password, verifier)
