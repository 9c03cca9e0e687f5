"""Starts and stops the Algorand half of the development network, by process id."""

import json
import secrets
import signal
import sys
import urllib.error
import urllib.request
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from nacl.signing import SigningKey

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.anvil import free_port
from infrastructure.devnet.child import Child

DEVELOPMENT_SEED = sha256(b"proofmint development network").digest()
"""Ed25519 seed of an account that is rich on every development chain, and worthless elsewhere."""
TREASURY = algorand_address_text(bytes(SigningKey(DEVELOPMENT_SEED).verify_key))


class AlgodFailed(Exception):
    """The ledger's binary is not there, or the node did not start."""


@dataclass
class Algod:
    """One chain with one node or more. Start it, use `url`, stop it."""

    data: Path
    """Folder that the chain is kept in; an empty one makes a new chain."""
    round_seconds: float = 1.0
    """Seconds between rounds; 0 makes them by order alone."""
    nodes: int = 1
    """Nodes with pools of their own over the one ledger."""
    retention: int = 0
    """Blocks served before the latest; 0 serves all."""
    funded: tuple[str, ...] = (TREASURY,)
    """Accounts that are rich in a new chain."""
    token: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    ports: tuple[int, ...] = ()
    """Free ones are taken, and kept over restarts."""
    genesis_hash: bytes = b""
    genesis_id: str = ""
    _child: Child = field(default_factory=lambda: Child("The node", AlgodFailed), repr=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self.urls[0]

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(f"http://127.0.0.1:{port}" for port in self.ports)

    @property
    def treasury(self) -> bytes:
        """Seed of the account that is rich in the beginning."""
        return DEVELOPMENT_SEED

    @property
    def pid(self) -> int:
        return self._child.pid

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            AlgodFailed: the package is not installed, or the process ended.
        """
        self.ports = self.ports or tuple(free_port() for _ in range(self.nodes))
        self._child.words = self.data.with_suffix(".log")
        self._child.start(
            [sys.executable, "-m", "infrastructure.devnet.algorand", *self._flags()],
            lambda: self.ask("GET", "/ready"),
            {"ALGOD_TOKEN": self.token},
        )
        said = self.ask("GET", "/versions")
        self.genesis_hash = b64decode(said["genesis_hash_b64"])
        self.genesis_id = said["genesis_id"]

    def stop(self) -> None:
        """End it by SIGTERM, and wait."""
        self._child.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.end(signal.SIGKILL)

    def ask(self, method: str, path: str, body: Any = None, *, node: int = 0) -> Any:
        """Ask a node that was started here, for instance under /devnet."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback http
            self.urls[node] + path, data, {"X-Algo-API-Token": self.token}, method=method
        )
        with urllib.request.urlopen(request, timeout=75) as answer:  # noqa: S310 - loopback http
            return json.load(answer)

    def tick(self, rounds: int = 1) -> int:
        """Make rounds now, and return the latest."""
        latest: int = self.ask("POST", "/devnet/tick", {"rounds": rounds})["last-round"]
        return latest

    def fault(self, *, node: int = 0, **wanted: float) -> None:
        """Set a node's faults, as `fault(queue_full=1)`."""
        self.ask("POST", "/devnet/faults", wanted, node=node)

    def _flags(self) -> list[str]:
        flags = ["--data", str(self.data.absolute()), "--port", ",".join(map(str, self.ports))]
        flags += ["--round-seconds", str(self.round_seconds), "--retention", str(self.retention)]
        return flags + [flag for address in self.funded for flag in ("--fund", address)]
