"""Reads accounts and tenants from the log, and what is personal of them from the vault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.accounts.folded import FoldedStreams
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
    """What is sealed of open invitations and keys in force, by their ids."""

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
        self._people = FoldedStreams(log, _fold_person)
        self._organisations = FoldedStreams(log, _fold_organisation)

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
        return self._people.state(accounts.stream_of(account))

    def organisation(self, tenant: TenantId) -> Organisation:
        """Return a tenant.

        Raises:
            UnknownAccount: the log does not have it.
        """
        found = self._organisations.state(tenants.stream_of(tenant))
        if found is None:
            raise UnknownAccount
        return found

    def claim_of(self, email: str) -> str:
        """Return the keyed hash of a frozen e-mail address."""
        return self._vault.claim_of(email)

    def is_claimed(self, algorand: bytes) -> bool:
        """Tell whether a seed signs for a tenant already, by its Algorand address."""
        return self._log.read_last(signer_claim(algorand)) is not None

    def is_erased(self, account: AccountId | None) -> bool:
        person = self.any_person(account) if account else None
        return person is not None and person.account.erased

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


def _fold_person(known: Person | None, events: Sequence[RecordedEvent]) -> Person:
    account, name = known.account if known else None, AccountId(UUID(events[0].stream.id))
    for one in events:
        account = accounts.apply(name, account, one.event)
    assert account is not None
    first = known.first if known else events[0]
    return Person(account=account, version=_version(events[-1]), first=first)


def _fold_organisation(known: Organisation | None, events: Sequence[RecordedEvent]) -> Organisation:
    tenant, name = known.tenant if known else None, TenantId(UUID(events[0].stream.id))
    for one in events:
        tenant = tenants.apply(name, tenant, one.event)
    assert tenant is not None
    sealed = dict(known.personal) if known else {}
    sealed |= {_named_by(one.event): one.personal for one in events if one.personal is not None}
    personal = {
        entry: sealed[entry] for entry in (*tenant.invitations, *tenant.keys) if entry in sealed
    }
    return Organisation(tenant=tenant, version=_version(events[-1]), personal=personal)


def _version(last: RecordedEvent) -> StreamVersion:
    return StreamVersion(last.version, last.id)


def _named_by(event: Event) -> UUID:
    assert isinstance(event, MemberInvited | ApiKeyMade)
    return event.invitation if isinstance(event, MemberInvited) else event.key


def signer_claim(algorand: bytes) -> StreamId:
    """Return the stream that says for whom a seed signs, named by its Algorand address."""
    return StreamId(StreamKind.SIGNER_CLAIM, algorand.hex())


def claim_stream(claim: str) -> StreamId:
    return StreamId(StreamKind.EMAIL_CLAIM, claim)
