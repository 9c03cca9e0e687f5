"""Nonces for wallets to sign: ours, short-lived, known again without being kept.

Implements application.accounts.wallets.Challenges. That each is good once, the log sees to.
"""

import hmac
import os
from datetime import UTC, datetime, timedelta

from infrastructure.keys.spelling import Derives

PURPOSE = "wallet-challenge"
LIFETIME = timedelta(minutes=5)
RANDOM, TIME, TAG = 16, 8, 16
"""Bytes of each part of a nonce."""


class SignedChallenges:
    def __init__(self, keys: Derives) -> None:
        self._key = keys.derive(PURPOSE)

    def new(self, now: datetime) -> tuple[bytes, datetime]:
        seconds = int((now + LIFETIME).timestamp())
        body = os.urandom(RANDOM) + seconds.to_bytes(TIME, "big")
        return body + self._tag(body), datetime.fromtimestamp(seconds, UTC)

    def holds(self, nonce: bytes, now: datetime) -> bool:
        if len(nonce) != RANDOM + TIME + TAG:
            return False
        body, tag = nonce[: RANDOM + TIME], nonce[RANDOM + TIME :]
        if not hmac.compare_digest(tag, self._tag(body)):
            return False
        return now.timestamp() < int.from_bytes(body[RANDOM:], "big")

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:TAG]
