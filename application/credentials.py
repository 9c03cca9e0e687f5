"""What may be an e-mail address and a password, and the forms that both have for ever."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from domain.errors import DomainError

Result = TypeVar("Result")

PRODUCT = "proofmint"
SHORTEST_WORD = 3
"""Characters. What is shorter stands in a good password by chance (the "co" of co.uk)."""
SHORTEST_PASSWORD = 16
LONGEST_PASSWORD = 256
"""Code points after NFC (NIST SP 800-63B-4; ARC-76 asks for 16)."""
LONGEST_EMAIL = 254
"""Characters (RFC 5321, section 4.5.3.1.3)."""
LONGEST_RAW = 4
"""Code points that may compose to one (NFC); what is longer is refused before any work."""
EMAIL_FORM = 1
"""Version of `freeze_email`."""
PASSWORD_FORM = 1
"""Version of the form that a password has before it is used: NFC, and nothing else."""


class InvalidEmail(DomainError):
    code = "INVALID_EMAIL"

    def __init__(self) -> None:
        super().__init__("that is not an e-mail address")


class WeakPassword(DomainError):
    code = "WEAK_PASSWORD"


class TooBusy(DomainError):
    """More passwords wait to be hashed than can be in a bearable time; nothing was done."""

    code = "RATE_LIMIT_EXCEEDED"

    def __init__(self) -> None:
        super().__init__("too many sign-ins and sign-ups at once; try again in a moment")


class InvalidCredentials(DomainError):
    """One answer for an unknown address and a wrong password."""

    code = "INVALID_CREDENTIALS"

    def __init__(self) -> None:
        super().__init__("e-mail address or password is wrong")


class UnknownAccount(DomainError):
    """A credential that holds speaks for an account that the log does not have (a restore)."""

    code = "UNAUTHORIZED"

    def __init__(self) -> None:
        super().__init__("the log does not know this account")


class PasswordJudge(Protocol):
    def judge(self, password: str, context: Sequence[str]) -> str | None:
        """Return why a password is too easy to guess, in words for its user; None if it holds.

        The words never hold the password or part of it. The password has passed
        `accept_password`; context words are what an attacker knows, and count for nothing.
        """
        ...


class Work(Protocol):
    """Where passwords are hashed and keys derived: a few at once, and a few that wait."""

    def run(self, work: Callable[[], Result]) -> Result:
        """Do the work, wait for it, and return its result or raise its error.

        Raises:
            TooBusy: as much as may run and wait has been taken on already.
        """
        ...


def freeze_email(email: str) -> str:
    """Return the form of an address that a chain account is derived from, for ever (version 1).

    Composed (NFC), without blanks around, in lower case, and composed again: a few letters
    have a composed form in lower case alone (J with caron), and one address has one form.

    Raises:
        InvalidEmail: not one ``@`` with something on both sides, a blank or control
            character inside, or too long.
    """
    if len(email) > LONGEST_RAW * LONGEST_EMAIL:
        raise InvalidEmail
    lower = unicodedata.normalize("NFC", email.strip()).lower()
    frozen = unicodedata.normalize("NFC", lower)
    local, _, domain = frozen.rpartition("@")
    clean = frozen.isprintable() and " " not in frozen and len(frozen) <= LONGEST_EMAIL
    if not clean or not local or not domain or "@" in local or "." not in domain.strip("."):
        raise InvalidEmail
    return frozen


def normal_password(password: str) -> str:
    """Return a password composed (NFC), so that every keyboard gives the same bytes.

    Raises:
        InvalidCredentials: longer than any password that was ever accepted, or not Unicode.
    """
    if len(password) > LONGEST_RAW * LONGEST_PASSWORD or _is_broken(password):
        raise InvalidCredentials
    return unicodedata.normalize("NFC", password)


def accept_password(password: str) -> str:
    """Check a new password and return it composed (NFC).

    Raises:
        WeakPassword: shorter than 16 or longer than 256 code points, with a NUL, or not Unicode.
    """
    if len(password) > LONGEST_RAW * LONGEST_PASSWORD:
        raise WeakPassword(f"a password has at most {LONGEST_PASSWORD} characters")
    composed = unicodedata.normalize("NFC", password)
    if not SHORTEST_PASSWORD <= len(composed) <= LONGEST_PASSWORD:
        raise WeakPassword(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if "\0" in composed:
        raise WeakPassword("a password holds no NUL character")
    if _is_broken(composed):
        raise WeakPassword("a password holds no half of a surrogate pair")
    return composed


def acceptable_password(password: str, email: str, judge: PasswordJudge) -> str:
    """Check form and strength of a new password and return it composed (NFC).

    Raises:
        WeakPassword: see `accept_password`; or too easy to guess for who knows the address.
    """
    accepted = accept_password(password)
    if (reason := judge.judge(accepted, known_words(email))) is not None:
        raise WeakPassword(reason)
    return accepted


def known_words(email: str) -> tuple[str, ...]:
    """Return what a guesser tries first: a frozen address, its parts, and our own name."""
    local, _, domain = email.rpartition("@")
    parts = (email, local, domain, *re.split(r"[\W_]+", email), PRODUCT)
    return tuple(dict.fromkeys(part for part in parts if len(part) >= SHORTEST_WORD))


def _is_broken(text: str) -> bool:
    """Tell whether a text has no UTF-8 spelling: a half surrogate pair, as JSON can spell one."""
    return any("\ud800" <= character <= "\udfff" for character in text)
