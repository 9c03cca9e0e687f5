"""Keys for machines: shown once, kept as a hash, ended by anybody who manages the tenant."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from application.accounts.confirming import Confirmation, Confirming
from application.accounts.directory import Directory, Organisation
from application.accounts.facts import Facts
from application.accounts.organisations import Organisations
from application.accounts.ports import KEY_NAME, Vault
from application.clock import Clock
from application.commands import Origin
from domain.events import ApiKeyMade
from domain.roles import Scope
from domain.values import AccountId, TenantId


class ApiKeyTexts(Protocol):
    """Spells API keys: 256 random bits, and whose they are, so that they are found."""

    def new(self, tenant: TenantId, key: UUID) -> str: ...

    def read(self, text: str) -> tuple[TenantId, UUID] | None: ...

    def digest(self, text: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    id: UUID
    name: str | None
    """None where the asker sees pseudonyms, or its maker was erased."""
    scope: Scope
    maker: AccountId
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    key: ApiKey
    text: str = field(repr=False)
    """Shown once."""


class ApiKeys:
    def __init__(
        self,
        directory: Directory,
        vault: Vault,
        texts: ApiKeyTexts,
        organisations: Organisations,
        confirming: Confirming,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._vault = vault
        self._texts = texts
        self._clock = clock
        self._organisations = organisations
        self._confirming = confirming

    def make(
        self,
        tenant: TenantId,
        name: str,
        scope: Scope,
        days: int | None,
        confirmation: Confirmation,
    ) -> MadeKey:
        """Make a key.

        Args:
            tenant: what it opens.
            name: what its maker calls it; personal, sealed under the maker's key.
            scope: what it may do.
            days: after which it ends; None for a key that is good until it is revoked.
            confirmation: of whoever makes it.

        Raises:
            TooMany: the tenant has as many as it may have.
            Forbidden, PasswordRequired and others: see `Confirming.manage`.
        """
        key, maker = uuid4(), confirmation.account
        text = self._texts.new(tenant, key)
        ends = None if days is None else self._clock.now() + timedelta(days=days)
        digest = self._texts.digest(text)
        made = ApiKeyMade(key=key, digest=digest, scope=scope, maker=maker, expires_at=ends)

        def decide(found: Organisation, facts: Facts) -> None:
            person_key = self._directory.person_key(maker)
            personal = None
            if person_key is not None:
                personal = self._vault.seal_personal(maker, KEY_NAME, person_key, {"name": name})
            facts.add(found.stream, found.tenant.make_key(made), personal=personal)

        self._confirming.manage(tenant, confirmation, decide)
        return MadeKey(
            key=ApiKey(id=key, name=name, scope=scope, maker=maker, expires_at=ends), text=text
        )

    def all(self, tenant: TenantId, *, pseudonyms: bool) -> list[ApiKey]:
        """Return the keys that were not revoked."""
        found = self._directory.organisation(tenant)
        return [
            ApiKey(
                id=made.key,
                name=None if pseudonyms else self._name(found, made),
                scope=made.scope,
                maker=made.maker,
                expires_at=made.expires_at,
            )
            for made in found.tenant.keys.values()
        ]

    def revoke(self, tenant: TenantId, key: UUID, origin: Origin) -> None:
        """End a key.

        Raises:
            NoSuch: unknown, or another tenant's.
            Forbidden: as for `make`.
        """

        def decide(found: Organisation, facts: Facts) -> None:
            facts.add(found.stream, found.tenant.revoke_key(key))

        self._organisations.manage(tenant, origin, decide)

    def _name(self, found: Organisation, made: ApiKeyMade) -> str | None:
        key, sealed = self._directory.person_key(made.maker), found.personal.get(made.key)
        if key is None or sealed is None:
            return None
        return self._vault.open_personal(sealed, KEY_NAME, key)["name"]
