"""Time-based one-time passwords by pyotp (RFC 6238), and recovery codes.

Implements application.accounts.ports.OneTimePasswords.
"""

import base64
import hmac
import os
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import pyotp

ISSUER = "Proofmint"
KEY = 20
"""Bytes (RFC 4226 asks for 20)."""
INTERVAL = 30
"""Seconds of a time step: what every authenticator has."""
DRIFT = (0, -1, 1)
"""Time steps that count beside the present one: clocks differ."""
CODE = re.compile(r"\d{6}", re.ASCII)
RECOVERY_CODES = 10
RECOVERY = 10
"""Bytes of a recovery code: 80 bits, 16 letters and digits."""
GROUP = 4


class TimeBasedPasswords:
    def new_key(self) -> bytes:
        return os.urandom(KEY)

    def spelled(self, key: bytes) -> str:
        return base64.b32encode(key).decode()

    def uri(self, key: bytes, label: str) -> str:
        return pyotp.TOTP(self.spelled(key)).provisioning_uri(name=label, issuer_name=ISSUER)

    def step(self, key: bytes, code: str, now: datetime) -> int | None:
        given = "".join(code.split())
        if not CODE.fullmatch(given):
            return None
        codes = pyotp.TOTP(self.spelled(key))
        for drift in DRIFT:
            at = now + timedelta(seconds=drift * INTERVAL)
            if hmac.compare_digest(codes.at(at), given):
                return int(at.timestamp()) // INTERVAL
        return None

    def new_recovery_codes(self) -> Sequence[str]:
        return [_grouped(os.urandom(RECOVERY)) for _ in range(RECOVERY_CODES)]

    def recovery_digest(self, code: str) -> bytes | None:
        plain = re.sub(r"[\s-]", "", code).upper()
        try:
            raw = base64.b32decode(plain)
        except ValueError:
            return None
        return sha256(b"recovery-code" + raw).digest() if len(raw) == RECOVERY else None


def _grouped(raw: bytes) -> str:
    text = base64.b32encode(raw).decode()
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))
