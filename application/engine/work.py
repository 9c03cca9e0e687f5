"""Finding work. A queue only finds it: it is rebuilt from the log and never trusted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.events import DeploymentRequested, RetryRequested
from domain.log import EventLog, RecordedEvent
from domain.streams import StreamId

OPENING = (DeploymentRequested, RetryRequested)
"""Facts after which an operation has something to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    operation: StreamId
    pickups: int
    """How often it was picked up since anybody last put it back, this time included.

    Counted before work begins: an operation that kills its worker is noticed.
    """


class WorkQueue(Protocol):
    def position(self) -> int:
        """Return the log position up to which openings were taken in."""
        ...

    def take_in(self, operations: list[StreamId], position: int) -> None:
        """Make operations due now, and move the position, both or neither."""
        ...

    def claim(self, most: int, seconds: float, now: datetime) -> list[Claimed]:
        """Lease due operations to this worker; others skip them until the lease ends."""
        ...

    def put_back(self, operation: StreamId, due: datetime) -> None:
        """End a lease and say when to look again; the count of pick-ups starts anew."""
        ...

    def done(self, operation: StreamId) -> None:
        """Forget an operation that has nothing open."""
        ...


def take_in_new(log: EventLog, queue: WorkQueue, most: int = 1000) -> int:
    """Take in what the log has opened since; return how many events were read."""
    after = queue.position()
    upto = min(log.position(), after + most)
    if upto == after:
        return 0
    opened = [recorded for recorded in log.read_all(after, upto) if _opens(recorded)]
    queue.take_in(list(dict.fromkeys(recorded.stream for recorded in opened)), upto)
    return upto - after


def _opens(recorded: RecordedEvent) -> bool:
    return isinstance(recorded.event, OPENING)
