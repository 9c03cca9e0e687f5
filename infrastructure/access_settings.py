"""How people get in: settings of passwords, proxies and limits, read apart from the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from infrastructure.passwords import Scheme

SCHEME = "PROOFMINT_PASSWORD_SCHEME"
COMMON = "PROOFMINT_COMMON_PASSWORDS"
PROXIES = "PROOFMINT_TRUSTED_PROXIES"
REALM = "PROOFMINT_WALLET_REALM"
RATE = "PROOFMINT_TRIES_PER_MINUTE"
DAYS = "PROOFMINT_ACTIVITY_DAYS"
LONGEST_REALM = 100
MOST_RATE = 1_000_000
MOST_DAYS = 36_500


class BadAccessSetting(Exception):
    """Names the setting and what it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    scheme: Scheme
    common_passwords: Path | None
    proxies: tuple[IPv4Network | IPv6Network, ...]
    realm: str
    """What a wallet is asked to sign for (ARC-14, a draft)."""
    tries_per_minute: int
    """Of one network, on routes where secrets are tried or made, for each API process."""
    activity_days: int
    """How long security activity is shown and exported."""

    def is_proxy(self, address: str) -> bool:
        """Tell whether an address is one of our own proxies."""
        try:
            known = ip_address(address)
        except ValueError:
            return False
        if isinstance(known, IPv6Address) and known.ipv4_mapped is not None:
            known = known.ipv4_mapped  # so a socket for both families spells an IPv4 peer
        return any(known in network for network in self.proxies)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "AccessSettings":
        """Read them.

        Raises:
            BadAccessSetting: one is wrong.
        """
        common = environment.get(COMMON, "")
        return cls(
            scheme=_scheme(environment.get(SCHEME, Scheme.ARGON2ID)),
            common_passwords=Path(common) if common else None,
            proxies=_proxies(environment.get(PROXIES, "")),
            realm=_realm(environment.get(REALM, "proofmint")),
            tries_per_minute=_count(environment, RATE, "120", MOST_RATE),
            activity_days=_count(environment, DAYS, "400", MOST_DAYS),
        )


def _scheme(text: str) -> Scheme:
    try:
        return Scheme(text)
    except ValueError:
        raise BadAccessSetting(f"{SCHEME} is {' or '.join(Scheme)}") from None


def _proxies(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise BadAccessSetting(
            f"{PROXIES} is a list of networks, such as 10.0.0.0/8, 192.0.2.7"
        ) from None


def _realm(text: str) -> str:
    fit = text.isascii() and text.isprintable() and not set(text) & set(" #:")
    if not text or not fit or len(text) > LONGEST_REALM:
        raise BadAccessSetting(f"{REALM} is printable ASCII without blanks, # and :")
    return text


def _count(environment: Mapping[str, str], name: str, default: str, most: int) -> int:
    text = environment.get(name, default)
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
        raise BadAccessSetting(f"{name} is a whole number from 1 to {most}")
    if not 1 <= int(text) <= most:
        raise BadAccessSetting(f"{name} is a whole number from 1 to {most}")
    return int(text)
