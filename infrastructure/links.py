"""What a mailed link holds: whose it is, which, and a proof that we made it.

Nothing of it is stored. It is computed when the mail is written and checked when it comes
back; the log has its SHA-256, so that it is good once, for its purpose, and for its time.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Protocol
from uuid import UUID

PURPOSE = "mail-link"
ID = 16
"""Bytes of an id."""
PROOF = 32
"""Bytes of HMAC-SHA-256."""
LENGTH = 86
"""Characters: 64 bytes in base64url, unpadded (RFC 4648, section 5)."""


class Keys(Protocol):
    def derive(self, purpose: str) -> bytes:
        """Return the key of a purpose, always the same."""
        ...


class MailLinks:
    """Implements application.mails.port.Links, and reads what it wrote."""

    def __init__(self, keys: Keys) -> None:
        self._key = keys.derive(PURPOSE)

    def text(self, purpose: str, owner: UUID, link: UUID) -> str:
        """Return what a link holds: 86 characters that need no escape in a URL.

        Args:
            purpose: what it is good for.
            owner: the account, or the tenant of an invitation.
            link: the link's own id, or the invitation's.
        """
        token = owner.bytes + link.bytes + self._proof(purpose, owner, link)
        return urlsafe_b64encode(token).rstrip(b"=").decode("ascii")

    def read(self, purpose: str, text: str) -> tuple[UUID, UUID] | None:
        """Return owner and link of a text that was made here for this purpose, or None.

        Says nothing of whether the link is still good: the log knows that.
        """
        token = _bytes_of(text)
        if token is None:
            return None
        owner, link = UUID(bytes=token[:ID]), UUID(bytes=token[ID : 2 * ID])
        if not hmac.compare_digest(token[2 * ID :], self._proof(purpose, owner, link)):
            return None
        return owner, link

    @staticmethod
    def digest(text: str) -> bytes:
        """Return what the log keeps of a link."""
        return sha256(text.encode("ascii")).digest()

    def _proof(self, purpose: str, owner: UUID, link: UUID) -> bytes:
        # Each part with its length: no two triples spell the same bytes.
        parts = (purpose.encode(), owner.bytes, link.bytes)
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._key, message, "sha256")


def _bytes_of(text: str) -> bytes | None:
    """Decode the one spelling that we write; None for any other."""
    if len(text) != LENGTH or not text.isascii():
        return None
    try:
        token = urlsafe_b64decode(text + "==")
    except binascii.Error:
        return None
    # The decoder passes over foreign characters and spare bits; what it made does not.
    same = urlsafe_b64encode(token).rstrip(b"=").decode("ascii") == text
    return token if same else None
