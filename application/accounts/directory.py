"""Reads accounts and tenants from the log, and what is personal of them from the vault."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from application.accounts.ports import CLIENT, PERSON_KEY, REGISTRATION, Vault, Visitor
from application.credentials import UnknownAccount
from domain import account as accounts
from domain import tenant as tenants
from domain.account import Account
from domain.events import AccountRegistered, ApiKeyMade, EmailClaimed, Event, MemberInvited
from domain.log import EventLog, RecordedEvent, SealedPersonal
from domain.streams import StreamId, StreamKind, StreamVersion
from domain.tenant import Tenant
from domain.values import AccountId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account as the log has it, with the version that decisions are made on."""

    account: Account
    version: StreamVersion
    first: RecordedEvent

    @property
    def stream(self) -> StreamId:
        return accounts.stream_of(self.account.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    tenant: Tenant
    version: StreamVersion
    personal: Mapping[UUID, SealedPersonal]
    """What is sealed of invitations and keys, by their ids."""

    @property
    def stream(self) -> StreamId:
        return tenants.stream_of(self.tenant.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A person's e-mail address."""

    typed: str
    frozen: str


class Directory:
    def __init__(self, log: EventLog, vault: Vault) -> None:
        self._log = log
        self._vault = vault

    def person(self, account: AccountId) -> Person:
        """Return an account.

        Raises:
            UnknownAccount: the log does not have it, or it was erased.
        """
        found = self.any_person(account)
        if found is None or found.account.erased:
            raise UnknownAccount
        return found

    def any_person(self, account: AccountId) -> Person | None:
        """Return an account, erased or not; None where there was never one."""
        history = self._log.read(accounts.stream_of(account))
        state = accounts.replay(account, (one.event for one in history.events))
        if state is None:
            return None
        return Person(account=state, version=history.version, first=history.events[0])

    def organisation(self, tenant: TenantId) -> Organisation:
        """Return a tenant.

        Raises:
            UnknownAccount: the log does not have it.
        """
        history = self._log.read(tenants.stream_of(tenant))
        state = tenants.replay(tenant, (one.event for one in history.events))
        if state is None:
            raise UnknownAccount
        personal = {
            _named_by(one.event): one.personal for one in history.events if one.personal is not None
        }
        return Organisation(tenant=state, version=history.version, personal=personal)

    def claimed_by(self, claim: str) -> AccountId | None:
        """Return whose an address is, by its keyed hash."""
        last = self._log.read_last(claim_stream(claim))
        return last.event.account if last and isinstance(last.event, EmailClaimed) else None

    def mailbox(self, person: Person) -> Mailbox | None:
        """Return a person's address; None for a wallet's holder, or once the key is destroyed."""
        key = self._vault.unsealed(person.account.id, PERSON_KEY)
        if key is None or person.first.personal is None:
            return None
        if not isinstance(person.first.event, AccountRegistered):
            return None
        fields = self._vault.open_personal(person.first.personal, REGISTRATION, key)
        return Mailbox(typed=fields["email"], frozen=fields["frozenEmail"])

    def sealed_visitor(
        self, person: UUID, key: bytes | None, visitor: Visitor
    ) -> SealedPersonal | None:
        """Seal where a request came from under the person's key; None where there is none."""
        if key is None:
            return None
        fields = {"address": visitor.address, "userAgent": visitor.user_agent}
        return self._vault.seal_personal(person, CLIENT, key, fields)

    def person_key(self, account: AccountId) -> bytes | None:
        return self._vault.unsealed(account, PERSON_KEY)


def _named_by(event: Event) -> UUID:
    assert isinstance(event, MemberInvited | ApiKeyMade)
    return event.invitation if isinstance(event, MemberInvited) else event.key


def claim_stream(claim: str) -> StreamId:
    return StreamId(StreamKind.EMAIL_CLAIM, claim)
