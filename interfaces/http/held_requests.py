"""Requests of whoever was refused a moment ago: they wait, and no thread waits with them.

A flood that is refused comes back as fast as it is refused, and takes the interpreter from
reads (docs/decisions/0020). So the next request of the same asker is held before anything is done
about it, on whatever connection it comes, and all that are held are let go at a fixed pace.
Whoever does as `Retry-After` says does not notice.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from gunicorn.workers.gthread import TConn

from interfaces.http.askers import Asker

REST = 1.0
"""Seconds from a refusal, in which the same asker's requests wait."""
PACE = 0.02
"""Seconds between two that are let go: a refusal costs a fortieth of that."""
MOST_HELD = 400
"""Connections. A worker has room for 1,000: refused ones must not keep others out."""
MOST_REFUSED = 10_000
"""Askers that are remembered, some 2 MB; then the one goes that was refused longest ago."""


@dataclass(frozen=True, slots=True)
class Held:
    due: float
    conn: TConn


class HeldRequests:
    """Called on the worker's main thread, but for `refused`; nothing here waits for long.

    Args:
        release: gives a connection's request a thread.
        clock: seconds, of any start.
    """

    def __init__(
        self, release: Callable[[TConn], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._release = release
        self._clock = clock
        self._refused: OrderedDict[Asker, float] = OrderedDict()
        """Until when their requests wait, the earliest first. Guarded by the lock."""
        self._lock = Lock()
        self._held: deque[Held] = deque()
        """The first that is due first."""

    @property
    def watches(self) -> bool:
        """Whether anybody was refused of late: else nobody has to be told apart."""
        return bool(self._refused)

    def refused(self, asker: Asker) -> None:
        """Note that somebody is refused now. Called on any thread."""
        with self._lock:
            self._refused[asker] = self._clock() + REST
            self._refused.move_to_end(asker)
            if len(self._refused) > MOST_REFUSED:
                self._refused.popitem(last=False)

    def take(self, asker: Asker, conn: TConn) -> bool:
        """Hold a request, or tell that it need not wait."""
        until = self._refused.get(asker)
        if until is None or until <= self._clock():
            return False
        last = self._held[-1].due if self._held else 0.0
        self._held.append(Held(max(until, last + PACE), conn))
        if len(self._held) > MOST_HELD:
            self._release(self._held.popleft().conn)
        return True

    def seconds_to_next(self, most: float) -> float:
        """Return how long there is nothing to let go; `most` at most."""
        if not self._held:
            return most
        return min(most, max(0.0, self._held[0].due - self._clock()))

    def look(self, *, all_of_them: bool = False) -> None:
        """Let go what is due."""
        now = self._clock()
        while self._held and (all_of_them or self._held[0].due <= now):
            self._release(self._held.popleft().conn)
        with self._lock:
            while self._refused and next(iter(self._refused.values())) <= now:
                self._refused.popitem(last=False)
