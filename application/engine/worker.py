"""One worker: claims due operations and drives each, several at a time."""

from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from typing import Protocol

from application.clock import Clock
from application.engine.drive import Engine
from application.engine.work import Claimed, WorkQueue, take_in_new
from domain.log import EventLog, LogUnavailable

LEASE = 15.0
"""Seconds, after which the work of a dead worker is taken over. Losing a lease is harmless:
slots carry safety, not leases."""
MOST_PICKUPS = 5
"""Pick-ups without an end, after which an operation is set aside for a while, and said aloud."""
ASIDE = 300.0
"""Seconds until an operation that was set aside is tried again."""
AFTER_TROUBLE = 2.0
"""Seconds until an operation that raised is tried again."""


class Journal(Protocol):
    """Where a worker says what an operator should know."""

    def set_aside(self, operation: str, pickups: int) -> None: ...

    def trouble(self, operation: str, error: Exception) -> None: ...


class Worker:
    def __init__(
        self, log: EventLog, queue: WorkQueue, engine: Engine, clock: Clock, journal: Journal
    ) -> None:
        self._log = log
        self._queue = queue
        self._engine = engine
        self._clock = clock
        self._journal = journal

    def turn(self, pool: Executor, width: int, running: set[Future[None]]) -> bool:
        """Take in, claim and start what there is room for.

        Returns:
            Whether there was anything to do.

        Raises:
            LogUnavailable: the database broke off; a later turn finds it all again.
        """
        read = take_in_new(self._log, self._queue)
        room = width - len(running)
        claimed = self._queue.claim(room, LEASE, self._clock.now()) if room > 0 else []
        for claim in claimed:
            future = pool.submit(self._work, claim)
            running.add(future)
            future.add_done_callback(running.discard)
        return bool(read or claimed)

    def _work(self, claim: Claimed) -> None:
        """Drive one operation. Trouble with one never stops the others."""
        try:
            self._drive(claim)
        except Exception as error:  # noqa: BLE001 - the boundary of one piece of work
            self._journal.trouble(str(claim.operation), error)

    def _drive(self, claim: Claimed) -> None:
        if claim.pickups > MOST_PICKUPS:
            self._journal.set_aside(str(claim.operation), claim.pickups)
            self._queue.put_back(claim.operation, self._after(ASIDE))
            return
        try:
            pause = self._engine.drive(claim.operation)
        except LogUnavailable:
            raise  # the queue is in the same database: the lease ends by itself
        except Exception:
            self._queue.put_back(claim.operation, self._after(AFTER_TROUBLE))
            raise
        if pause is None:
            self._queue.done(claim.operation)
        else:
            self._queue.put_back(claim.operation, self._after(pause.seconds))

    def _after(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)
