"""The promises of the work queue, on both databases: it only finds work, and loses none."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from application.engine.drive import Pause
from application.engine.work import WorkQueue, take_in_new
from application.engine.worker import MOST_PICKUPS, Worker
from domain.streams import StreamId, StreamKind
from infrastructure.work_queue import open_work_queue
from tests.engine_world import Hands, World

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE = 15.0


@pytest.fixture
def queue(any_database_url: str) -> Iterator[WorkQueue]:
    with open_work_queue(any_database_url) as opened:
        yield opened


def operations(number: int) -> list[StreamId]:
    return [StreamId(StreamKind.DEPLOYMENT, str(uuid4())) for _ in range(number)]


def claimed(queue: WorkQueue, at: datetime, most: int = 10) -> list[StreamId]:
    return [claim.operation for claim in queue.claim(most, LEASE, at)]


def test_what_was_taken_in_is_claimed_once(queue: WorkQueue) -> None:
    taken = operations(3)
    queue.take_in(taken, 7)
    assert queue.position() == 7
    assert set(claimed(queue, NOON)) == set(taken)
    assert claimed(queue, NOON) == []


def test_a_lease_that_ended_is_another_workers(queue: WorkQueue) -> None:
    [operation] = operations(1)
    queue.take_in([operation], 1)
    assert claimed(queue, NOON) == [operation]
    assert claimed(queue, NOON + timedelta(seconds=LEASE - 1)) == []
    [again] = queue.claim(1, LEASE, NOON + timedelta(seconds=LEASE + 1))
    assert again.pickups == 2


def test_what_was_put_back_is_due_when_it_was_said_and_counts_anew(queue: WorkQueue) -> None:
    [operation] = operations(1)
    queue.take_in([operation], 1)
    claimed(queue, NOON)
    queue.put_back(operation, NOON + timedelta(seconds=5))
    assert claimed(queue, NOON + timedelta(seconds=4)) == []
    [again] = queue.claim(1, LEASE, NOON + timedelta(seconds=6))
    assert again.pickups == 1


@pytest.mark.parametrize("end", ["done", "put back"])
def test_what_the_log_opens_again_meanwhile_is_not_lost(queue: WorkQueue, end: str) -> None:
    [operation] = operations(1)
    queue.take_in([operation], 1)
    claimed(queue, NOON)
    queue.take_in([operation], 2)
    if end == "done":
        queue.done(operation)
    else:
        queue.put_back(operation, NOON + timedelta(hours=1))
    later = NOON + timedelta(seconds=LEASE + 1)
    assert claimed(queue, later) == [operation]


def test_what_is_done_is_forgotten(queue: WorkQueue) -> None:
    [operation] = operations(1)
    queue.take_in([operation], 1)
    claimed(queue, NOON)
    queue.done(operation)
    assert claimed(queue, NOON + timedelta(days=1)) == []


def test_workers_at_once_never_claim_the_same(queue: WorkQueue) -> None:
    taken = operations(60)
    queue.take_in(taken, 1)
    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda _: claimed(queue, NOON, 10), range(6)))
    found = [operation for part in parts for operation in part]
    assert len(found) == len(set(found)) == 60


def test_the_position_never_goes_back(queue: WorkQueue) -> None:
    queue.take_in([], 9)
    queue.take_in([], 4)
    assert queue.position() == 9


class Journal:
    def __init__(self) -> None:
        self.aside: list[str] = []
        self.troubles: list[str] = []

    def set_aside(self, operation: str, pickups: int) -> None:
        self.aside.append(operation)

    def trouble(self, operation: str, error: Exception) -> None:
        self.troubles.append(str(error))


class OneIsPoison:
    """An engine that does all but one operation; that one ends its worker."""

    def __init__(self, poison: StreamId, trouble: type[BaseException]) -> None:
        self.poison, self.trouble = poison, trouble
        self.done: list[StreamId] = []

    def drive(self, operation: StreamId) -> Pause | None:
        if operation == self.poison:
            raise self.trouble("poison")
        self.done.append(operation)
        return None


class Dead(BaseException):
    """The process is gone: nothing is put back."""


def test_an_operation_that_kills_its_workers_is_set_aside_and_the_others_are_done(
    queue: WorkQueue,
) -> None:
    world, clock, journal = World(), Hands(), Journal()
    poison, *others = (world.request(f"number {number}") for number in range(6))
    stream = StreamId(StreamKind.DEPLOYMENT, str(poison))
    engine = OneIsPoison(stream, Dead)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(MOST_PICKUPS + 2):
            worker = Worker(world.log, queue, engine, clock, journal)  # type: ignore[arg-type]
            running: set[object] = set()
            worker.turn(pool, 10, running)  # type: ignore[arg-type]
            while running:
                pass
            clock.pass_by(LEASE + 1)
    assert journal.aside == [str(stream)]
    assert len(engine.done) == len(others)


def test_an_operation_that_raises_is_said_and_tried_again_later(queue: WorkQueue) -> None:
    world, clock, journal = World(), Hands(), Journal()
    stream = StreamId(StreamKind.DEPLOYMENT, str(world.request()))
    engine = OneIsPoison(stream, ValueError)
    worker = Worker(world.log, queue, engine, clock, journal)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            running: set[object] = set()
            worker.turn(pool, 10, running)  # type: ignore[arg-type]
            while running:
                pass
            clock.pass_by(3)
    assert journal.troubles == ["poison"] * 3
    assert journal.aside == []


def test_the_log_alone_fills_an_empty_queue(queue: WorkQueue) -> None:
    world = World()
    wanted = {StreamId(StreamKind.DEPLOYMENT, str(world.request(f"{n}"))) for n in range(3)}
    while take_in_new(world.log, queue, most=2):
        pass
    assert set(claimed(queue, NOON)) == wanted
    assert queue.position() == world.log.position()
