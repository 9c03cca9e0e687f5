"""One-time passwords and recovery codes of one account: each good once."""

from datetime import datetime

from application.accounts.ports import ONE_TIME_KEY, RECOVERY_CODES, OneTimePasswords, Vault
from domain.account import Factor
from domain.events import SecondFactorUsed
from domain.values import AccountId

DIGEST = 32
"""Bytes of each recovery code's SHA-256; they lie one after the other in their secret."""


class Codes:
    def __init__(self, vault: Vault, one_time: OneTimePasswords) -> None:
        self._vault = vault
        self._one_time = one_time

    def use(
        self, account: AccountId, factor: Factor, code: str, now: datetime
    ) -> SecondFactorUsed | None:
        """Return the fact that a code is used up; None if it is not good, or no longer."""
        key = self._vault.unsealed(account, ONE_TIME_KEY)
        step = self._one_time.step(key, code, now) if key else None
        if step is not None:
            return SecondFactorUsed(step=step, recovery=None) if step > factor.last_step else None
        digest = self._one_time.recovery_digest(code)
        stored = self._vault.unsealed(account, RECOVERY_CODES) or b""
        places = range(len(stored) // DIGEST)
        digests = [stored[place * DIGEST : (place + 1) * DIGEST] for place in places]
        if digest is None or digest not in digests:
            return None
        place = digests.index(digest)
        return None if place in factor.used else SecondFactorUsed(step=None, recovery=place)
