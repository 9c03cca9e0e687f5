"""What can happen to a worker: it is gone in the middle, or another one is faster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.log import Append, Outcome, RecordedEvent
from domain.streams import StreamId


class Crash(BaseException):
    """The process is gone. Nothing catches it."""


@dataclass
class Countdown:
    left: int

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash


class CrashingLog:
    """Passes on to a log, and ends the process before or after an append."""

    def __init__(self, inner: object, countdown: Countdown) -> None:
        self._inner = inner
        self._countdown = countdown

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        self._countdown.step()
        outcome: list[Outcome] = self._inner.append(appends)  # type: ignore[attr-defined]
        self._countdown.step()
        return outcome

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self._inner, name)  # type: ignore[no-any-return]


class CrashingChain:
    """Passes on to a chain, and ends the process before or after a broadcast."""

    def __init__(self, inner: object, countdown: Countdown) -> None:
        self._inner = inner
        self._countdown = countdown

    def broadcast(self, raw: bytes) -> object:
        self._countdown.step()
        answers = self._inner.broadcast(raw)  # type: ignore[attr-defined]
        self._countdown.step()
        return answers

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class RacingLog:
    """Lets another worker go first, after so many of this worker's reads and appends."""

    def __init__(self, inner: object, after: int, meanwhile: Callable[[], None]) -> None:
        self._inner = inner
        self._left = after
        self._meanwhile = meanwhile

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        self._step()
        return self._inner.append(appends)  # type: ignore[attr-defined,no-any-return]

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        self._step()
        return self._inner.read_last(stream)  # type: ignore[attr-defined,no-any-return]

    def _step(self) -> None:
        self._left -= 1
        if self._left == -1:
            self._meanwhile()

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self._inner, name)  # type: ignore[no-any-return]
