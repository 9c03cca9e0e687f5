"""Work is taken on up to a bound, on threads that give way, and always gives its place back."""

import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from threading import Event, get_native_id
from traceback import extract_tb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.credentials import Result, TooBusy, Work
from infrastructure.bootstrap_identity import PooledDerivation, PooledJudge, PooledPasswords
from infrastructure.bounded_work import MAKING_NICE, PROVING_NICE, BoundedWork
from infrastructure.passwords import PhcPasswords

SOON = 20
"""Seconds after which a test gives up on what happens at once."""


class Immediate:
    """Implements application.credentials.Work without threads or bound."""

    def run(self, work: Callable[[], Result]) -> Result:
        return work()


class Crowd:
    """Callers that ask for work and wait, each on a thread of its own."""

    def __init__(self, work: BoundedWork, pool: ThreadPoolExecutor) -> None:
        self.work = work
        self._pool = pool
        self.go = Event()

    def occupy(self, places: int) -> list[Future[bool]]:
        """Fill places with jobs that wait for `go`; return when all have been taken on."""
        free = self.work._places._value  # type: ignore[attr-defined]
        jobs = [self._pool.submit(self.work.run, lambda: self.go.wait(SOON)) for _ in range(places)]
        while self.work._places._value != free - places:  # type: ignore[attr-defined]
            os.sched_yield()
        return jobs


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with ThreadPoolExecutor(8) as pool, closing(BoundedWork(2, 3)) as work:
        crowd = Crowd(work, pool)
        yield crowd
        crowd.go.set()


def works() -> list[Work]:
    return [Immediate(), BoundedWork(1, 0)]


@pytest.mark.parametrize("work", works(), ids=["immediate", "bounded"])
def test_work_is_done_and_its_result_returned(work: Work) -> None:
    verifier = work.run(lambda: PhcPasswords().hash("a password"))
    for number in range(50):
        assert work.run(lambda number=number: number) == number  # type: ignore[misc]
    assert work.run(lambda: PhcPasswords().verify("a password", verifier))


@pytest.mark.parametrize("work", works(), ids=["immediate", "bounded"])
def test_an_error_passes_through_with_its_own_traceback(work: Work) -> None:
    wrong = LookupError("wrong")

    def fail() -> None:
        raise wrong

    with pytest.raises(LookupError) as raised:
        work.run(fail)
    assert raised.value is wrong
    assert extract_tb(wrong.__traceback__)[-1].name == "fail"


def test_what_is_beyond_the_bound_is_refused_at_once(crowd: Crowd) -> None:
    jobs = crowd.occupy(5)
    with pytest.raises(TooBusy) as refusal:
        crowd.work.run(lambda: None)
    assert refusal.value.code == "RATE_LIMIT_EXCEEDED"
    crowd.go.set()
    assert all(job.result(SOON) for job in jobs)
    assert crowd.work.run(lambda: 1) == 1


def test_no_more_run_at_once_than_may(crowd: Crowd) -> None:
    running, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(2)

    def count() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(SOON)
        with lock:
            running -= 1

    with ThreadPoolExecutor(4) as callers:
        for job in [callers.submit(crowd.work.run, count) for _ in range(4)]:
            job.result(SOON)
    assert most == 2


class Interrupted(BaseException):
    pass


