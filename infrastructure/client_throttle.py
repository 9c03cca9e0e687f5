"""Slows down who tries many passwords on many accounts: a few tries at once, then a trickle.

In memory and per process: a client has as many buckets as there are processes, and a restart
fills them. It spares processors; what protects one account is counted in the log.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

MOST_CLIENTS = 10_000
"""A megabyte or two. Who comes from more places than this is forgotten, and starts anew."""
ROUNDING = 1e-6
"""Seconds by which a sum of floats may miss a moment."""


class ClientThrottle:
    """A token bucket per client, kept as one number: when the bucket will be full again.

    A client is whatever bytes the caller keeps apart: an IPv4 address, the first 64 bits of
    an IPv6 address. The clock counts seconds and need not be the time of day.
    """

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        if burst < 1 or per_second <= 0:
            raise ValueError("a throttle lets something through")
        self._interval = 1 / per_second
        self._burst = burst
        self._clock = clock
        self._full_at: OrderedDict[bytes, float] = OrderedDict()
        self._lock = Lock()

    def take(self, client: bytes, cost: int = 1) -> float:
        """Return 0.0 and take so many, or return the seconds until there are as many.

        What costs more than a full bucket takes all of it.
        """
        cost = min(cost, self._burst)
        slack = (self._burst - cost) * self._interval
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(client, now), now)
            wait = full_at - slack - now
            if wait <= ROUNDING:
                self._full_at[client] = full_at + cost * self._interval
                wait = 0.0
            self._full_at.move_to_end(client)
            if len(self._full_at) > MOST_CLIENTS:
                self._full_at.popitem(last=False)
            return wait
