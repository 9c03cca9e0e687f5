"""What the service is told about mail, read and checked apart from the other settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

SMTP_URL = "PROOFMINT_SMTP_URL"
MAIL_FROM = "PROOFMINT_MAIL_FROM"
PUBLIC_URL = "PROOFMINT_PUBLIC_URL"
PORTS = {"smtp": 587, "smtps": 465}
"""Of mail submission (RFC 8314, section 3)."""
LONGEST_URL = 200
LONGEST_ADDRESS = 254
"""Characters (RFC 5321, section 4.5.3.1.3)."""
ATOM = r"""[^\s\x00-\x20()<>\[\]:;@\\,."\x7f]+"""
ADDRESS = re.compile(rf"{ATOM}(?:\.{ATOM})*@[\w-]+(?:\.[\w-]+)*")
"""One address without quotes, comments or a name: nothing in it reads as a second one."""


class BadMailSetting(Exception):
    """Names the setting. Never says what it holds: it may be a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    host: str
    port: int
    is_tls: bool
    """Encrypted from the first byte; otherwise STARTTLS is required, but on this machine."""
    user: str
    """Empty where the server asks for none."""
    password: str = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        return _is_loopback(self.host)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    smtp: SmtpServer | None
    """None: mails wait."""
    sender: str
    public_url: str
    """Of the front end, without a slash at its end; empty where there is none."""


def read_mail_settings(environment: Mapping[str, str]) -> MailSettings:
    """Read the settings of mail.

    Raises:
        BadMailSetting: one is missing or wrong.
    """
    given = environment.get(SMTP_URL, "")
    sender = environment.get(MAIL_FROM, "")
    server = _server(given) if given else None
    if (server or sender) and not (sender.isascii() and is_plain_address(sender)):
        raise BadMailSetting(f"{MAIL_FROM} is an address, such as tokens@example.com")
    public_url = environment.get(PUBLIC_URL, "")
    return MailSettings(smtp=server, sender=sender, public_url=public_url and _public(public_url))


def is_plain_address(text: str) -> bool:
    """Tell whether a text is one address and nothing else, for SMTP and for a header."""
    return len(text) <= LONGEST_ADDRESS and ADDRESS.fullmatch(text) is not None


def _server(url: str) -> SmtpServer:
    refused = BadMailSetting(f"{SMTP_URL} is smtp[s]://[user:password@]host[:port]")
    parts = _split(url, refused)
    if parts.scheme not in PORTS or parts.path not in {"", "/"}:
        raise refused
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password) or not all(
        one.isascii() and one.isprintable() for one in (user, password)
    ):
        raise refused
    return SmtpServer(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        is_tls=parts.scheme == "smtps",
        user=user,
        password=password,
    )


def _public(url: str) -> str:
    refused = BadMailSetting(f"{PUBLIC_URL} is https://host[:port][/path]; http on this machine")
    parts = _split(url, refused)
    is_here = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    good = parts.scheme == "https" or is_here
    if not good or parts.username is not None:
        raise refused
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str, refused: BadMailSetting) -> SplitResult:
    """Split a URL that has a host and says no more than where."""
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise refused from None
    clean = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{}|?#')
    if not good or not clean or len(url) > LONGEST_URL:
        raise refused
    return parts
