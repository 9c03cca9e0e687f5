"""How a sealed secret is spelled in the secrets table: JSON, one spelling for one secret.

Format 1 has the nonce of a local wrapping beside it; since format 2 what the key-encryption
key gave back is one string that only this key reads. Both name the key that wrapped.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from infrastructure.keys.key_encryption import NONCE

FIRST, CURRENT = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedForm:
    format: int = CURRENT
    key_id: str
    """Which key-encryption key wrapped the data key."""
    wrapped: bytes
    """The data key, as that key gave it back."""
    nonce: bytes
    sealed: bytes

    @classmethod
    def read(cls, spelled: bytes) -> "SealedForm":
        """Read what lies in the table.

        Raises:
            ValueError: it is of no known format, or not in its one spelling.
        """
        try:
            form = cls._of(orjson.loads(spelled))
        except (KeyError, TypeError) as error:
            raise ValueError("not a sealed secret") from error
        # No bit can change unseen, not even one that no cipher looks at.
        if form.spelled() != spelled:
            raise ValueError("another spelling of a sealed secret")
        return form

    @classmethod
    def _of(cls, body: dict[str, Any]) -> "SealedForm":
        number, key_id = body["format"], body["key"]
        if type(number) is not int or number not in {FIRST, CURRENT} or type(key_id) is not str:
            raise ValueError("a sealed secret of another format")
        before = bytes.fromhex(body["wrapNonce"]) if number == FIRST else b""
        return cls(
            format=number,
            key_id=key_id,
            wrapped=before + bytes.fromhex(body["wrapped"]),
            nonce=bytes.fromhex(body["nonce"]),
            sealed=bytes.fromhex(body["sealed"]),
        )

    def spelled(self) -> bytes:
        body = {
            "format": self.format,
            "key": self.key_id,
            "wrapped": self.wrapped.hex(),
            "nonce": self.nonce.hex(),
            "sealed": self.sealed.hex(),
        }
        if self.format == FIRST:
            body["wrapNonce"] = self.wrapped[:NONCE].hex()
            body["wrapped"] = self.wrapped[NONCE:].hex()
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
