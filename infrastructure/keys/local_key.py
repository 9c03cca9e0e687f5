"""A key-encryption key in this process's memory: AES-256-GCM, derived from a master key."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infrastructure.keys.key_encryption import NONCE, Bound, NotOpened
from infrastructure.keys.provider import DerivedKeys

PURPOSE = "key-encryption"


class LocalKey:
    """Implements KeyEncryption."""

    def __init__(self, keys: DerivedKeys, *, is_development: bool = False) -> None:
        self._cipher = AESGCM(keys.derive(PURPOSE))
        self.key_id = keys.key_id(PURPOSE)
        self.is_development = is_development

    def wrap(self, data_key: bytes, bound: Bound) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, data_key, bound.spelled)

    def unwrap(self, key_id: str, wrapped: bytes, bound: Bound) -> bytes:
        if key_id != self.key_id:
            raise NotOpened(f"wrapped under {key_id}, and this is {self.key_id}")
        try:
            return self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], bound.spelled)
        except (InvalidTag, ValueError):
            raise NotOpened("the data key was changed, or belongs elsewhere") from None
