"""A real algod and a real indexer, named by the environment, in the place of the devnet's."""

import os
import time
from base64 import b64decode
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from algosdk import mnemonic
from algosdk.v2client.algod import AlgodClient
from algosdk.v2client.indexer import IndexerClient

from domain.values import NetworkRef
from tests.algod_wallet import Wallet
from tests.algorand_hands import Hands, policy
from tests.algorand_world import StaticKeys, adapter

WANTED = ("ALGOD_URL", "ALGOD_TOKEN", "INDEXER_URL", "INDEXER_TOKEN", "ALGOD_MNEMONIC")
"""A token may be empty, but it is said."""
MAY_BE_EMPTY = ("ALGOD_TOKEN", "INDEXER_TOKEN")
BREATH = 0.25
"""Seconds that an indexer gets after each turn on a network whose rounds take no time."""
INDEX_PATIENCE = 60.0


def missing() -> list[str]:
    """Return the settings that are not there."""
    said = os.environ
    return [name for name in WANTED if not said.get(name) and not _is_said_empty(name)]


def _is_said_empty(name: str) -> bool:
    return name in MAY_BE_EMPTY and name in os.environ


@dataclass
class RealNode:
    """What worlds, wallets and holders ask of the development network's node, asked of a real one.

    On a consensus network time makes the rounds; under DevMode only traffic does, so a tick is
    a payment to oneself there.
    """

    url: str
    token: str
    indexer_url: str
    indexer_token: str
    words: str = field(repr=False)

    @classmethod
    def of_environment(cls) -> "RealNode":
        return cls(*(os.environ.get(name, "") for name in WANTED))

    @property
    def urls(self) -> tuple[str, ...]:
        return (self.url,)

    @cached_property
    def treasury(self) -> bytes:
        """Seed of the account that pays."""
        return b64decode(mnemonic.to_private_key(self.words))[:32]

    @cached_property
    def client(self) -> AlgodClient:
        return AlgodClient(self.token, self.url)

    @cached_property
    def indexer(self) -> IndexerClient:
        return IndexerClient(self.indexer_token, self.indexer_url)

    @cached_property
    def is_devmode(self) -> bool:
        return bool(self.ask("GET", "/genesis").get("devmode"))

    @cached_property
    def genesis_hash(self) -> bytes:
        return b64decode(self.ask("GET", "/versions")["genesis_hash_b64"])

    def ask(self, method: str, path: str) -> Any:
        return self.client.algod_request(method, path.removeprefix("/v2"))

    def tick(self, rounds: int = 1) -> int:
        """Let so many rounds come, and return the latest."""
        if self.is_devmode:
            payer = Wallet(self, self.treasury)  # type: ignore[arg-type]
            for _ in range(rounds):
                paid = payer.payment(payer.address, 0, note=uuid4().bytes)
                self.client.send_transaction(paid)
            time.sleep(BREATH)
            return self.round
        wanted = self.round + rounds
        while (latest := self.round) < wanted:
            self.client.status_after_block(latest)
        return latest

    def give(self, address: str, amount: int) -> None:
        """Pay, and wait until it is there."""
        payer = Wallet(self, self.treasury)  # type: ignore[arg-type]
        name = self.client.send_transaction(payer.payment(address, amount, note=uuid4().bytes))
        while "confirmed-round" not in (found := self.client.pending_transaction_info(name)):
            assert not found["pool-error"], found
            self.tick()

    @property
    def round(self) -> int:
        latest: int = self.client.status()["last-round"]
        return latest

    def world(self, url: str = "") -> Hands:
        """Make an engine on this network; another url puts something before the node."""
        reader: Any = SimpleNamespace(url=self.indexer_url, algod_token=self.indexer_token)
        chosen = policy(index_patience=INDEX_PATIENCE, stuck_after=60.0)
        chain = adapter(self, [url or self.url], chosen, [reader], timeout=20.0)  # type: ignore[arg-type]
        return Hands(self, chain, keys=PayingKeys(self.treasury))  # type: ignore[arg-type]


class PayingKeys(StaticKeys):
    """The treasury is the account of the mnemonic."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def treasury(self, network: NetworkRef) -> bytes | None:
        return self._seed if self.rich else None
