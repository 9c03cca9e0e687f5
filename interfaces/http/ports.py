"""What the API needs, as ports; assembled by infrastructure.bootstrap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.accounts.api_keys import ApiKeyTexts
from application.accounts.identity import Identity
from application.accounts.ports import Vault
from application.clock import Clock
from application.custody_facts import CustodyConfiguration
from application.execute import CommandHandler
from domain.log import EventLog
from domain.values import AccountId, NetworkRef, SessionId, TenantId
from projections.queries import Deployments
from projections.security_queries import SecurityActivity


class Bearer(Protocol):
    @property
    def account(self) -> AccountId: ...
    @property
    def tenant(self) -> TenantId: ...
    @property
    def session(self) -> SessionId: ...


class Issued(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


class Tokens(Protocol):
    def issue(
        self, account: AccountId, tenant: TenantId, session: SessionId, now: datetime
    ) -> Issued: ...

    def verify(self, token: str) -> Bearer | None:
        """Return whom a token speaks for; None for any token that does not hold."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the API may know and tell of a network."""

    reference: NetworkRef
    name: str
    development: bool
    sponsored: bool


class Networks(Protocol):
    def all(self) -> Sequence[Network]: ...

    def by_id(self, network: str) -> Network | None: ...

    def by_chain_id(self, chain_id: int) -> Network | None: ...


class Throttle(Protocol):
    def take(self, client: bytes, cost: int = 1) -> float:
        """Return 0 if a client may go on, else the seconds until it may; `cost` tries at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiService:
    log: EventLog
    commands: CommandHandler
    identity: Identity
    api_keys: ApiKeyTexts
    tokens: Tokens
    networks: Networks
    deployments: Deployments
    clock: Clock
    throttle: Throttle
    """Of each network apart."""
    rations: Throttle
    """Of all networks together."""
    activity: SecurityActivity
    vault: Vault
    custody: CustodyConfiguration
    is_proxy: Callable[[str], bool]
    """Whether an address is one of our own proxies, whose word on the caller's address counts."""
    require_certificate: Callable[[bytes], object]
    """Raises Refused for a certificate that does not hold."""
    cursor_key: bytes
    """Signs cursors, so that nobody makes one up."""
    checks: Mapping[str, Callable[[], str]]
    """What readiness looks at: each returns `pass`, `warn` or `fail`."""
