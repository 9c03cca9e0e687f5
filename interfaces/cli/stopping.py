"""Lets a loop end between two turns when the process is told to."""

import signal
import threading
from types import FrameType


class Stopping:
    """Set by SIGTERM and SIGINT; a loop asks it, and waits on it instead of sleeping."""

    def __init__(self) -> None:
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def __bool__(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self._event.set()
