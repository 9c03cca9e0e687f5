"""Keeps what streams were folded to, so that a use costs what is new and not a whole history.

Strangers can make an account's stream longer (each reset of a password that they ask for), and
every request reads its account's and its tenant's.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, Protocol, TypeVar

from domain.log import EventLog, RecordedEvent
from domain.streams import StreamId, StreamVersion

MOST_STREAMS = 10_000
"""Kept of each kind: some 2 KB each, 80 KB of a tenant with all the keys it may have."""


class Versioned(Protocol):
    @property
    def version(self) -> StreamVersion:
        """How far the stream had come."""
        ...


State = TypeVar("State", bound=Versioned)
Fold = Callable[[State | None, Sequence[RecordedEvent]], State]
"""Takes a state on by events, at least one; without a state they are the stream's first.

It returns a new one: others may hold the old.
"""


class FoldedStreams(Generic[State]):
    """As current as reading whole streams: the log is asked every time, for what is new.

    Threads may use it together. Two that find the same events new both fold them, and it is
    no matter whose state is kept: whatever it lacks is read the next time.
    """

    def __init__(self, log: EventLog, fold: Fold[State], most: int = MOST_STREAMS) -> None:
        self._log = log
        self._fold = fold
        self._most = most
        self._states: OrderedDict[StreamId, State] = OrderedDict()
        self._lock = Lock()

    def state(self, stream: StreamId) -> State | None:
        """Return what a stream says now; None for one that has no events."""
        with self._lock:
            known = self._states.get(stream)
        state = self._taken_on(stream, known) or self._from_its_start(stream)
        if state is not None:
            self._keep(stream, state)
        return state

    def _taken_on(self, stream: StreamId, known: State | None) -> State | None:
        """Return a state as it is now; None where the log has not what it was folded from."""
        if known is None:
            return None
        # From the known event itself: its number recurs after a restore, its id does not.
        events = self._log.read_after(stream, known.version.number - 1)
        if not events or events[0].id != known.version.event_id:
            return None
        return self._fold(known, events[1:]) if len(events) > 1 else known

    def _from_its_start(self, stream: StreamId) -> State | None:
        events = self._log.read(stream).events
        return self._fold(None, events) if events else None

    def _keep(self, stream: StreamId, state: State) -> None:
        with self._lock:
            self._states[stream] = state
            self._states.move_to_end(stream)
            if len(self._states) > self._most:
                self._states.popitem(last=False)
