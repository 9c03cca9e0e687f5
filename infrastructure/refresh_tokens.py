"""Refresh tokens: session, generation and 256 bits that only the root key can make.

They are made anew whenever they are asked for, so none is kept, not even encrypted. Implements
application.accounts.ports.RefreshTexts.
"""

import hmac
from hashlib import sha256
from uuid import UUID

from domain.values import SessionId
from infrastructure.keys.spelling import Derives, spelled, unspelled

PURPOSE = "refresh-token"
PREFIX = "pmr_"
"""So that scanners for leaked secrets know one when they see it."""
GENERATION = 4
"""Bytes."""
LENGTH = 16 + GENERATION + 32
"""Bytes: session, generation, tag."""


class RefreshTokens:
    def __init__(self, keys: Derives) -> None:
        self._key = keys.derive(PURPOSE)

    def text(self, session: SessionId, generation: int, salt: bytes) -> str:
        named = session.bytes + generation.to_bytes(GENERATION, "big")
        return PREFIX + spelled(named + hmac.digest(self._key, named + salt, "sha256"))

    def read(self, text: str) -> tuple[SessionId, int] | None:
        raw = unspelled(text, PREFIX, LENGTH)
        if raw is None:
            return None
        return SessionId(UUID(bytes=raw[:16])), int.from_bytes(raw[16 : 16 + GENERATION], "big")

    def digest(self, text: str) -> bytes:
        return sha256(text.encode()).digest()
