"""Assembles what accounts need from keys and the secrets table."""

import os
from collections.abc import Mapping
from uuid import UUID

from domain.log import SealedPersonal, Secret, SecretStore
from infrastructure.keys.derivation import DERIVATION, DerivedAccount, derive_account
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.persons import open_personal, seal_personal
from infrastructure.keys.provider import LENGTH, DerivedKeys


class KeyVault:
    """Implements application.accounts.ports.Vault."""

    def __init__(
        self, secrets: SecretStore, keys: DerivedKeys, envelope: Envelope | None = None
    ) -> None:
        """Keep secrets in a table.

        Args:
            secrets: the table.
            keys: whence e-mail claims.
            envelope: what seals; by default one whose key-encryption key is derived from `keys`.
        """
        self._secrets = secrets
        self._keys = keys
        self._envelope = envelope or Envelope(LocalKey(keys))

    def seal(self, owner: UUID, purpose: str, plain: bytes, version: int = 1) -> Secret:
        return self._envelope.seal(owner, purpose, plain, version)

    def version_of(self, owner: UUID, purpose: str) -> int:
        secret = self._secrets.secret(owner, purpose)
        return 0 if secret is None else secret.version

    def unsealed(self, owner: UUID, purpose: str) -> bytes | None:
        secret = self._secrets.secret(owner, purpose)
        return None if secret is None else self._envelope.open(secret)

    def new_person_key(self) -> bytes:
        return os.urandom(LENGTH)

    def seal_personal(
        self, person: UUID, purpose: str, key: bytes, fields: Mapping[str, str]
    ) -> SealedPersonal:
        return seal_personal(person, purpose, key, fields)

    def open_personal(self, sealed: SealedPersonal, purpose: str, key: bytes) -> Mapping[str, str]:
        return open_personal(sealed, purpose, key)

    def claim_of(self, email: str) -> str:
        return self._keys.claim_of(email)


class Arc76Derivation:
    """Implements application.accounts.ports.Derivation."""

    version = DERIVATION

    def derive(self, email: str, password: str, slot: int = 0) -> DerivedAccount:
        return derive_account(email, password, slot)
