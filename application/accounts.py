"""Sign-up and sign-in: an account, its tenant and its chain account, in one append."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4

from application.commands import Origin
from application.credentials import (
    EMAIL_FORM,
    PASSWORD_FORM,
    InvalidCredentials,
    InvalidEmail,
    UnknownAccount,
    accept_password,
    freeze_email,
    normal_password,
)
from domain.errors import EmailTaken
from domain.events import AccountRegistered, EmailClaimed, Event, SignerAdded, TenantCreated
from domain.log import Append, ConcurrentChange, EventLog, SealedPersonal, Secret, append_one
from domain.streams import NOTHING, StreamId, StreamKind
from domain.values import AccountId, Family, SignerId, TenantId

PASSWORD = "password"  # noqa: S105 - the name of a purpose
SEED = "arc76-seed"
PERSON_KEY = "person-key"
REGISTRATION = "registration"
"""Purpose of the personal part of AccountRegistered."""


class Derived(Protocol):
    @property
    def seed(self) -> bytes: ...
    @property
    def algorand(self) -> bytes: ...
    @property
    def evm(self) -> bytes: ...


class Derivation(Protocol):
    version: str

    def derive(self, email: str, password: str) -> Derived:
        """Make the chain account of an e-mail address and a password, slot 0."""
        ...


class Passwords(Protocol):
    def hash(self, password: str) -> str:
        """Return a verifier in PHC form."""
        ...

    def verify(self, password: str, verifier: str | None) -> bool:
        """Compare; without a verifier the same work is done for nothing."""
        ...


class Vault(Protocol):
    """Keeps what must not be in an event."""

    def seal(self, owner: UUID, purpose: str, plain: bytes) -> Secret: ...

    def unsealed(self, owner: UUID, purpose: str) -> bytes | None: ...

    def new_person_key(self) -> bytes: ...

    def seal_personal(
        self, person: UUID, purpose: str, key: bytes, fields: Mapping[str, str]
    ) -> SealedPersonal: ...

    def open_personal(
        self, sealed: SealedPersonal, purpose: str, key: bytes
    ) -> Mapping[str, str]: ...

    def claim_of(self, email: str) -> str:
        """Return the keyed hash of a frozen e-mail address."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    id: SignerId
    algorand: bytes
    evm: bytes
    derivation: str

    def address(self, family: Family) -> bytes:
        """Return its address on networks of a family: one seed gives them all."""
        return {Family.EVM: self.evm, Family.ALGORAND: self.algorand}[family]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    account: AccountId
    tenant: TenantId
    email: str | None
    """As typed; None once the person was erased."""
    signers: tuple[Signer, ...]


