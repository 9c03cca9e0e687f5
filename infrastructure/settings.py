"""Configuration: read once from the environment, checked at start, passed by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from infrastructure.access_settings import AccessSettings, BadAccessSetting
from infrastructure.key_settings import KeySettings
from infrastructure.keys.provider import LENGTH, BadKey
from infrastructure.mail_settings import BadMailSetting, MailSettings, read_mail_settings

TREASURY = "PROOFMINT_TREASURY_KEY_"
NODE_TOKEN = "PROOFMINT_NODE_TOKEN_"  # noqa: S105 - the name of a setting
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Private keys are 1 to one less than this (SEC 2, section 2.4.1)."""
MOST_THREADS = 1_000
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class BadSetting(Exception):
    """The service cannot start as configured. Never says what a secret is."""


class Mode(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process is told. Secrets are left out of its repr."""

    mode: Mode
    data: Path
    """Folder of the embedded database, the devnet and development keys."""
    database_url: str = field(repr=False)
    networks: Path
    """The catalogue file."""
    keys: KeySettings = field(repr=False)
    treasuries: Mapping[str, bytes] = field(repr=False)
    """Private key by network id, with hyphens for its dots."""
    node_tokens: Mapping[str, str] = field(repr=False)
    """API token of nodes, by the name that the catalogue calls it."""
    bind: str
    threads: int
    """Request threads of an API process."""
    log_level: str
    mail: MailSettings
    access: AccessSettings

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite:")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings of the whole service.

        Raises:
            BadSetting: one is missing or wrong; the message names it.
        """
        data = Path(environment.get("PROOFMINT_DATA", ".proofmint")).absolute()
        mode = _one_of(Mode, environment.get("PROOFMINT_MODE", Mode.DEVELOPMENT))
        keys = _keys(environment, data)
        if mode is Mode.PRODUCTION and keys.unfit:
            raise BadSetting(f"{keys.unfit}, and this is production")
        default_networks = str(data / "networks.toml")
        return cls(
            mode=mode,
            data=data,
            database_url=_database_url(environment, data),
            networks=Path(environment.get("PROOFMINT_NETWORKS", default_networks)),
            keys=keys,
            treasuries=dict(_treasuries(environment)),
            node_tokens=dict(_node_tokens(environment)),
            bind=_bind(environment.get("PROOFMINT_BIND", "127.0.0.1:8400")),
            threads=_count(environment, "PROOFMINT_THREADS", "16"),
            log_level=_log_level(environment.get("PROOFMINT_LOG_LEVEL", "INFO")),
            mail=_mail(environment),
            access=_access(environment),
        )


def database_url(environment: Mapping[str, str]) -> str:
    """Return where the log lies, for commands that need no key.

    Raises:
        BadSetting: PROOFMINT_DATABASE_URL is of a kind that is not known.
    """
    data = Path(environment.get("PROOFMINT_DATA", ".proofmint")).absolute()
    return _database_url(environment, data)


def _database_url(environment: Mapping[str, str], data: Path) -> str:
    url = environment.get("PROOFMINT_DATABASE_URL", f"sqlite:///{data}/proofmint.db")
    is_file = url.startswith("sqlite:///") and url != "sqlite:///"
    if not is_file and not url.startswith("postgresql://"):
        raise BadSetting("PROOFMINT_DATABASE_URL starts with sqlite:/// or postgresql://")
    return url


def _keys(environment: Mapping[str, str], data: Path) -> KeySettings:
    try:
        return KeySettings.from_environment(environment, data)
    except BadKey as error:
        raise BadSetting(str(error)) from None


def _mail(environment: Mapping[str, str]) -> MailSettings:
    try:
        return read_mail_settings(environment)
    except BadMailSetting as error:
        raise BadSetting(str(error)) from None


def _access(environment: Mapping[str, str]) -> AccessSettings:
    try:
        return AccessSettings.from_environment(environment)
    except BadAccessSetting as error:
        raise BadSetting(str(error)) from None


def _treasuries(environment: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """Read PROOFMINT_TREASURY_KEY_<network id, upper case, _ for - and .> of every network."""
    found = []
    for name, value in environment.items():
        if name.startswith(TREASURY):
            try:
                key = bytes.fromhex(value.removeprefix("0x"))
            except ValueError:
                key = b""
            is_key = 0 < int.from_bytes(key, "big") < SECP256K1_ORDER
            if len(key) != LENGTH or not is_key or name == TREASURY:
                raise BadSetting(f"{name} is not a network's private key, 32 bytes in hexadecimal")
            found.append((_as_id(name.removeprefix(TREASURY)), key))
    return found


def _node_tokens(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Read PROOFMINT_NODE_TOKEN_<name, upper case, _ for -> of every node that wants one."""
    found = []
    for name, value in environment.items():
        if name.startswith(NODE_TOKEN):
            if not value.isascii() or not value.isprintable() or " " in value or name == NODE_TOKEN:
                raise BadSetting(f"{name} is not a token: printable ASCII without blanks")
            found.append((_as_id(name.removeprefix(NODE_TOKEN)), value))
    return found


def _as_id(name: str) -> str:
    return name.lower().replace("_", "-")


def _one_of(kind: type[Mode], value: str) -> Mode:
    try:
        return kind(value)
    except ValueError:
        raise BadSetting(f"PROOFMINT_MODE is {' or '.join(kind)}") from None


def _count(environment: Mapping[str, str], name: str, default: str) -> int:
    text = environment.get(name, default)
    short = text.isdecimal() and len(text) <= len(str(MOST_THREADS))
    if not short or not 1 <= int(text) <= MOST_THREADS:
        raise BadSetting(f"{name} is a whole number from 1 to {MOST_THREADS}")
    return int(text)


def _bind(text: str) -> str:
    try:
        parts = urlsplit(f"//{text}")
        good = parts.netloc == text and parts.hostname and parts.port is not None
    except ValueError:
        good = False
    if not good or "@" in text:
        raise BadSetting("PROOFMINT_BIND is a host and a port, such as 127.0.0.1:8400")
    return text


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise BadSetting(f"PROOFMINT_LOG_LEVEL is one of {', '.join(LOG_LEVELS)}")
    return text.upper()