@pytest.mark.parametrize("error", [ValueError, SystemExit, Interrupted])
def test_failed_work_always_gives_its_place_back(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    with closing(BoundedWork(1, 0)) as work:
        for _ in range(20):
            with pytest.raises(error):
                work.run(fail)
        assert work.run(lambda: "free") == "free"


class Impatient:
    """A pool whose callers are interrupted while they wait."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def submit(self, *call: Callable[..., object]) -> Future[object]:
        def interrupted(timeout: float | None = None) -> object:
            raise Interrupted

        job = self._pool.submit(*call)
        job.result = interrupted  # type: ignore[method-assign]
        return job


def test_a_caller_who_is_interrupted_gives_the_place_back() -> None:
    started, go = Event(), Event()
    done: list[bool] = []
    work = BoundedWork(1, 1)
    pool = work._pool
    with ThreadPoolExecutor(1) as callers, closing(work):
        first = callers.submit(work.run, lambda: started.set() or go.wait(SOON))
        assert started.wait(SOON)
        work._pool = Impatient(pool)  # type: ignore[assignment]
        for _ in range(9):
            with pytest.raises(Interrupted):
                work.run(lambda: done.append(True))
        work._pool = pool
        go.set()
        assert first.result(SOON)
        assert work.run(lambda: 1) == 1
    assert done == [], "what nobody waits for is not done"
    assert work._places._value == 2  # type: ignore[attr-defined]


def test_closing_waits_for_what_was_taken_on_and_takes_nothing_more() -> None:
    work = BoundedWork(1, 3)
    with ThreadPoolExecutor(5) as pool:
        crowd = Crowd(work, pool)
        jobs = crowd.occupy(4)
        while work._pool._work_queue.qsize() < 3:  # a place is taken before the pool has the job
            os.sched_yield()
        closed = pool.submit(work.close)
        assert not closed.done()
        crowd.go.set()
        closed.result(SOON)
        assert all(job.result(SOON) for job in jobs)
    for _ in range(9):
        with pytest.raises(RuntimeError):
            work.run(lambda: None)


def test_an_error_keeps_nothing_alive_that_nobody_holds() -> None:
    class Secret:
        pass

    def attempt(secret: Secret) -> None:
        def fail() -> None:
            assert secret is None

        with pytest.raises(AssertionError):
            work.run(fail)

    with closing(BoundedWork(1, 0)) as work:
        secret = Secret()
        alive = weakref.ref(secret)
        gc.disable()
        try:
            attempt(secret)
            work.run(lambda: None)
            del secret
            assert alive() is None
        finally:
            gc.enable()


@pytest.mark.skipif(sys.platform != "linux", reason="priority is per thread on Linux alone")
def test_the_work_gives_way_and_nobody_else_does() -> None:
    def own() -> int:
        return os.getpriority(os.PRIO_PROCESS, get_native_id())

    before = own()
    for nice in (PROVING_NICE, MAKING_NICE):
        with closing(BoundedWork(1, 0, nice)) as work:
            assert work.run(own) == max(before, nice)
    assert own() == before
    assert PROVING_NICE < MAKING_NICE, "what is proven goes before what is made"


def test_a_system_that_knows_no_priorities_does_the_work_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    with closing(BoundedWork(1, 0)) as work:
        assert work.run(lambda: 1) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="affinity is asked for on Linux alone")
@pytest.mark.parametrize(
    ("processors", "proves", "makes", "rest"),
    [(1, 1, 1, 1), (2, 1, 1, 1), (3, 1, 1, 0), (4, 2, 1, 0), (8, 5, 2, 0)],
)
def test_a_machine_leaves_one_processor_to_reads_if_it_has_three(
    monkeypatch: pytest.MonkeyPatch, processors: int, proves: int, makes: int, rest: float
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    with closing(BoundedWork.that_proves()) as work, closing(BoundedWork.that_makes()) as more:
        assert (work._pool._max_workers, more._pool._max_workers) == (proves, makes)
        assert (work._rest, more._rest) == (rest, 0)
        assert work._places._value == 3 * proves  # type: ignore[attr-defined]
        assert more._places._value == 5 * makes  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform != "linux", reason="affinity is asked for on Linux alone")
@given(st.integers(1, 128), st.integers(1, 64))
def test_api_processes_share_what_a_machine_can_spare_to_prove(
    processors: int, processes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
        with closing(BoundedWork.that_proves()) as alone:
            spared = alone._pool._max_workers / (1 + alone._rest)
        with closing(BoundedWork.that_proves(processes)) as one:
            busy = processes * one._pool._max_workers / (1 + one._rest)
    assert 0.5 <= spared <= max(0.5, processors - 1)
    assert busy <= spared + 1e-9
    assert busy > spared - processes, "and no more than a processor of each is left unused"


def test_a_thread_rests_before_it_proves_again_and_nobody_waits_for_that_alone() -> None:
    def prove() -> tuple[float, float, float]:
        began, used = time.monotonic(), time.thread_time()
        PhcPasswords().hash("a password")
        used = time.thread_time() - used
        return began, used, time.monotonic()

    rest = 20.0
    with closing(BoundedWork(1, 0, rest=rest)) as work:
        asked = time.monotonic()
        _, used, ended = work.run(prove)
        assert time.monotonic() - asked < used * rest, "the first is told at once"
        again, _, _ = work.run(prove)
    assert again - ended >= used * rest


def test_who_is_known_is_let_in_however_many_sign_up() -> None:
    with (
        ThreadPoolExecutor(8) as pool,
        closing(BoundedWork(1, 0)) as proving,
        closing(BoundedWork(1, 2)) as making,
    ):
        plain = PhcPasswords()
        verifier = plain.hash("known")
        passwords = PooledPasswords(plain, proving, making)
        crowd = Crowd(making, pool)
        jobs = crowd.occupy(3)
        try:
            for _ in range(3):
                assert passwords.verify("known", verifier)
            with pytest.raises(TooBusy):
                passwords.hash("new")
            with pytest.raises(TooBusy):
                PooledJudge(Never(), making).judge("new", ())
            with pytest.raises(TooBusy):
                PooledDerivation(Never(), making).derive("a@example.com", "new")  # type: ignore[arg-type]
        finally:
            crowd.go.set()
        assert all(job.result(SOON) for job in jobs)


class Never:
    """A judge and a derivation that nobody comes to."""

    version = "none"

    def judge(self, password: str, context: Sequence[str]) -> str | None:
        raise AssertionError

    def derive(self, email: str, password: str, slot: int = 0) -> None:
        raise AssertionError
