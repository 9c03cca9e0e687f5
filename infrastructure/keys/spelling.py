"""How tokens spell their bytes: a prefix and base64url, each with one spelling."""

import base64
import binascii
from typing import Protocol


class Derives(Protocol):
    """Whatever keys are derived from."""

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of a purpose."""
        ...


def spelled(raw: bytes) -> str:
    """Spell bytes in base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unspelled(text: str, prefix: str, length: int) -> bytes | None:
    """Return so many bytes that a text spells; None for any other text."""
    if not text.startswith(prefix) or not text.isascii():
        return None
    body = text.removeprefix(prefix)
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == length and spelled(raw) == body else None
