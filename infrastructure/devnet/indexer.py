"""Starts and stops the indexer of the Algorand development network, by process id."""

import json
import signal
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from infrastructure.devnet.anvil import free_port
from infrastructure.devnet.child import START_PATIENCE, Child


class IndexerFailed(Exception):
    """The indexer did not start, or it does not get where it should."""


@dataclass
class Indexer:
    """One indexer with a database of its own. Start it, use `url`, stop it."""

    data: Path
    """File that the database is kept in."""
    algod: str
    """URL of the node whose blocks it reads."""
    algod_token: str = field(repr=False)
    all_enabled: bool = True
    """Whether it answers what the real one refuses by default, as `note-prefix`."""
    lag_rounds: int = 0
    """Rounds that it stays behind."""
    port: int = 0
    """0 takes a free one; it is kept over restarts."""
    _child: Child = field(default_factory=lambda: Child("The indexer", IndexerFailed), repr=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """File that it says its troubles in."""
        return self.data.with_suffix(".log")

    @property
    def pid(self) -> int:
        return self._child.pid

    def start(self) -> None:
        """Start, and wait until it answers; it may be far behind then.

        Raises:
            IndexerFailed: the process ended.
        """
        self.port = self.port or free_port()
        self._child.words = self.log
        self._child.start(
            [sys.executable, "-m", "infrastructure.devnet.algorand_indexer", *self._flags()],
            lambda: self.ask("/health"),
            {"ALGOD_TOKEN": self.algod_token},
        )

    def stop(self) -> None:
        """End it by SIGTERM, and wait."""
        self._child.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.end(signal.SIGKILL)

    def ask(self, path: str) -> Any:
        """Ask what was started here."""
        return self._say("GET", path)

    @property
    def round(self) -> int:
        """The latest round that is in its database."""
        latest: int = self.ask("/health")["round"]
        return latest

    @property
    def begun_anew(self) -> int:
        """How often, since its start, another chain took the place of the one in its database."""
        times: int = self.ask("/devnet")["begun-anew"]
        return times

    def wait_for(self, number: int, patience: float = START_PATIENCE) -> int:
        """Wait until a round is in its database.

        Raises:
            IndexerFailed: it did not get there.
        """
        deadline = time.monotonic() + patience
        while (latest := self.round) < number:
            if time.monotonic() > deadline:
                trouble = self.ask("/devnet")["trouble"] or "no trouble"
                raise IndexerFailed(f"it stands at {latest}, before {number}: {trouble}")
            time.sleep(0.02)
        return latest

    def pause(self) -> None:
        """Add no round until `resume`."""
        self._say("POST", "/devnet/pause", {})

    def resume(self) -> None:
        self._say("POST", "/devnet/resume", {})

    def stay_behind(self, rounds: int) -> None:
        """Stay this many rounds behind from now on."""
        self._say("POST", "/devnet/lag", {"rounds": rounds})

    def _say(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)  # noqa: S310 - loopback http
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback http
            return json.load(answer)

    def _flags(self) -> list[str]:
        flags = ["--algod", self.algod, "--data", str(self.data.absolute())]
        flags += ["--port", str(self.port), "--lag-rounds", str(self.lag_rounds)]
        return flags + (["--enable-all-parameters"] if self.all_enabled else [])
