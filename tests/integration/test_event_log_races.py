"""Writers at the same time, and writers that die or freeze at the worst moment."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from domain.log import Append, ConcurrentChange, EventLog, LogUnavailable, append_one
from domain.streams import NOTHING, StreamId
from infrastructure.event_log import open_log
from infrastructure.event_log.group_commit import GroupCommit
from tests.drafts import appended, draft, tenant, version_now

WRITERS = 8
APPENDS = 30
"""By each writer."""
PATIENCE = 60.0
KILLS = 12
CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle%'
"""


@contextmanager
def writer(url: str, mode: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.log_writer", url, mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def several(number: int, shared: StreamId, log: EventLog) -> Append:
    """Return an append on one to three streams; every third one also on a shared stream."""
    expected = {tenant(): NOTHING for _ in range(1 + number % 3)}
    if number % 3 == 0:
        expected[shared] = version_now(log, shared)
    return Append(drafts=tuple(draft(stream) for stream in expected), expected=expected)


def write(log: EventLog, shared: StreamId) -> int:
    """Append until each append succeeded once; return how many events they had."""
    events = 0
    for number in range(APPENDS):
        while True:
            try:
                events += len(append_one(log, several(number, shared, log)))
                break
            except ConcurrentChange:
                continue
    return events


@pytest.mark.parametrize("grouped", [False, True], ids=["direct", "grouped"])
def test_a_reader_beside_eight_writers_sees_every_position_once_and_in_order(
    any_database_url: str, grouped: bool
) -> None:
    shared = tenant()
    with open_log(any_database_url) as stored:
        log = GroupCommit(stored) if grouped else stored
        seen = []
        with ThreadPoolExecutor(WRITERS) as threads:
            writing = [threads.submit(write, log, shared) for _ in range(WRITERS)]
            deadline = time.monotonic() + PATIENCE
            while not all(one.done() for one in writing) or len(seen) < stored.position():
                assert time.monotonic() < deadline
                seen += list(stored.read_all(after=len(seen)))
        if isinstance(log, GroupCommit):
            log.close()
        assert len(seen) == sum(one.result() for one in writing)
        assert [one.position for one in seen] == list(range(1, len(seen) + 1))
        assert [one.time for one in seen] == sorted(one.time for one in seen)
        shares = [one.version for one in seen if one.stream == shared]
        assert shares == list(range(1, len(shares) + 1))


def test_two_writers_on_one_stream_have_one_winner_per_version(any_database_url: str) -> None:
    stream, together = tenant(), Barrier(2)

    def contend(_: int) -> int:
        won = 0
        for _ in range(APPENDS):
            together.wait(PATIENCE)
            append = appended(stream, version_now(log, stream))
            together.wait(PATIENCE)
            [outcome] = log.append([append])
            won += not isinstance(outcome, ConcurrentChange)
        return won

    with open_log(any_database_url) as log, ThreadPoolExecutor(2) as threads:
        won = sum(threads.map(contend, range(2)))
        versions = [one.version for one in log.read(stream).events]
    assert won == APPENDS
    assert versions == list(range(1, APPENDS + 1))


def test_a_writer_killed_under_the_lock_leaves_nothing_behind(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        append_one(log, appended(tenant()))
        with writer(any_database_url, "waits") as process:
            assert said(process) == "locked"
            process.kill()
            process.wait(PATIENCE)
            [recorded] = append_one(log, appended(tenant()))
        assert recorded.position == 2
        assert log.position() == 2


def test_a_writer_killed_at_any_moment_leaves_whole_appends(any_database_url: str) -> None:
    chance, ours = random.Random(7), set()
    with open_log(any_database_url) as log:
        for _ in range(KILLS):
            before = log.position()
            with writer(any_database_url, "writes") as process:
                promised = sum(said(process) == "appended" for _ in range(chance.randint(1, 20)))
                process.kill()
                process.wait(PATIENCE)
            [recorded] = append_one(log, appended(tenant()))
            assert recorded.position > before + 3 * promised
            ours.add(recorded.id)
        everything = list(log.read_all())
    assert [one.position for one in everything] == list(range(1, len(everything) + 1))
    theirs = Counter(one.correlation for one in everything if one.id not in ours)
    assert set(theirs.values()) == {3}


def test_postgres_cuts_off_a_writer_that_freezes_under_the_lock(postgres_url: str) -> None:
    with open_log(postgres_url) as log, writer(postgres_url, "stops") as process:
        assert said(process) == "locked"
        [recorded] = append_one(log, appended(tenant()))
        assert recorded.position == 1
        process.send_signal(signal.SIGCONT)
        assert said(process) == "unavailable"
        assert log.position() == 1


def test_sqlite_says_unavailable_while_a_writer_is_frozen_and_goes_on_when_it_is_gone(
    sqlite_url: str,
) -> None:
    with open_log(sqlite_url, patience=1) as log, writer(sqlite_url, "stops") as process:
        assert said(process) == "locked"
        append = appended(tenant())
        with pytest.raises(LogUnavailable):
            append_one(log, append)
        assert log.position() == 0, "reading does not wait"
        process.kill()
        process.wait(PATIENCE)
        [recorded] = append_one(log, append)
        assert recorded.position == 1


def test_readers_do_not_wait_behind_a_writer_that_waits(sqlite_url: str) -> None:
    with open_log(sqlite_url, patience=20) as log, writer(sqlite_url, "stops") as process:
        assert said(process) == "locked"
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(append_one, log, appended(tenant()))
            began = time.monotonic()
            while time.monotonic() < began + 1:
                asked = time.monotonic()
                assert log.position() == 0
                assert time.monotonic() - asked < 1
            process.kill()
            assert waiting.result(PATIENCE)[0].position == 1


def test_a_connection_lost_under_the_lock_is_not_tried_again(postgres_url: str) -> None:
    asked = 0

    def cut_off() -> datetime:
        nonlocal asked
        asked += 1
        if asked == 1:
            with psycopg.connect(postgres_url) as other:
                other.execute(CUT_OFF)
        return datetime.now(UTC)

    stream = tenant()
    with open_log(postgres_url, clock=cut_off) as log:
        with pytest.raises(LogUnavailable):
            append_one(log, appended(stream))
        assert asked == 1
        assert log.read(stream).version == NOTHING
        append_one(log, appended(stream))


def test_connections_that_died_at_rest_cost_no_append(postgres_url: str) -> None:
    with open_log(postgres_url) as log:
        append_one(log, appended(tenant()))
        with psycopg.connect(postgres_url) as other:
            other.execute(CUT_OFF)
        append_one(log, appended(tenant()))
        assert log.position() == 2


def test_a_waiting_writer_gives_up_after_its_patience(any_database_url: str) -> None:
    with open_log(any_database_url) as log, writer(any_database_url, "stops") as process:
        assert said(process) == "locked"
        with open_log(any_database_url, patience=1) as hasty, pytest.raises(LogUnavailable):
            append_one(hasty, appended(tenant(str(uuid4()))))
        process.kill()
        process.wait(PATIENCE)
        assert append_one(log, appended(tenant()))[0].position == 1


def test_a_server_with_careless_defaults_is_still_safe(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as other:
        for careless in (
            "synchronous_commit = off",
            "default_transaction_isolation = 'repeatable read'",
        ):
            name = other.info.dbname
            other.execute(f"ALTER DATABASE {name} SET {careless}".encode())
    stream = tenant()
    with open_log(postgres_url) as log, ThreadPoolExecutor(WRITERS) as threads:
        writing = [threads.submit(write, log, stream) for _ in range(WRITERS)]
        assert sum(one.result(PATIENCE) for one in writing) == log.position()
        recorder: Any = log._recorder
        with recorder.datastore.get_connection() as connection:
            asked = connection.execute("SHOW synchronous_commit").fetchone()
    assert asked == {"synchronous_commit": "on"}
