"""One process of the development network: started, awaited until it answers, ended by its id."""

import os
import signal
import subprocess
import time
import urllib.error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_PATIENCE = 30.0
STOP_PATIENCE = 15.0
"""Seconds; stopping writes a chain's state."""
LONGEST_WORDS = 500


@dataclass
class Child:
    name: str
    failed: type[Exception]
    """Raised where it does not start."""
    words: Path | None = None
    """File that its stderr is kept in; None throws it away."""
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def start(
        self,
        command: Sequence[str],
        answers: Callable[[], object],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it, and wait until it answers.

        Args:
            command: what to run.
            answers: asks it; raises OSError while it does not answer.
            environment: what it is told beside our own.

        Raises:
            Exception: of the kind that was given, if it ended or never answered.
        """
        if self.words is not None:
            self.words.parent.mkdir(parents=True, exist_ok=True)
        with (self.words or Path(os.devnull)).open("ab") as words:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            if (ended := self._process.poll()) is not None:
                self._process = None
                raise self.failed(f"{self.name} ended at once with {ended}{self._last_words()}")
            try:
                answers()
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
            else:
                return
        self.end(signal.SIGKILL)
        raise self.failed(f"{self.name} does not answer")

    def end(self, how: signal.Signals) -> None:
        """Signal it and wait; kill it where that does not end it."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _last_words(self) -> str:
        if self.words is None:
            return ""
        return ": " + self.words.read_text("utf-8", "replace").strip()[-LONGEST_WORDS:]
