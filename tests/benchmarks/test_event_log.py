"""Appends and reads beside the library's stock recorders, in one run: ratios count.

Stock recorders insert rows that are ready. Ours also check, spell and read back each event,
take expected versions of its streams, and return what was recorded.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from psycopg.conninfo import conninfo_to_dict

from domain.log import ConcurrentChange
from infrastructure.event_log import open_log
from infrastructure.event_log.group_commit import GroupCommit
from tests.drafts import appended, tenant
from tests.postgres_cluster import Cluster

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]
SECONDS = 2.0
MOST_DIRECT = 16
"""Threads: a recorder has as many connections."""
READ = 20_000
STATE = b"x" * 421
"""As long as the envelopes that are compared."""
Step = Callable[[], object]


@contextmanager
def stock_sqlite(path: Path) -> Iterator[SQLiteApplicationRecorder]:
    datastore = SQLiteDatastore(str(path), lock_timeout=30, pool_size=64, pool_timeout=30)
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    yield recorder
    datastore.close()


@contextmanager
def stock_postgres(url: str) -> Iterator[PostgresApplicationRecorder]:
    said = conninfo_to_dict(url)
    with PostgresDatastore(
        dbname=str(said["dbname"]),
        host=str(said["host"]),
        port=str(said["port"]),
        user=str(said["user"]),
        password=str(said["password"]),
        connect_timeout=30,
        pool_size=64,
        pre_ping=True,
    ) as datastore:
        recorder = PostgresApplicationRecorder(datastore, events_table_name="stock_events")
        recorder.create_table()
        yield recorder


@pytest.fixture
def stock_recorder(
    request: pytest.FixtureRequest, any_database_url: str, tmp_path: Path
) -> AbstractContextManager[Any]:
    if any_database_url.startswith("sqlite"):
        return stock_sqlite(tmp_path / "stock.db")
    cluster: Cluster = request.getfixturevalue("postgres")
    return stock_postgres(cluster.fresh_database())


def per_second(step: Step, threads: int, each: int) -> float:
    """Return events a second while so many threads take steps of so many events."""
    counts = [0] * threads
    end = time.perf_counter() + SECONDS

    def work(number: int) -> None:
        while time.perf_counter() < end:
            step()
            counts[number] += each

    running = [Thread(target=work, args=(number,)) for number in range(threads)]
    began = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def stock_step(recorder: Any, events: int) -> Step:
    def step() -> None:
        stream = uuid4()
        rows = [StoredEvent(stream, number, "name", STATE) for number in range(1, events + 1)]
        recorder.insert_events(rows)

    return step


def our_step(log: Any, events: int) -> Step:
    def step() -> None:
        [outcome] = log.append([appended(tenant(), events=events)])
        assert not isinstance(outcome, ConcurrentChange)

    return step


def test_appends_beside_the_stock_recorder(any_database_url: str, stock_recorder: Any) -> None:
    kind = any_database_url.partition(":")[0]
    with ExitStack() as opened:
        log = opened.enter_context(open_log(any_database_url))
        stock = opened.enter_context(stock_recorder)
        group = GroupCommit(log)
        opened.callback(group.close)
        print(f"\n{kind}: events/s          stock   direct (ratio)  grouped (ratio)")
        for threads, events in ((1, 1), (4, 1), (16, 1), (64, 1), (1, 10), (16, 10)):
            base = per_second(stock_step(stock, events), threads, events)
            grouped = per_second(our_step(group, events), threads, events)
            print(
                f"  {threads:>2} threads, {events:>2} a time {base:9.0f}"
                f" {direct(log, threads, events, base)} {grouped:8.0f} ({grouped / base:4.2f})"
            )


def direct(log: Any, threads: int, events: int, base: float) -> str:
    if threads > MOST_DIRECT:
        return " " * 15
    found = per_second(our_step(log, events), threads, events)
    return f"{found:8.0f} ({found / base:4.2f})"


def test_reads_beside_the_stock_recorder(any_database_url: str, stock_recorder: Any) -> None:
    kind = any_database_url.partition(":")[0]
    with ExitStack() as opened:
        log = opened.enter_context(open_log(any_database_url))
        stock = opened.enter_context(stock_recorder)
        began = time.perf_counter()
        for _ in range(READ // 1_000):
            log.append([appended(tenant(), events=10) for _ in range(100)])
        filled = READ / (time.perf_counter() - began)
        for _ in range(READ // 1_000):
            stock_step(stock, 1_000)()
        print(f"\n{kind}: filled at {filled:.0f} events/s; read, events/s:")
        rates = {
            "stock notifications": rate(lambda: pages(stock)),
            "envelopes": rate(lambda: sum(1 for _ in log.read_envelopes())),
            "decoded": rate(lambda: sum(1 for _ in log.read_all())),
        }
        for name, found in rates.items():
            print(f"  {name:<20} {found:9.0f} ({found / rates['stock notifications']:4.2f})")


def pages(recorder: Any) -> int:
    after = 0
    while page := recorder.select_notifications(after, 1_000, inclusive_of_start=False):
        after = page[-1].id
    return after


def rate(read: Callable[[], int]) -> float:
    began = time.perf_counter()
    assert read() == READ
    return READ / (time.perf_counter() - began)