class Accounts:
    def __init__(
        self, log: EventLog, vault: Vault, passwords: Passwords, derivation: Derivation
    ) -> None:
        self._log = log
        self._vault = vault
        self._passwords = passwords
        self._derivation = derivation

    def register(self, email: str, password: str, origin: Origin) -> Profile:
        """Open an account, its tenant and its chain account.

        The chain account is derived once, here: a later change of the password keeps it.

        Raises:
            InvalidEmail: not an address.
            WeakPassword: see `accept_password`.
            EmailTaken: there is an account with this address, in any spelling.
        """
        frozen, accepted = freeze_email(email), accept_password(password)
        claim = StreamId(StreamKind.EMAIL_CLAIM, self._vault.claim_of(frozen))
        if self._log.read_last(claim) is not None:
            raise EmailTaken
        derived = self._derivation.derive(frozen, accepted)
        account, tenant, signer = AccountId(uuid4()), TenantId(uuid4()), SignerId(uuid4())
        person_key = self._vault.new_person_key()
        personal = self._vault.seal_personal(
            account, REGISTRATION, person_key, {"email": email.strip(), "frozenEmail": frozen}
        )
        added = SignerAdded(
            signer=signer,
            derivation=self._derivation.version,
            slot=0,
            algorand=derived.algorand,
            evm=derived.evm,
            account=account,
            email_form=EMAIL_FORM,
            password_form=PASSWORD_FORM,
            password=1,
        )
        facts: list[tuple[StreamId, Event, SealedPersonal | None]] = [
            (claim, EmailClaimed(account=account), None),
            (_account(account), AccountRegistered(tenant=tenant, email_form=EMAIL_FORM), personal),
            (_tenant(tenant), TenantCreated(owner=account), None),
            (_tenant(tenant), added, None),
        ]
        verifier = self._passwords.hash(accepted).encode()
        append = Append(
            drafts=tuple(origin.draft(*fact) for fact in facts),
            expected={claim: NOTHING, _account(account): NOTHING, _tenant(tenant): NOTHING},
            secrets=(
                self._vault.seal(account, PASSWORD, verifier),
                self._vault.seal(account, PERSON_KEY, person_key),
                self._vault.seal(signer, SEED, derived.seed),
            ),
        )
        try:
            append_one(self._log, append)
        except ConcurrentChange:
            raise EmailTaken from None
        known = Signer(
            id=signer,
            algorand=derived.algorand,
            evm=derived.evm,
            derivation=self._derivation.version,
        )
        return Profile(account=account, tenant=tenant, email=email.strip(), signers=(known,))

    def login(self, email: str, password: str) -> tuple[AccountId, TenantId]:
        """Check an address and a password.

        Raises:
            InvalidCredentials: either is wrong; which one is not said, nor shown by the time.
        """
        given = normal_password(password)
        account = self._claimed_by(email)
        # Looked up for nobody too: an unknown address costs what a known one costs.
        unsealed = self._vault.unsealed(account or uuid4(), PASSWORD)
        right = self._passwords.verify(given, unsealed.decode() if unsealed else None)
        if account is None or not right:
            raise InvalidCredentials
        return account, self._tenant_of(account)

    def profile(self, account: AccountId) -> Profile:
        """Return what an account holds.

        Raises:
            UnknownAccount: the log does not have it.
        """
        if not (events := self._log.read(_account(account)).events):
            raise UnknownAccount
        recorded = events[0]
        key = self._vault.unsealed(account, PERSON_KEY)
        email = None
        if key is not None and recorded.personal is not None:
            email = self._vault.open_personal(recorded.personal, REGISTRATION, key)["email"]
        tenant = self._tenant_of(account)
        return Profile(account=account, tenant=tenant, email=email, signers=self.signers(tenant))

    def signers(self, tenant: TenantId) -> tuple[Signer, ...]:
        """Return the chain accounts of a tenant, first one first; there is at least one.

        Raises:
            UnknownAccount: the log does not have that tenant.
        """
        signers = tuple(
            Signer(
                id=event.signer,
                algorand=event.algorand,
                evm=event.evm,
                derivation=event.derivation,
            )
            for recorded in self._log.read(_tenant(tenant)).events
            if isinstance(event := recorded.event, SignerAdded)
        )
        if not signers:
            raise UnknownAccount
        return signers

    def _claimed_by(self, email: str) -> AccountId | None:
        try:
            frozen = freeze_email(email)
        except InvalidEmail:
            return None
        claim = StreamId(StreamKind.EMAIL_CLAIM, self._vault.claim_of(frozen))
        last = self._log.read_last(claim)
        return last.event.account if last and isinstance(last.event, EmailClaimed) else None

    def _tenant_of(self, account: AccountId) -> TenantId:
        event = self._log.read(_account(account)).events[0].event
        assert isinstance(event, AccountRegistered)
        return event.tenant


def _account(account: AccountId) -> StreamId:
    return StreamId(StreamKind.ACCOUNT, str(account))


def _tenant(tenant: TenantId) -> StreamId:
    return StreamId(StreamKind.TENANT, str(tenant))
