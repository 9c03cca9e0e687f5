"""Accounts, tenants and the chain accounts that belong to them."""

from dataclasses import dataclass

from domain.values import AccountId, SignerId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRegistered:
    """Personal part: the e-mail address as typed and in its frozen form."""

    tenant: TenantId
    email_form: int
    """Version of the rule that makes the frozen form of an e-mail address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCreated:
    owner: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerAdded:
    """A chain account of the tenant. One seed gives both addresses (ARC-76)."""

    signer: SignerId
    derivation: str
    """How the seed was made, such as ``arc76-email/1``."""
    slot: int
    """ARC-76 slot: which account of the same e-mail and password."""
    algorand: bytes
    evm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailClaimed:
    """The stream's id is a keyed hash of the address, so an address is claimed once."""

    account: AccountId


PersonEvent = AccountRegistered | TenantCreated | SignerAdded | EmailClaimed
