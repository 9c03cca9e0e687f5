"""Which key-encryption keys a process has: one that wraps, and those that only open yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from infrastructure.keys.kms_key import KmsAddress
from infrastructure.keys.provider import BadKey, KeyProvider, read_key_file, read_master_key

MASTER = "PROOFMINT_MASTER_KEY"
MASTER_FILE = "PROOFMINT_MASTER_KEY_FILE"
PREVIOUS = "PROOFMINT_MASTER_KEY_PREVIOUS"
PREVIOUS_FILE = "PROOFMINT_MASTER_KEY_PREVIOUS_FILE"
KMS = "PROOFMINT_KMS_KEY_ID"
KMS_PREVIOUS = "PROOFMINT_KMS_KEY_ID_PREVIOUS"
KMS_ENDPOINT = "PROOFMINT_KMS_ENDPOINT"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """With a key in KMS that one wraps, and the master key only opens."""

    master: KeyProvider | None = field(default=None, repr=False)
    previous: tuple[KeyProvider, ...] = field(default=(), repr=False)
    kms: KmsAddress | None = None
    previous_kms: KmsAddress | None = None
    is_in_environment: bool = False
    """Whether the master key stands in the environment itself; otherwise in a file."""

    @property
    def masters(self) -> tuple[KeyProvider, ...]:
        return (*([self.master] if self.master else []), *self.previous)

    @property
    def is_development(self) -> bool:
        return bool(self.unfit)

    @property
    def unfit(self) -> str:
        """What production refuses, and why; empty if nothing."""
        if self.master and self.master.is_development:
            return f"{MASTER} is a development key"
        if any(one.is_development for one in self.previous):
            return f"{PREVIOUS} is a development key"
        if any(one and one.is_open for one in (self.kms, self.previous_kms)):
            return f"{KMS_ENDPOINT} has no TLS"
        return ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], data: Path) -> "KeySettings":
        """Read which keys there are.

        Raises:
            BadKey: one is missing or wrong; the message names its setting, and never the key.
        """
        kms, previous_kms = _kms(environment, KMS), _kms(environment, KMS_PREVIOUS)
        if environment.get(KMS_ENDPOINT) and not (kms or previous_kms):
            raise BadKey(f"{KMS_ENDPOINT} is set, and {KMS} is not")
        path = Path(environment.get(MASTER_FILE, str(data / "master.key")))
        # Where KMS wraps, there need be no master key; one that is named must be there.
        is_told = MASTER in environment or MASTER_FILE in environment
        needs_master = is_told or kms is None or path.exists()
        with_master = f"{MASTER} or {MASTER_FILE}"
        return cls(
            master=_named(with_master, lambda: _master(environment, path))
            if needs_master
            else None,
            previous=_named(f"{PREVIOUS} or {PREVIOUS_FILE}", lambda: _previous(environment)),
            kms=kms,
            previous_kms=previous_kms,
            is_in_environment=MASTER in environment,
        )


def _master(environment: Mapping[str, str], path: Path) -> KeyProvider:
    given = environment.get(MASTER)
    return read_master_key(read_key_file(path) if given is None else given)


def _previous(environment: Mapping[str, str]) -> tuple[KeyProvider, ...]:
    """Read keys between commas, or one a line of a file."""
    texts = environment.get(PREVIOUS, "").split(",")
    if PREVIOUS not in environment and (path := environment.get(PREVIOUS_FILE)):
        texts = read_key_file(Path(path)).splitlines()
    return tuple(read_master_key(text) for text in texts if text.strip())


def _kms(environment: Mapping[str, str], name: str) -> KmsAddress | None:
    key = environment.get(name, "")
    if not key:
        return None
    endpoint = environment.get(KMS_ENDPOINT, "")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadKey(f"{name} is no ARN, id or alias of a key")
    try:
        parts = urlsplit(endpoint)
        good = not endpoint or (parts.scheme in {"http", "https"} and bool(parts.hostname))
    except ValueError:
        good = False
    if not good or "@" in endpoint:
        raise BadKey(f"{KMS_ENDPOINT} is a URL such as https://kms.example")
    return KmsAddress(key=key, endpoint=endpoint)


def _named(name: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except BadKey as error:
        raise BadKey(f"{name}: {error}") from None
