"""What people do with their accounts, in a process that is killed at a chosen step, or just after.

It never ends in peace: once the answer is written down, it is killed as well, so that nothing
is saved by closing files.
"""

import os
import signal
from collections.abc import Callable
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from domain.event_names import name_of
from infrastructure.event_log import open_log
from infrastructure.event_log.sqlite import SqliteLogRecorder
from tests.fuse import Fuse, FusedLog
from tests.identity_world import MovableClock, People
from tests.victim import PATIENCE, SERVER

Act = Callable[..., Any]
"""Takes People and what was prepared; importable where it runs."""


def act_out(
    url: str, at: datetime, act: Act, given: dict[str, Any], steps: int, answer: Path
) -> None:
    """Do one thing, write the answer down, and die.

    Args:
        url: of the database.
        at: what the clock says.
        act: the thing.
        given: its arguments.
        steps: how many durable steps may be taken before that.
        answer: the file.
    """
    clock = MovableClock(at)
    with open_log(url, clock.now) as stored:
        log: Any = FusedLog(stored, Fuse(steps))
        answer.write_text(repr(act(People(log, clock), **given)))
        os.kill(os.getpid(), signal.SIGKILL)


def killed(
    url: str, at: datetime, act: Act, given: dict[str, Any], steps: int, answer: Path
) -> bool:
    """Run it; return whether it came to its answer."""
    return _ended(SERVER.Process(target=act_out, args=(url, at, act, given, steps, answer)), answer)


def act_out_before_the_journal_is_emptied(
    url: str, at: datetime, act: Act, given: dict[str, Any]
) -> None:
    """Die between the commit and what SQLite does behind it."""
    with open_log(url) as stored:
        SqliteLogRecorder.empty_journal = _die  # type: ignore[method-assign]
        act(People(stored, MovableClock(at)), **given)


def killed_before_the_journal_is_emptied(
    url: str, at: datetime, act: Act, given: dict[str, Any]
) -> None:
    arguments = (url, at, act, given)
    process = SERVER.Process(target=act_out_before_the_journal_is_emptied, args=arguments)
    _ended(process, Path(os.devnull))


def names_after(people: People, position: int) -> list[str]:
    """Return the names of all events behind a position, sorted."""
    return sorted(name_of(one.stream.kind, one.event) for one in people.log.read_all(position))


def _die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _ended(process: BaseProcess, answer: Path) -> bool:
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL, process.exitcode
    return answer.is_file()
