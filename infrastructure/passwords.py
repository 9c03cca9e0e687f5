"""Password verifiers: Argon2id in PHC form, through passlib's interface (the libpass fork)."""

from functools import cached_property

from passlib.context import CryptContext


class Argon2Passwords:
    """Implements application.accounts.Passwords."""

    def __init__(self) -> None:
        self._context = CryptContext(schemes=["argon2"], argon2__type="ID")

    def hash(self, password: str) -> str:
        return str(self._context.hash(password))

    def verify(self, password: str, verifier: str | None) -> bool:
        """Compare in the same time whether there is a verifier or not."""
        matches = bool(self._context.verify(password, verifier or self._nobody))
        return matches and verifier is not None

    @cached_property
    def _nobody(self) -> str:
        return self.hash("nobody has this password")
