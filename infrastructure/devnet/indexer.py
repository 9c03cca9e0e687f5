"""Starts and stops the indexer of the Algorand development network, by process id."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from infrastructure.devnet.anvil import free_port

ROOT = Path(__file__).parents[2]
START_PATIENCE = 30.0
STOP_PATIENCE = 15.0


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
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

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
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it answers; it may be far behind then.

        Raises:
            IndexerFailed: the process ended.
        """
        self.port = self.port or free_port()
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                [sys.executable, "-m", "infrastructure.devnet.algorand_indexer", *self._flags()],
                cwd=ROOT,
                env={**os.environ, "ALGOD_TOKEN": self.algod_token},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End it by SIGTERM, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

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

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                words = self.log.read_text("utf-8", "replace").strip()
                raise IndexerFailed(f"The indexer ended at once: {words[-500:]}")
            try:
                self.ask("/health")
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
            else:
                return
        self.kill()
        raise IndexerFailed("The indexer does not answer")

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
