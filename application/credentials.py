"""What may be an e-mail address and a password, and the forms that both have for ever."""

import unicodedata

from domain.errors import DomainError

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


def _is_broken(text: str) -> bool:
    """Tell whether a text has no UTF-8 spelling: a half surrogate pair, as JSON can spell one."""
    return any("\ud800" <= character <= "\udfff" for character in text)
