"""The port to key-encryption keys: they wrap the data key of each secret, and nothing else."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from domain.log import Secret

NONCE = 12
"""Bytes, random for each encryption (NIST SP 800-38D, section 8.2.2)."""


class NotOpened(Exception):
    """The secret was changed, belongs elsewhere, or was wrapped under a key that is not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where a secret belongs: what is encrypted for one place opens in no other."""

    owner: UUID
    purpose: str
    version: int

    @classmethod
    def to(cls, secret: Secret) -> "Bound":
        return cls(owner=secret.owner, purpose=secret.purpose, version=secret.version)

    @property
    def spelled(self) -> bytes:
        """The associated data. Lengths are in it, so that no two places spell the same bytes."""
        parts = (str(self.owner), self.purpose, str(self.version))
        return "".join(f"{len(part)}:{part}" for part in parts).encode()


class KeyEncryption(Protocol):
    """A key-encryption key, wherever it lies."""

    @property
    def key_id(self) -> str:
        """The name of the key that wraps now. Tells nothing about it."""
        ...

    @property
    def is_development(self) -> bool:
        """Whether it was made for development. Production refuses it."""
        ...

    def wrap(self, data_key: bytes, bound: Bound) -> bytes:
        """Encrypt a data key of 32 bytes for one place.

        Raises:
            KeysUnavailable: whoever holds the key cannot be reached, or refuses.
        """
        ...

    def unwrap(self, key_id: str, wrapped: bytes, bound: Bound) -> bytes:
        """Return a data key that `key_id` wrapped.

        Raises:
            NotOpened: it was changed or is of another place, or this is not that key.
            KeysUnavailable: as for `wrap`.
        """
        ...
