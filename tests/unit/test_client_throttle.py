"""A throttle never lets more through than it says, and never asks to wait in vain."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.client_throttle import MOST_CLIENTS, ClientThrottle

STEPS = st.lists(
    st.tuples(st.floats(0, 30), st.booleans(), st.sampled_from([b"a", b"b"]), st.integers(1, 7))
)


class Hand:
    """A clock that moves when told."""

    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    clock = Hand(1_000.0)
    throttle = ClientThrottle(3, 0.5, clock)
    assert [throttle.take(b"a") for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    assert throttle.take(b"a") == 2.0, "asking in vain costs nothing"
    assert throttle.take(b"b") == 0.0, "another client is not held up"
    clock.at += 1.5
    assert throttle.take(b"a") == 0.5
    clock.at += 0.5
    assert [throttle.take(b"a") for _ in range(2)] == [0.0, 2.0]
    clock.at += 1_000
    assert [throttle.take(b"a") for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]


def test_what_costs_more_takes_more_and_waits_longer() -> None:
    clock = Hand(1_000.0)
    throttle = ClientThrottle(12, 2.0, clock)
    assert [throttle.take(b"a", 5) for _ in range(3)] == [0.0, 0.0, 1.5]
    assert [throttle.take(b"a") for _ in range(3)] == [0.0, 0.0, 0.5], "two are left for others"
    assert throttle.take(b"a", 5) == 2.5
    clock.at += 2.5
    assert [throttle.take(b"a", 5), throttle.take(b"a")] == [0.0, 0.5]


def test_what_costs_more_than_a_full_bucket_takes_all_of_it() -> None:
    clock = Hand(1_000.0)
    throttle = ClientThrottle(3, 1.0, clock)
    assert [throttle.take(b"a", 5), throttle.take(b"a"), throttle.take(b"a", 5)] == [0.0, 1.0, 3.0]
    clock.at += 3.0
    assert throttle.take(b"a", 5) == 0.0


@given(st.integers(1, 5), st.floats(0.01, 100), st.floats(0, 1e9), STEPS)
def test_no_span_of_time_lets_more_through_than_burst_and_trickle(
    burst: int, per_second: float, start: float, steps: list[tuple[float, bool, bytes, int]]
) -> None:
    clock = Hand(start)
    throttle = ClientThrottle(burst, per_second, clock)
    passed: dict[bytes, list[float]] = {b"a": [], b"b": []}
    for pause, patient, client, cost in steps:
        clock.at += pause / per_second
        wait, taken = throttle.take(client, cost), min(cost, burst)
        assert 0 <= wait <= taken / per_second + 1e-5
        if wait and patient:
            clock.at += wait
            wait = throttle.take(client, cost)
            assert wait == 0, "who waited as long as told is let through"
        if not wait:
            passed[client] += [clock.at] * taken
    for moments in passed.values():
        for first, began in enumerate(moments):
            for last in range(first, len(moments)):
                allowed = burst + (moments[last] - began + 1e-4) * per_second
                assert last - first + 1 <= allowed


def test_memory_is_bounded_and_the_longest_silent_is_forgotten() -> None:
    throttle = ClientThrottle(1, 1.0, Hand())
    throttle.take(b"busy")
    throttle.take(b"silent")
    for number in range(MOST_CLIENTS - 1):
        throttle.take(number.to_bytes(4))
        assert throttle.take(b"busy") > 0
    assert throttle.take(b"silent") == 0.0
    assert len(throttle._full_at) == MOST_CLIENTS


def test_a_clock_that_goes_back_lets_nothing_more_through() -> None:
    clock = Hand(100.0)
    throttle = ClientThrottle(2, 1.0, clock)
    assert [throttle.take(b"a") for _ in range(2)] == [0.0, 0.0]
    clock.at = 90.0
    assert throttle.take(b"a") > 1.0


def test_many_threads_share_one_bucket() -> None:
    throttle = ClientThrottle(50, 1.0, Hand())
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(throttle.take, [b"a"] * 400))
    assert taken.count(0.0) == 50


@pytest.mark.parametrize(("burst", "per_second"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_a_throttle_that_lets_nothing_through_is_a_mistake(burst: int, per_second: float) -> None:
    with pytest.raises(ValueError, match="lets something through"):
        ClientThrottle(burst, per_second, Hand())
