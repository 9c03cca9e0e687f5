"""What happened to the keys that protect keys, and to mails. No key and no address is in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RootMade:
    """The root that all derived keys come from was made, and wrapped."""

    key_id: str
    """Of the key-encryption key; tells nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsRewrapped:
    """Every data key is wrapped under this key-encryption key now."""

    key_id: str
    secrets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSent:
    """A mail server took it; whether it was read nobody knows."""

    kind: str
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailGivenUp:
    kind: str
    tries: int
    reason: str
    """Never an address."""


CustodyEvent = RootMade | SecretsRewrapped
MailEvent = MailSent | MailGivenUp
