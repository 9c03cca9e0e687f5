"""Which device or network a try to sign in comes from.

Implements application.accounts.ports.Devices.

A device that was signed in carries a token, bound to the account and to the password and second
factor of that time. What has none is known by its network alone: that is coarse on purpose, since
whoever has one address of a network has all of them.
"""

import hmac
import os
from uuid import UUID

from application.accounts.ports import Visitor
from domain.sign_in import Client
from infrastructure.client_addresses import network_of
from infrastructure.keys.spelling import Derives, spelled, unspelled

PURPOSE = "device"
PREFIX = "pmd_"
NAME = 16
"""Bytes that name a device."""
LENGTH = NAME + 32
KEY = 16
"""Bytes of a client's key: enough to tell clients of one address apart."""


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
