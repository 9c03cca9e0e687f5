"""A log of lists that fails from a chosen call on, until it is healed."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.log import Append, ConcurrentChange, History, Outcome, RecordedEvent, Secret
from domain.streams import StreamId
from tests.memory_log import MemoryLog


class TroubledLog(MemoryLog):
    trouble: Exception | None = None
    calls = 0
    """Since it was last healed, or told to fail."""
    _good = 0
    _faster = False

    def heal(self) -> None:
        self.trouble, self.calls, self._faster = None, 0, False

    def fail(self, trouble: Exception, after: int) -> None:
        """Fail at each call but the first ones."""
        self.trouble, self.calls, self._good = trouble, 0, after

    def lose(self) -> None:
        """Let somebody else be faster at each append."""
        self._faster = True

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        self._call()
        if self._faster:
            return [ConcurrentChange("others were faster") for _ in appends]
        return super().append(appends)

    def read(self, stream: StreamId) -> History:
        self._call()
        return super().read(stream)

    def read_after(self, stream: StreamId, version: int) -> tuple[RecordedEvent, ...]:
        self._call()
        return super().read_after(stream, version)

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        self._call()
        return super().read_last(stream)

    def read_all(self, after: int = 0, upto: int | None = None) -> Iterator[RecordedEvent]:
        self._call()
        return super().read_all(after, upto)

    def read_page(self, *args: Any) -> list[RecordedEvent]:
        self._call()
        return super().read_page(*args)

    def secret(self, owner: Any, purpose: str) -> Secret | None:
        self._call()
        return super().secret(owner, purpose)

    def _call(self) -> None:
        self.calls += 1
        if self.trouble is not None and self.calls > self._good:
            raise self.trouble
