"""Envelope encryption: a data key for each secret, wrapped by the key-encryption key.

AES-256-GCM twice; the associated data binds owner, purpose and version, so that
one secret cannot be put in another's place.
"""

import os
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.log import Secret
from infrastructure.keys.provider import LENGTH, KeyProvider

PURPOSE = "key-encryption"
FORMAT = 1
NONCE = 12
"""Bytes, random for each encryption (NIST SP 800-38D)."""


class NotOpened(Exception):
    """The secret was changed, belongs elsewhere, or was wrapped under another master key."""


class Envelope:
    def __init__(self, provider: KeyProvider) -> None:
        self._kek = AESGCM(provider.derive(PURPOSE))
        self._key_id = provider.key_id(PURPOSE)

    def seal(self, owner: UUID, purpose: str, plain: bytes, version: int = 1) -> Secret:
        """Wrap a secret for the secrets table."""
        bound = _bound(owner, purpose, version)
        data_key = os.urandom(LENGTH)
        nonces = os.urandom(NONCE), os.urandom(NONCE)
        wrapped = self._kek.encrypt(nonces[0], data_key, bound)
        sealed = AESGCM(data_key).encrypt(nonces[1], plain, bound)
        spelled = self._spelled(nonces[0], wrapped, nonces[1], sealed)
        return Secret(owner=owner, purpose=purpose, version=version, sealed=spelled)

    def open(self, secret: Secret) -> bytes:
        """Return the plain secret.

        Raises:
            NotOpened: it was tampered with, or is not of this owner, purpose, version or key.
        """
        bound = _bound(secret.owner, secret.purpose, secret.version)
        try:
            wrap_nonce, wrapped, nonce, sealed = self._parts(secret.sealed)
            data_key = self._kek.decrypt(wrap_nonce, wrapped, bound)
            return AESGCM(data_key).decrypt(nonce, sealed, bound)
        except (InvalidTag, ValueError, KeyError, TypeError) as error:
            raise NotOpened(f"{secret.purpose} of {secret.owner} does not open") from error

    def _parts(self, spelled: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        body = orjson.loads(spelled)
        wrap_nonce, wrapped = bytes.fromhex(body["wrapNonce"]), bytes.fromhex(body["wrapped"])
        nonce, sealed = bytes.fromhex(body["nonce"]), bytes.fromhex(body["sealed"])
        # One secret has one spelling, so that no bit of it can change unseen; format and
        # key id, which the cipher does not see, are among what is compared.
        if self._spelled(wrap_nonce, wrapped, nonce, sealed) != spelled:
            raise ValueError("another format, another key or another spelling")
        return wrap_nonce, wrapped, nonce, sealed

    def _spelled(self, wrap_nonce: bytes, wrapped: bytes, nonce: bytes, sealed: bytes) -> bytes:
        body = {
            "format": FORMAT,
            "key": self._key_id,
            "wrapNonce": wrap_nonce.hex(),
            "wrapped": wrapped.hex(),
            "nonce": nonce.hex(),
            "sealed": sealed.hex(),
        }
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _bound(owner: UUID, purpose: str, version: int) -> bytes:
    parts = (str(owner), purpose, str(version))
    return "".join(f"{len(part)}:{part}" for part in parts).encode()
