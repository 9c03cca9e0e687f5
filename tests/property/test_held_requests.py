"""Requests are held: who was refused waits a second, nobody is lost, and they leave at a pace."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from interfaces.http.askers import Asker
from interfaces.http.held_requests import MOST_HELD, MOST_REFUSED, PACE, REST, HeldRequests

PEOPLE = [Asker(f"192.0.{number}.0/24", "login") for number in range(3)]
PROMPT = 1e-9


class Held(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.left: list[tuple[float, Any]] = []
        self.held = HeldRequests(
            lambda conn: self.left.append((self.now, conn)), clock=lambda: self.now
        )
        self.refused: dict[Asker, float] = {}
        self.waiting: dict[int, tuple[float, float]] = {}
        """Until when each had to wait at least, and when it came."""
        self.count = 0

    @rule(asker=st.sampled_from(PEOPLE))
    def is_refused(self, asker: Asker) -> None:
        self.held.refused(asker)
        self.refused[asker] = self.now

    @rule(asker=st.sampled_from(PEOPLE))
    def asks(self, asker: Asker) -> None:
        self.count += 1
        conn: Any = self.count
        until = self.refused.get(asker, 0.0) + REST
        assert self.held.take(asker, conn) == (until > self.now)
        if until > self.now:
            self.waiting[conn] = (until, self.now)

    @rule(seconds=st.floats(0.0, 1.5))
    def time_passes(self, seconds: float) -> None:
        """As the worker's loop lets it: it sleeps no longer than it is told."""
        end = self.now + seconds
        while self.now < end:
            self.now += min(max(self.held.seconds_to_next(end - self.now), PROMPT), end - self.now)
            self._look()

    @rule()
    def a_busy_loop_turns(self) -> None:
        self._look()

    def _look(self) -> None:
        before = len(self.left)
        self.held.look()
        for at, conn in self.left[before:]:
            until, came = self.waiting.pop(conn)
            assert at >= until - PROMPT
            assert at <= came + REST + (self.count + 1) * PACE

    @precondition(lambda self: self.waiting)
    @rule()
    def the_worker_stops(self) -> None:
        before = len(self.left)
        self.held.look(all_of_them=True)
        assert [conn for _, conn in self.left[before:]] == sorted(self.waiting)
        self.waiting.clear()

    @invariant()
    def nobody_is_lost_or_passed(self) -> None:
        gone = [conn for _, conn in self.left]
        assert gone == sorted(set(gone)), "first come, first served"
        assert not set(gone) & set(self.waiting)


TestHeld = Held.TestCase


@given(st.lists(st.integers(0, 200), min_size=1, max_size=40))
def test_however_they_come_they_leave_one_at_a_time(milliseconds: Sequence[int]) -> None:
    now, left = 0.0, list[float]()
    held = HeldRequests(lambda _: left.append(now), clock=lambda: now)
    held.refused(PEOPLE[0])
    came = 0
    for wait in milliseconds:
        now = min(now + wait / 1000, REST - PROMPT)
        came += held.take(PEOPLE[0], None)  # type: ignore[arg-type]
    while len(left) < came:
        now += max(held.seconds_to_next(1.0), PROMPT)
        held.look()
    assert all(later - earlier >= PACE - 1e-6 for earlier, later in pairwise(left))


def test_more_than_may_be_held_leave_early_and_the_first_goes_first() -> None:
    left: list[Any] = []
    held = HeldRequests(left.append, clock=lambda: 0.0)
    held.refused(PEOPLE[0])
    for number in range(MOST_HELD + 3):
        assert held.take(PEOPLE[0], number)  # type: ignore[arg-type]
    assert left == [0, 1, 2]


def test_who_was_refused_longest_ago_is_forgotten_where_many_are() -> None:
    held = HeldRequests(lambda _: None, clock=lambda: 0.0)
    for number in range(MOST_REFUSED + 1):
        held.refused(Asker(str(number), "login"))
    assert not held.take(Asker("0", "login"), None)  # type: ignore[arg-type]
    assert held.take(Asker("1", "login"), None)  # type: ignore[arg-type]


def test_nobody_is_told_apart_once_all_refusals_are_old() -> None:
    now = 0.0
    held = HeldRequests(lambda _: None, clock=lambda: now)
    assert not held.watches
    held.refused(PEOPLE[0])
    assert held.watches
    now = REST
    held.look()
    assert not held.watches
