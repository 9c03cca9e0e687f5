"""What an account holds, and the chain accounts of a tenant."""

from dataclasses import dataclass

from application.accounts.directory import Directory
from application.accounts.refusals import NoSigner
from domain.events import SignerAdded
from domain.tenant import Tenant
from domain.values import AccountId, Family, SignerId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    id: SignerId
    algorand: bytes
    evm: bytes
    derivation: str
    slot: int
    exported: bool
    """Whether its key was shown: then it is not sponsored."""

    @classmethod
    def of(cls, added: SignerAdded, *, exported: bool) -> "Signer":
        return cls(
            id=added.signer,
            algorand=added.algorand,
            evm=added.evm,
            derivation=added.derivation,
            slot=added.slot,
            exported=exported,
        )

    def address(self, family: Family) -> bytes:
        """Return its address on networks of a family: one seed gives them all."""
        return {Family.EVM: self.evm, Family.ALGORAND: self.algorand}[family]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    account: AccountId
    tenant: TenantId
    """For which one is signed in."""
    email: str | None
    """As typed; None for a wallet's holder."""
    email_verified: bool
    second_factor: bool
    wallet: bytes | None
    tenants: tuple[TenantId, ...]
    """Where the account is a member."""
    signers: tuple[Signer, ...]


class Profiles:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def profile(self, account: AccountId, tenant: TenantId) -> Profile:
        """Return what an account holds, seen from one of its tenants.

        Raises:
            UnknownAccount: the log does not have it.
        """
        person = self._directory.person(account)
        mailbox = self._directory.mailbox(person)
        return Profile(
            account=account,
            tenant=tenant,
            email=mailbox.typed if mailbox else None,
            email_verified=person.account.email_verified,
            second_factor=person.account.factor is not None,
            wallet=person.account.wallet,
            tenants=person.account.tenants,
            signers=self.signers(tenant),
        )

    def signers(self, tenant: TenantId) -> tuple[Signer, ...]:
        """Return the chain accounts of a tenant, first one first; a wallet's holder has none.

        Raises:
            UnknownAccount: the log does not have that tenant.
        """
        found = self._directory.organisation(tenant).tenant
        return tuple(_signer(found, one) for one in found.signers)

    def signer(self, tenant: TenantId, wanted: SignerId | None) -> Signer:
        """Return one chain account of a tenant; the first one where none is named.

        Raises:
            NoSuch: unknown, or another tenant's.
            NoSigner: the tenant has none.
        """
        found = self._directory.organisation(tenant).tenant
        if wanted is not None:
            return _signer(found, found.signer(wanted))
        if not found.signers:
            raise NoSigner
        return _signer(found, found.signers[0])


def _signer(tenant: Tenant, added: SignerAdded) -> Signer:
    return Signer.of(added, exported=added.signer in tenant.exported)
