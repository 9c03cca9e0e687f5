"""Tries to sign in, and sessions. Each event carries the state, so that the last one decides.

A stream of tries belongs to an address, whether there is an account behind it or not:
what is written, and how long that takes, tells nobody which.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.values import AccountId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTry:
    client: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLock:
    client: bytes
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TriesState:
    failed: tuple[FailedTry, ...] = ()
    """Those that still count."""
    locks: tuple[ClientLock, ...] = ()
    consecutive: int = 0
    """Failures of all clients since somebody got in, or since the last ceiling."""
    closed_until: datetime | None = None
    """Until when unknown clients are refused, all of them."""


class Proof(StrEnum):
    """What was given, or was wrong."""

    PASSWORD = "password"  # noqa: S105 - the name of a proof
    SECOND_FACTOR = "second-factor"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed:
    """Personal part, where there is a person: network address and user agent."""

    account: AccountId | None
    client: bytes
    wrong: Proof
    state: TriesState


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLocked:
    account: AccountId | None
    client: bytes | None
    """None: the ceiling of the account was reached, every unknown client is refused."""
    until: datetime
    state: TriesState


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSucceeded:
    """A password was right where it was asked for. Personal part as for a failure."""

    account: AccountId
    client: bytes
    new_device: bool
    state: TriesState


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInUnlocked:
    """By a link, by a reset of the password, or by an operator: the actor says whom."""

    account: AccountId | None
    state: TriesState


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAsked:
    """The password was right and no code came: its person, or a thief who lacks the other half.

    Not a failure. Personal part as for one.
    """

    account: AccountId
    client: bytes
    state: TriesState


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAsked:
    """Somebody asked for a link that resets the password. Sent only where there is an account."""

    account: AccountId | None
    state: TriesState


class SessionEnd(StrEnum):
    LOGOUT = "logout"
    REVOKED = "revoked"
    """By its person, from another session."""
    REUSE = "reuse"
    """A refresh token that was used up came again: somebody has a copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    account: AccountId
    tenant: TenantId
    epoch: int
    """How often the account's sessions had been ended when this one was opened."""
    opened_at: datetime
    expires_at: datetime
    """Whatever happens."""
    salt: bytes
    """The session's refresh tokens are made of it, and of a key that is not here."""
    generation: int
    digest: bytes
    """SHA-256 of the current refresh token."""
    parent: bytes
    """SHA-256 of the one before; empty for the first."""
    ended: SessionEnd | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """Personal part: network address and user agent."""

    proof: Proof
    second_factor: bool
    state: SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRotated:
    """A refresh token was exchanged for the next one."""

    state: SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRevoked:
    state: SessionState


SignInEvent = (
    SignInFailed
    | SignInLocked
    | SignInSucceeded
    | SignInUnlocked
    | CodeAsked
    | ResetAsked
    | SessionOpened
    | SessionRotated
    | SessionRevoked
)
