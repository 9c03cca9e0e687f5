"""Accounts: who somebody is and how they prove it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.values import AccountId, SessionId, SignerId, TenantId


class LinkPurpose(StrEnum):
    """What a link in a mail is for. Each is good once, for its purpose alone."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the name of a purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRegistered:
    """Personal part: the e-mail address as typed and in its frozen form."""

    tenant: TenantId
    email_form: int
    """Version of the rule that makes the frozen form of an e-mail address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletAccountRegistered:
    """Somebody signed in with a wallet for the first time (draft ARC-14)."""

    tenant: TenantId
    wallet: bytes
    """Algorand address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkIssued:
    """A link that a mail carries. The link itself is nowhere; an older one of its purpose ends."""

    link: UUID
    purpose: LinkPurpose
    digest: bytes
    """SHA-256 of what the link holds."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified:
    link: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged:
    """The chain account stays. All sessions end but the one that changed it."""

    number: int
    """1 is the password of the registration."""
    kept: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset:
    """By a link. The chain account stays. All sessions end."""

    number: int
    link: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded:
    """The person ended all sessions, or all but one."""

    kept: SessionId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantJoined:
    """The account became a member of another tenant than its own."""

    tenant: TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantLeft:
    tenant: TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorOffered:
    """A key for one-time passwords was shown, and is not in force yet (RFC 6238)."""

    version: int
    """Of the secret that holds the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorSet:
    """A code of the offered key was given: from now on it is asked for."""

    version: int
    step: int
    """The time step of that code, which is good once."""
    recovery_codes: int
    kept: SessionId | None
    """The one session that goes on: the others were opened without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorUsed:
    """A code was accepted, and is used up."""

    step: int | None
    """Time step of a one-time password (30 seconds each)."""
    recovery: int | None
    """Which recovery code, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorRemoved:
    """By its person; or with a reset of an account that nobody had verified. Sessions end."""

    kept: SessionId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountErased:
    """The person's key is destroyed: what was personal in the log is noise (crypto-shredded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailClaimed:
    """The stream's id is a keyed hash of the address, so an address is claimed once."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailReleased:
    """Its account was erased; the address may be claimed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerClaimed:
    """The stream's id is a chain address: a key signs for one tenant, once and for ever."""

    tenant: TenantId
    signer: SignerId


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletClaimed:
    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletReleased:
    """Its account was erased; the wallet may sign in anew, to another account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeUsed:
    """A nonce that a wallet has signed: no second sign-in with it."""

    account: AccountId


PersonEvent = (
    AccountRegistered
    | WalletAccountRegistered
    | LinkIssued
    | EmailVerified
    | PasswordChanged
    | PasswordReset
    | SessionsEnded
    | TenantJoined
    | TenantLeft
    | SecondFactorOffered
    | SecondFactorSet
    | SecondFactorUsed
    | SecondFactorRemoved
    | AccountErased
    | EmailClaimed
    | EmailReleased
    | SignerClaimed
    | WalletClaimed
    | WalletReleased
    | ChallengeUsed
)
