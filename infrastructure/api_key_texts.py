"""API keys for machines: whose they are, and 256 random bits that are kept as a hash.

Implements application.accounts.api_keys.ApiKeyTexts.
"""

import os
from hashlib import sha256
from uuid import UUID

from domain.values import TenantId
from infrastructure.keys.spelling import spelled, unspelled

PREFIX = "pmk_"
"""So that scanners for leaked secrets know one when they see it."""
SECRET = 32
"""Bytes."""


class RandomApiKeys:
    def new(self, tenant: TenantId, key: UUID) -> str:
        return PREFIX + spelled(tenant.bytes + key.bytes + os.urandom(SECRET))

    def read(self, text: str) -> tuple[TenantId, UUID] | None:
        raw = unspelled(text, PREFIX, 2 * 16 + SECRET)
        return None if raw is None else (TenantId(UUID(bytes=raw[:16])), UUID(bytes=raw[16:32]))

    def digest(self, text: str) -> bytes:
        return sha256(text.encode()).digest()
