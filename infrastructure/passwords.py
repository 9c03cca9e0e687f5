"""Password verifiers in PHC form, made and compared by passlib (the libpass fork).

PHC form is ``$scheme$parameters$salt$digest`` (github.com/P-H-C/phc-string-format).
passlib's own spelling of PBKDF2 predates it: rounds without a name, and a dot for a plus.
It is read as well, and never written.
"""

import re
from enum import StrEnum
from functools import cached_property

from passlib.context import CryptContext

MEMORY = 47_104
"""KiB. With one pass and one lane this is OWASP's first choice (Password Storage Cheat Sheet);
one lane, because request threads already share the processors."""
ROUNDS = 600_000
"""Of PBKDF2 with HMAC-SHA-256 (OWASP, same place)."""
NOBODY = "nobody has this password"

ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=\d{1,8},t=\d{1,4},p=\d{1,3}\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{6,128}",
    re.ASCII,
)
PBKDF2 = re.compile(
    r"\$pbkdf2-sha256\$(i=)?(\d{1,8})\$([A-Za-z0-9+/.]{0,128})\$([A-Za-z0-9+/.]{43})", re.ASCII
)


class Scheme(StrEnum):
    """What a new verifier is made with; its value opens the verifier."""

    ARGON2ID = "argon2id"
    PBKDF2_SHA256 = "pbkdf2-sha256"
    """For who has to use what NIST approves."""


PASSLIB_NAMES = {Scheme.ARGON2ID: "argon2", Scheme.PBKDF2_SHA256: "pbkdf2_sha256"}


SPELLED = {
    Scheme.ARGON2ID: f"Argon2id, {MEMORY // 1024} MiB, 1 pass, 1 lane",
    Scheme.PBKDF2_SHA256: f"PBKDF2-SHA256, {ROUNDS:,} rounds",
}


class PhcPasswords:
    """Implements application.accounts.Passwords.

    Verifiers of both schemes are understood, whichever new ones are made with. While some
    are of the other scheme, their sign-ins cost its time, and a stopwatch can tell them from
    unknown addresses; hence `needs_update`.
    """

    def __init__(self, scheme: Scheme = Scheme.ARGON2ID) -> None:
        self._scheme = scheme
        self._context = CryptContext(
            schemes=list(PASSLIB_NAMES.values()),
            default=PASSLIB_NAMES[scheme],
            deprecated="auto",  # what is not the default is due
            argon2__type="ID",
            argon2__memory_cost=MEMORY,
            argon2__time_cost=1,
            argon2__parallelism=1,
            pbkdf2_sha256__rounds=ROUNDS,
        )

    def hash(self, password: str) -> str:
        return _as_phc(str(self._context.hash(password)))

    def verify(self, password: str, verifier: str | None) -> bool:
        """Compare in the same time whether there is a verifier, none, or one that is garbage."""
        # Made before the choice: the first sign-in pays for it, known or not.
        nobody = self._nobody
        known = _as_passlib(verifier or "")
        try:
            matches = bool(self._context.verify(password, known or nobody))
        except ValueError:  # right in form, and parameters that cannot be
            self._context.verify(NOBODY, nobody)
            return False
        return matches and known is not None

    def needs_update(self, verifier: str) -> bool:
        """Tell whether a new verifier would have another scheme or other parameters."""
        known = _as_passlib(verifier)
        try:
            return known is None or bool(self._context.needs_update(known))
        except ValueError:
            return True

    @property
    def spelled(self) -> str:
        """Return how a new verifier is made, in words."""
        return SPELLED[self._scheme]

    @cached_property
    def _nobody(self) -> str:
        return str(self._context.hash(NOBODY))


def _as_phc(verifier: str) -> str:
    if (found := PBKDF2.fullmatch(verifier)) is None:
        return verifier
    _, rounds, salt, digest = found.groups()
    return f"$pbkdf2-sha256$i={rounds}${salt}${digest}".replace(".", "+")


def _as_passlib(verifier: str) -> str | None:
    """Return a verifier as passlib spells it; None for what is not a verifier."""
    if (found := PBKDF2.fullmatch(verifier)) is None:
        return verifier if ARGON2ID.fullmatch(verifier) else None
    _, rounds, salt, digest = found.groups()
    return f"$pbkdf2-sha256${rounds}${salt}${digest}".replace("+", ".")
