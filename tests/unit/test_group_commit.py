"""One appender for many threads: nobody pays for another's mistake, and nobody waits for ever."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest

from domain.log import Append, ConcurrentChange, LogUnavailable, Outcome, append_one
from infrastructure.event_log import StoredLog, open_log
from infrastructure.event_log.admission import Candidate
from infrastructure.event_log.group_commit import GroupCommit
from infrastructure.event_log.log import sqlite_path
from tests.drafts import appended, tenant

PATIENCE = 20.0
POISONED = """
    CREATE TRIGGER poisoned BEFORE INSERT ON stored_events
    WHEN NEW.originator_id = 'tenant/poison' BEGIN SELECT RAISE(ABORT, 'poison'); END
"""


class Gate:
    """A log whose transactions begin when the test lets them, and are counted."""

    def __init__(self, log: StoredLog) -> None:
        self._log = log
        self.sizes: list[int] = []
        self.entered, self.open = Event(), Event()

    def append_checked(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        self.entered.set()
        assert self.open.wait(PATIENCE)
        self.sizes.append(len(candidates))
        return self._log.append_checked(candidates)

    def position(self) -> int:
        return self._log.position()


class LostConnection:
    def append_checked(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        raise LogUnavailable("gone")


def waiting_for(group: GroupCommit, number: int) -> None:
    with group._changed:
        assert group._changed.wait_for(lambda: len(group._waiting) >= number, PATIENCE)


def test_all_that_wait_share_one_transaction_and_closing_commits_them(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log, ThreadPoolExecutor(8) as threads:
        gate = Gate(log)
        group = GroupCommit(gate)  # type: ignore[arg-type]
        first = threads.submit(append_one, group, appended(tenant()))
        assert gate.entered.wait(PATIENCE)
        others = [threads.submit(append_one, group, appended(tenant())) for _ in range(5)]
        waiting_for(group, 5)
        closing_down = threads.submit(group.close)
        gate.open.set()
        closing_down.result(PATIENCE)
        assert sorted(one.result(PATIENCE)[0].position for one in [first, *others]) == [
            1,
            2,
            3,
            4,
            5,
            6,
        ]
        assert gate.sizes == [1, 5]


def test_a_closed_group_takes_nothing_more(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log:
        group = GroupCommit(log)
        group.close()
        group.close()
        with pytest.raises(LogUnavailable):
            append_one(group, appended(tenant()))
        assert log.position() == 0


def test_what_the_database_refuses_fails_alone(sqlite_url: str) -> None:
    with closing(sqlite3.connect(sqlite_path(sqlite_url))) as file:
        file.execute(POISONED)
    with open_log(sqlite_url) as log, ThreadPoolExecutor(8) as threads:
        gate = Gate(log)
        group = GroupCommit(gate)  # type: ignore[arg-type]
        names = [None, None, "poison", None]
        appends: list[Append] = [appended(tenant(name)) for name in names]
        futures = []
        for number, append in enumerate(appends):
            futures.append(threads.submit(append_one, group, append))
            assert gate.entered.wait(PATIENCE)
            waiting_for(group, number)
        gate.open.set()
        errors = [future.exception(PATIENCE) for future in futures]
        group.close()
        assert [error is None for error in errors] == [True, True, False, True]
        assert isinstance(errors[2], RuntimeError)
        assert log.position() == 3


def test_a_conflict_in_a_group_is_its_callers_own(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log:
        group = GroupCommit(log)
        stream = tenant()
        outcomes = group.append([appended(stream), appended(stream), appended(tenant())])
        group.close()
    assert [isinstance(one, ConcurrentChange) for one in outcomes] == [False, True, False]


def test_an_unknown_outcome_is_said_to_everybody_and_never_tried_again() -> None:
    group = GroupCommit(LostConnection())  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(LogUnavailable, match="gone"):
            group.append([appended(tenant()), appended(tenant())])
    group.close()
