"""Runs password hashing and key derivation on a few threads of their own, and never too much.

A sign-in costs 40 ms of a processor (Argon2id), a sign-up 220 ms (ARC-76 on top). Without a
bound a few hundred sign-ins at once would hold every request thread, and reads would stand
behind them. Both give Python's lock away while they compute, so threads are enough.

Proving a password and making a new one have threads and places of their own, because anybody
can ask for sign-ups: a flood of them keeps nobody who is known from signing in.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, get_native_id, local
from typing import Self, TypeVar

from application.credentials import TooBusy

Result = TypeVar("Result")

PROVING_NICE = 10
"""Of threads that prove; request threads are at 0, and go first where both want a processor."""
MAKING_NICE = 15
"""Of threads that make: a third of the time of one that proves, where there is one processor."""
PROVING_TURNS = 2
MAKING_TURNS = 4
"""Jobs that may wait for each that runs. A sign-up is three in a row: judged, derived, hashed."""
MAKING_SHARE = 4
"""One processor in so many makes."""
LEAST = 0.5
"""Processors that prove where none can be spared: a low priority does not keep a thread from
being in the way of reads for some milliseconds, so it rests as long as it works."""


class BoundedWork:
    """Implements application.credentials.Work. The work itself must not ask for more of it."""

    def __init__(
        self, running: int, waiting: int, nice: int = PROVING_NICE, rest: float = 0.0
    ) -> None:
        """Start no thread yet.

        Args:
            running: jobs at once.
            waiting: jobs that may wait for them.
            nice: priority of the threads.
            rest: how long a thread rests after a job, as a share of its processor time.
        """
        self._rest = rest
        self._thread = local()
        """Until when each thread rests."""
        self._places = BoundedSemaphore(running + waiting)
        self._pool = ThreadPoolExecutor(
            running, "password-work", initializer=_give_way, initargs=(nice,)
        )

    @classmethod
    def that_proves(cls, processes: int = 1) -> Self:
        """Size it for this machine, for the passwords of who is known.

        All processors but one run work of either kind, so that one is left to reads; one or
        two processors are shared with them, by priority and by turns. Two wait for each that
        runs: the last one let in is done after three turns. Who would wait longer had better
        be told.

        Args:
            processes: of the API on this machine, which share what there is.
        """
        share = max(LEAST, _processors() - 1 - _making()) / processes
        running = max(1, int(share))
        rest = max(0.0, running / share - 1)
        return cls(running, PROVING_TURNS * running, PROVING_NICE, rest)

    @classmethod
    def that_makes(cls) -> Self:
        """Size it for this machine, for new passwords and what is derived from them.

        The last one let in waits a second at most, where nobody proves.
        """
        return cls(_making(), MAKING_TURNS * _making(), MAKING_NICE)

    def run(self, work: Callable[[], Result]) -> Result:
        """Do the work, wait for it, and return its result or raise its error.

        Raises:
            TooBusy: as much as may run and wait has been taken on already.
        """
        if not self._places.acquire(blocking=False):
            raise TooBusy
        try:
            job = self._pool.submit(self._in_a_place, work)
        except BaseException:  # closed, or out of threads
            self._places.release()
            raise
        try:
            return job.result()
        finally:
            if job.cancel():  # who waited was interrupted before its turn came
                self._places.release()
            del job  # or an error would keep what the work was given alive, in a circle

    def close(self) -> None:
        """Take nothing on any more, and wait for what runs and waits."""
        self._pool.shutdown()

    def _in_a_place(self, work: Callable[[], Result]) -> Result:
        time.sleep(max(0.0, getattr(self._thread, "rests_until", 0.0) - time.monotonic()))
        began = time.thread_time()
        try:
            return work()
        finally:
            took = time.thread_time() - began
            self._thread.rests_until = time.monotonic() + took * self._rest
            # Given back before the result is told: who has it can ask again at once.
            self._places.release()


def _give_way(nice: int) -> None:
    """Lower this thread's priority; on Linux, each thread has its own (setpriority(2))."""
    if sys.platform == "linux":
        try:
            os.setpriority(os.PRIO_PROCESS, get_native_id(), nice)
        except OSError:  # started at a lower one already, or in a sandbox
            return


def _making() -> int:
    return max(1, _processors() // MAKING_SHARE)


def _processors() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
