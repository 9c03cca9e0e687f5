"""Races of accounts: two API processes over one database, and many calls let go at once."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from threading import Barrier
from typing import Any

from domain.errors import DomainError
from infrastructure.event_log import open_log
from infrastructure.event_log.group_commit import GroupCommit
from tests.identity_world import MovableClock, People

PATIENCE = 60


@contextmanager
def processes(url: str, clock: MovableClock | None = None, number: int = 2) -> Generator[Any]:
    """Open accounts as so many API processes would: each with connections of its own."""
    one_clock = clock or MovableClock()
    with ExitStack() as opened:
        logs = [opened.enter_context(open_log(url, one_clock.now)) for _ in range(number)]
        groups = [opened.enter_context(closing(GroupCommit(log))) for log in logs]
        yield [People(group, clock=one_clock) for group in groups]  # type: ignore[arg-type]


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Let calls go together; return what each returned, or how it was refused."""
    together = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        together.wait(PATIENCE)
        try:
            return call()
        except DomainError as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def kinds(answers: Sequence[Any]) -> Counter[str]:
    """Count answers by the names of their classes."""
    return Counter(type(answer).__name__ for answer in answers)
