"""Starts and stops Anvil, the EVM ledger of the development network, by process id."""

import json
import platform
import secrets
import signal
import socket
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from infrastructure.devnet.child import ROOT, Child

PACKAGE = ROOT / "node_modules" / "@foundry-rs" / "anvil-linux-amd64"
DEVELOPMENT_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The first key that every development chain knows; rich there, worthless elsewhere."""
CHAIN_ID = 31337
PAST = 10_000_000
"""Seconds from which a new chain's beginning is drawn."""


class AnvilFailed(Exception):
    """Anvil is not there, or it did not start."""


@dataclass
class Anvil:
    """One Anvil process. Start it, use `url`, stop it."""

    state: Path | None = None
    """File that the chain is kept in; None forgets it with the process."""
    block_time: str = "1"
    """Seconds between blocks, as Anvil reads them."""
    chain_id: int = CHAIN_ID
    port: int = 0
    """0 takes a free one; it is kept over restarts."""
    more: tuple[str, ...] = ()
    """Further flags, for tests."""
    genesis_hash: bytes = b""
    _child: Child = field(default_factory=lambda: Child("Anvil", AnvilFailed), repr=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._child.pid

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            AnvilFailed: the package is not installed, or the process ended.
        """
        self.port = self.port or free_port()
        self._child.start([str(_binary()), *self._flags()], lambda: self.ask("eth_chainId"))
        self.genesis_hash = bytes.fromhex(
            self.ask("eth_getBlockByNumber", "0x0", False)["hash"][2:]
        )

    def stop(self) -> None:
        """End it by SIGTERM, so that it writes its state, and wait."""
        self._child.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.end(signal.SIGKILL)

    def ask(self, method: str, *params: Any) -> Any:
        """Ask the node that was started here."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = urllib.request.Request(  # noqa: S310 - loopback http
            self.url, json.dumps(call).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback http
            said = json.load(answer)
        if "error" in said:
            raise AnvilFailed(f"{method}: {said['error']}")
        return said["result"]

    def _flags(self) -> list[str]:
        flags = ["--host", "127.0.0.1", "--port", str(self.port), "--silent"]
        flags += ["--chain-id", str(self.chain_id), "--block-time", self.block_time]
        flags += ["--slots-in-an-epoch", "1", "--mixed-mining", *self.more]
        if self.state is None or not self.state.exists():
            # The start time alone makes a genesis hash its own, and it counts in seconds:
            # two chains of one second would be taken for one another.
            flags += ["--timestamp", str(int(time.time()) - secrets.randbelow(PAST))]
        if self.state is not None:
            flags += ["--state", str(self.state), "--preserve-historical-states"]
            flags += ["--state-interval", "1"]
        return flags


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _binary() -> Path:
    found = next((path for path in PACKAGE.rglob("anvil") if path.is_file()), None)
    if found is None or platform.machine() != "x86_64":
        raise AnvilFailed(
            "Anvil is not installed for this machine: run `make setup` (linux, x86-64)"
        )
    return found
