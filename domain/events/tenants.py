"""Tenants: members, their roles, keys for machines, and the chain accounts that sign."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.roles import Role, Scope
from domain.values import AccountId, SignerId


class KeyForm(StrEnum):
    """In which words a key left."""

    ALGORAND = "algorand-25-words"
    BIP39 = "bip39-24-words"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCreated:
    owner: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited:
    """Personal part, under a key of the invitation: the invited e-mail address."""

    invitation: UUID
    role: Role
    claim: str
    """Keyed hash of the frozen address: who may accept."""
    digest: bytes
    """SHA-256 of what the link holds."""
    expires_at: datetime
    by: AccountId | None
    """With whose membership it ends; None in what is older than schema 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationWithdrawn:
    invitation: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    account: AccountId
    role: Role
    invitation: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved:
    """By an owner, by leaving, or with the erasure of the account."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    account: AccountId
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyMade:
    """A key for machines. Personal part: the name that its maker gave it."""

    key: UUID
    digest: bytes
    """SHA-256 of the key, which was shown once."""
    scope: Scope
    maker: AccountId
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRevoked:
    key: UUID


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
    account: AccountId | None
    """Whose e-mail and password; None in what is older than schema 2."""
    email_form: int
    """Version of the frozen form of the e-mail address."""
    password_form: int
    """Version of the form that a password has before it is used: 1 is NFC."""
    password: int
    """Which password of that account: 1 is the one of the registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerExported:
    """The key was shown to its holder: others may sign with it from now on."""

    signer: SignerId
    form: KeyForm


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerExposed:
    """Whoever chose a password before the address was verified can make this key, too."""

    signer: SignerId


TenantEvent = (
    TenantCreated
    | MemberInvited
    | InvitationWithdrawn
    | MemberJoined
    | MemberRemoved
    | RoleGranted
    | ApiKeyMade
    | ApiKeyRevoked
    | SignerAdded
    | SignerExported
    | SignerExposed
)
