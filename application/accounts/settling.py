"""Decides and records; anew where somebody else was faster. Nothing is decided on what is old."""

from collections.abc import Callable
from typing import TypeVar

from application.accounts.facts import Facts
from application.commands import Origin
from domain.errors import DomainError
from domain.log import ConcurrentChange, EventLog

Decided = TypeVar("Decided")
MOST_TRIES = 100
"""Others may be faster so many times."""


def settle(
    log: EventLog, origin: Origin, decide: Callable[[Facts], Decided | DomainError]
) -> Decided:
    """Record what is decided, and return what the decision returns.

    Args:
        log: where to.
        origin: of the command.
        decide: reads what there is now, and adds to the facts; nothing is recorded where it adds
            nothing. A refusal that it returns is raised once its facts are recorded; one that it
            raises leaves nothing.

    Raises:
        DomainError: the refusal.
        ConcurrentChange: others were faster every time; nothing was written.
        LogUnavailable: see EventLog.append.
    """
    for _ in range(MOST_TRIES):
        facts = Facts(origin)
        decided = decide(facts)
        if not facts.is_empty:
            try:
                facts.record(log)
            except ConcurrentChange:
                continue
        if isinstance(decided, DomainError):
            raise decided
        return decided
    raise ConcurrentChange("others were faster too often")
