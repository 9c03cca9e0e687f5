"""Runs password hashing and key derivation on a few threads of their own, and never too much.

A sign-in costs 40 ms of a processor (Argon2id), a sign-up 220 ms (ARC-76 on top). Without a
bound a few hundred sign-ins at once would hold every request thread, and reads would stand
behind them. Both give Python's lock away while they compute, so threads are enough.
"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, get_native_id
from typing import Self, TypeVar

from application.credentials import TooBusy

Result = TypeVar("Result")

NICE = 10
"""Of the work's threads; request threads are at 0, and go first where both want a processor."""
TURNS = 2
"""Jobs that may wait for each that runs."""


class BoundedWork:
    """Implements application.credentials.Work. The work itself must not ask for more of it."""

    def __init__(self, running: int, waiting: int) -> None:
        self._places = BoundedSemaphore(running + waiting)
        self._pool = ThreadPoolExecutor(running, "password-work", initializer=_give_way)

    @classmethod
    def of_machine(cls) -> Self:
        """Size it for this machine's processors.

        All but one run the work, so that one is left to reads; a machine of one shares it,
        by priority. Two wait for each that runs: the last one let in is done after three
        turns, two thirds of a second for sign-ups. Who would wait longer had better be told.
        """
        running = max(1, _processors() - 1)
        return cls(running, TURNS * running)

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
        # Given back before the result is told: who has it can ask again at once.
        try:
            return work()
        finally:
            self._places.release()


def _give_way() -> None:
    """Lower this thread's priority; on Linux, each thread has its own (setpriority(2))."""
    if sys.platform == "linux":
        try:
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICE)
        except OSError:  # started at a lower one already, or in a sandbox
            return


def _processors() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
