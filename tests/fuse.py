"""A fuse that ends its process as a power cut would, and a log that burns it down.

Whoever imports it starts no server of processes and preloads nothing: that is each victim's own.
"""

import os
import signal
from collections.abc import Sequence

from domain.log import Append, Outcome, Secret
from infrastructure.event_log import StoredLog


class Fuse:
    """Ends the process by SIGKILL when it has burned down."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def burn(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class FusedLog:
    """A log that burns the fuse before and after each transaction that writes."""

    def __init__(self, log: StoredLog, fuse: Fuse) -> None:
        self._log = log
        self._fuse = fuse

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        self._fuse.burn()
        outcomes = self._log.append(appends)
        self._fuse.burn()
        return outcomes

    def exchange(self, changes: Sequence[tuple[Secret, Secret]]) -> list[bool]:
        self._fuse.burn()
        done = self._log.exchange(changes)
        self._fuse.burn()
        return done

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)
