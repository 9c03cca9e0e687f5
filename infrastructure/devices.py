"""Which device or network a try to sign in comes from.

Implements application.accounts.ports.Devices.

A device that was signed in carries a token, bound to the account and to the password and second
factor of that time. What has none is known by its network alone: that is coarse on purpose, since
whoever has one address of a network has all of them.
"""

import hmac
import ipaddress
import os
from uuid import UUID

from application.accounts.ports import Visitor
from domain.sign_in import Client
from infrastructure.keys.spelling import Derives, spelled, unspelled

PURPOSE = "device"
PREFIX = "pmd_"
NAME = 16
"""Bytes that name a device."""
LENGTH = NAME + 32
KEY = 16
"""Bytes of a client's key: enough to tell clients of one address apart."""
NETWORK_BITS = {4: 24, 6: 48}
"""What one customer of a provider usually has."""


class SignedDevices:
    def __init__(self, keys: Derives) -> None:
        self._key = keys.derive(PURPOSE)

    def client(self, claim: str, account: UUID, count: int, visitor: Visitor) -> Client:
        if visitor.device is not None:
            raw = unspelled(visitor.device, PREFIX, LENGTH)
            name = raw[:NAME] if raw else b""
            if raw and hmac.compare_digest(raw[NAME:], self._tag(account, count, name)):
                return Client(key=self._named(claim, b"device" + name), known=True)
        network = network_of(visitor.address).encode()
        return Client(key=self._named(claim, b"network" + network), known=False)

    def text(self, account: UUID, count: int) -> str:
        name = os.urandom(NAME)
        return PREFIX + spelled(name + self._tag(account, count, name))

    def _tag(self, account: UUID, count: int, name: bytes) -> bytes:
        bound = f"device:{account}:{count}:".encode() + name
        return hmac.digest(self._key, bound, "sha256")

    def _named(self, claim: str, client: bytes) -> bytes:
        bound = f"client:{len(claim)}:{claim}".encode() + client
        return hmac.digest(self._key, bound, "sha256")[:KEY]


def network_of(address: str) -> str:
    """Return the network of an address, such as ``192.0.2.0/24``; the text itself if it is none.

    The zone of an IPv6 address counts for nothing: whoever sends it may choose it.
    """
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 6 and known.ipv4_mapped is not None:  # noqa: PLR2004
        known = known.ipv4_mapped
    return str(ipaddress.ip_network((known, NETWORK_BITS[known.version]), strict=False))
