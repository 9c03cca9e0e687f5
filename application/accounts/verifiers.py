"""Password verifiers as they lie in their secret, each with the number of the password it is of.

So an old row that somebody puts back into the table opens nothing.
"""

from application.accounts.facts import Facts
from application.accounts.ports import PASSWORD, Passwords, Vault
from application.credentials import PasswordJudge, acceptable_password
from domain.values import AccountId


class Verifiers:
    def __init__(self, vault: Vault, passwords: Passwords, judge: PasswordJudge) -> None:
        self._vault = vault
        self._passwords = passwords
        self._judge = judge

    def made(self, password: str, email: str) -> str:
        """Return a verifier of a new password.

        Args:
            password: as typed.
            email: of its person, frozen.

        Raises:
            WeakPassword: see `acceptable_password`.
            TooBusy: others wait for password work already.
        """
        return self._passwords.hash(acceptable_password(password, email, self._judge))

    def replace(self, facts: Facts, account: AccountId, number: int, verifier: str) -> None:
        """Add that a verifier takes the place of the one before."""
        version = self._vault.version_of(account, PASSWORD) + 1
        facts.destroy(account, PASSWORD)
        facts.keep(self._vault.seal(account, PASSWORD, spelled(number, verifier), version))


def spelled(number: int, verifier: str) -> bytes:
    """Spell a verifier for its secret.

    Args:
        number: of the password: 1 is the first.
        verifier: in PHC form, which holds no blank.
    """
    return f"{number} {verifier}".encode()


def verifier_in(stored: bytes | None, number: int) -> str | None:
    """Return the verifier of a password; None where there is none, or that of another one."""
    if stored is None:
        return None
    text = stored.decode()
    named, numbered, verifier = text.partition(" ")
    if not numbered:  # from before numbers were written
        return text
    return verifier if named == str(number) else None
