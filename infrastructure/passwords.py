"""Password verifiers: Argon2id in PHC form, through passlib's interface (the libpass fork)."""

from functools import cached_property

from passlib.context import CryptContext

MEMORY = 47_104
"""KiB. With one pass and one lane this is OWASP's first choice (Password Storage Cheat Sheet);
one lane, because request threads already share the processors."""


class Argon2Passwords:
    """Implements application.accounts.Passwords."""

    def __init__(self) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=MEMORY,
            argon2__time_cost=1,
            argon2__parallelism=1,
        )

    def hash(self, password: str) -> str:
        return str(self._context.hash(password))

    def verify(self, password: str, verifier: str | None) -> bool:
        """Compare in the same time whether there is a verifier or not."""
        # Made before the choice: the first sign-in pays for it, known or not.
        nobody = self._nobody
        matches = bool(self._context.verify(password, verifier or nobody))
        return matches and verifier is not None

    def needs_update(self, verifier: str) -> bool:
        """Tell whether a verifier was made with other parameters than a new one would be."""
        return bool(self._context.needs_update(verifier))

    @cached_property
    def _nobody(self) -> str:
        return self.hash("nobody has this password")
