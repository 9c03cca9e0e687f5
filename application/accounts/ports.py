"""What accounts need from outside: keys, verifiers, tokens. Nothing secret passes any other way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.log import SealedPersonal, Secret
from domain.sign_in import Client
from domain.values import SessionId

PASSWORD = "password"  # noqa: S105 - the name of a purpose
SEED = "arc76-seed"
PERSON_KEY = "person-key"
ONE_TIME_KEY = "one-time-key"
RECOVERY_CODES = "recovery-codes"
REGISTRATION = "registration"
"""Purpose of the personal part of AccountRegistered."""
CLIENT = "client"
"""Purpose of the personal part of sign-ins and sessions."""
INVITATION = "invitation"
"""Purpose of the personal part of MemberInvited; its key belongs to the invitation."""
KEY_NAME = "api-key-name"
"""Purpose of the personal part of ApiKeyMade."""


class Derived(Protocol):
    @property
    def seed(self) -> bytes: ...
    @property
    def algorand(self) -> bytes: ...
    @property
    def evm(self) -> bytes: ...


class Derivation(Protocol):
    version: str

    def derive(self, email: str, password: str, slot: int = 0) -> Derived:
        """Make the chain account of a frozen e-mail address and an NFC password."""
        ...


class Passwords(Protocol):
    def hash(self, password: str) -> str:
        """Return a verifier in PHC form."""
        ...

    def verify(self, password: str, verifier: str | None) -> bool:
        """Compare; without a verifier the same work is done for nothing."""
        ...

    def needs_update(self, verifier: str) -> bool:
        """Tell whether a new verifier would be made in another way."""
        ...


class Vault(Protocol):
    """Keeps what must not be in an event."""

    def seal(self, owner: UUID, purpose: str, plain: bytes, version: int = 1) -> Secret: ...

    def unsealed(self, owner: UUID, purpose: str) -> bytes | None: ...

    def version_of(self, owner: UUID, purpose: str) -> int:
        """Return the newest version of a secret, 0 where there is none."""
        ...

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
class Visitor:
    """Where a request comes from. Personal: kept only under a person's key."""

    address: str
    """Network address; empty where it is not known."""
    user_agent: str
    device: str | None = None
    """The text that this device was given when it was signed in before."""


class Devices(Protocol):
    """Tells devices that were signed in before from others."""

    def client(self, claim: str, account: UUID, count: int, visitor: Visitor) -> Client:
        """Return who tries: a known device of an account, or a network.

        Args:
            claim: keyed hash of the address that is tried.
            account: whose it is; anything where it is nobody's.
            count: how often all of the account's devices became unknown.
            visitor: where the try comes from.
        """
        ...

    def text(self, account: UUID, count: int) -> str:
        """Return what a new device of an account has to show next time."""
        ...


class RefreshTexts(Protocol):
    """Spells refresh tokens: made anew from the session and a key, kept nowhere."""

    def text(self, session: SessionId, generation: int, salt: bytes) -> str: ...

    def read(self, text: str) -> tuple[SessionId, int] | None:
        """Return session and generation that a text names; whether it is ours, text() tells."""
        ...

    def digest(self, text: str) -> bytes: ...


class LinkTexts(Protocol):
    """Spells the links of mails: made anew from their id and a key, kept nowhere."""

    def text(self, purpose: str, owner: UUID, link: UUID) -> str: ...

    def read(self, purpose: str, text: str) -> tuple[UUID, UUID] | None:
        """Return owner and link of a text that is ours and of this purpose."""
        ...

    def digest(self, text: str) -> bytes: ...


class OneTimePasswords(Protocol):
    """Time-based one-time passwords (RFC 6238) and recovery codes."""

    def new_key(self) -> bytes: ...

    def spelled(self, key: bytes) -> str:
        """Return a key as people type it: base32."""
        ...

    def uri(self, key: bytes, label: str) -> str:
        """Return the otpauth URI that authenticator apps read."""
        ...

    def step(self, key: bytes, code: str, now: datetime) -> int | None:
        """Return the time step that a code belongs to; None if it is of none that counts now."""
        ...

    def new_recovery_codes(self) -> Sequence[str]: ...

    def recovery_digest(self, code: str) -> bytes | None:
        """Return the SHA-256 of a recovery code, however it is typed; None if it is none."""
        ...
