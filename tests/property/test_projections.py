"""Rows say what the aggregate says, and stopping anywhere and resuming equals rebuilding."""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deployment import replay
from domain.errors import IllegalTransition
from domain.events import DeploymentEvent
from domain.log import RecordedEvent
from domain.streams import StreamKind
from infrastructure.views.tables import encode
from projections.deployment_history import DEPLOYMENT_HISTORY, HistoryEntry
from projections.deployment_status import DEPLOYMENT_STATUS, DeploymentStatus
from projections.projection import Projection, fold_batch
from projections.story import tell
from tests.engine_world import World
from tests.event_strategies import of
from tests.histories import histories, recorded

ACTIONS = (
    "drive one",
    "drive two",
    "mine",
    "reorganise",
    "hide",
    "show",
    "cancel",
    "refuse",
    "allow",
    "retry",
    "stranger",
    "revert",
)


def lived(actions: list[str], coins: int) -> World:
    """Let a world go through what a test drew; whatever is refused is refused."""
    world = World()
    world.chain.balances[world.user] = coins
    one, two = world.request("one"), world.request("two")
    steps = {
        "drive one": lambda: world.drive(one),
        "drive two": lambda: world.drive(two),
        "mine": lambda: world.chain.mine(2),
        "reorganise": lambda: world.chain.reorganise(1),
        "hide": lambda: setattr(world.chain, "hidden", True),
        "show": lambda: setattr(world.chain, "hidden", False),
        "cancel": lambda: world.cancel(one),
        "refuse": lambda: setattr(world.chain, "refusal", "reverted"),
        "allow": lambda: setattr(world.chain, "refusal", None),
        "retry": lambda: world.retry(one),
        "stranger": lambda: world.chain.stranger(world.user),
        "revert": lambda: setattr(world.chain, "reverts", True),
    }
    for number, action in enumerate(actions):
        world.clock.pass_by(number)
        with suppress(IllegalTransition):
            steps[action]()
    return world


actions = st.lists(st.sampled_from(ACTIONS), max_size=40)
coins = st.sampled_from([0, 150, 10_000])


def check_rows_against_the_aggregate(events: Sequence[RecordedEvent]) -> None:
    rows: dict[str, DeploymentStatus] = {}
    entries: dict[str, HistoryEntry] = {}
    seen: dict[str, list[RecordedEvent]] = {}
    for one in events:
        rows |= fold_batch(DEPLOYMENT_STATUS, [one], rows)
        new = fold_batch(DEPLOYMENT_HISTORY, [one], entries)
        entries |= new
        if one.stream.kind is not StreamKind.DEPLOYMENT:
            assert new == {}
            continue
        before = replay(old.event for old in seen.get(one.stream.id, []))
        seen.setdefault(one.stream.id, []).append(one)
        state = replay(old.event for old in seen[one.stream.id])
        row, [entry] = rows[one.stream.id], new.values()
        assert state is not None
        expected = (state.status, state.sub_status)
        assert (row.status, row.sub_status) == expected
        assert (entry.status, entry.sub_status) == expected
        assert row.decidable_at == state.decidable_at
        assert row.version == entry.version == one.version
        assert row.changed == entry.position == one.position
        assert row.retries == state.retries
        moved = before is not None and before.status is not state.status
        assert entry.previous is (before.status if before and moved else None)
        assert (entry.previous_ms is None) is (entry.previous is None)


@settings(deadline=None, max_examples=150)
@given(actions, coins)
def test_rows_say_what_the_aggregate_says_after_every_fact(drawn: list[str], held: int) -> None:
    check_rows_against_the_aggregate(list(lived(drawn, held).log.read_all()))


@settings(deadline=None, max_examples=300)
@given(histories())
def test_rows_say_what_the_aggregate_says_also_where_no_engine_has_been(
    history: list[DeploymentEvent],
) -> None:
    check_rows_against_the_aggregate(recorded(history))


@given(of(DeploymentEvent))
def test_every_fact_is_told_in_one_line_that_no_terminal_obeys(event: DeploymentEvent) -> None:
    told = tell(event)
    assert told
    assert told.isprintable()


def folded(projection: Projection, events: list[RecordedEvent], cuts: set[int]) -> dict[str, str]:
    rows: dict[str, object] = {}
    batch: list[RecordedEvent] = []
    for number, one in enumerate(events):
        batch.append(one)
        if number in cuts:
            rows |= fold_batch(projection, batch, rows)
            batch = []
    rows |= fold_batch(projection, batch, rows)
    return {key: encode(row) for key, row in rows.items()}


@settings(deadline=None, max_examples=60)
@given(actions, coins, st.sets(st.integers(0, 60)))
def test_any_batches_give_the_same_bytes(drawn: list[str], held: int, cuts: set[int]) -> None:
    events = list(lived(drawn, held).log.read_all())
    for projection in (DEPLOYMENT_STATUS, DEPLOYMENT_HISTORY):
        assert folded(projection, events, cuts) == folded(projection, events, set())


@settings(deadline=None, max_examples=100)
@given(st.lists(histories(most=12), max_size=4), st.sets(st.integers(0, 60)), st.randoms())
def test_stopping_anywhere_and_resuming_equals_rebuilding(
    drawn: list[list[DeploymentEvent]], cuts: set[int], dice: random.Random
) -> None:
    left = [recorded(history, f"number {n}") for n, history in enumerate(drawn)]
    events: list[RecordedEvent] = []
    while left := [stream for stream in left if stream]:
        events.append(replace(dice.choice(left).pop(0), position=len(events) + 1))
    for projection in (DEPLOYMENT_STATUS, DEPLOYMENT_HISTORY):
        one_by_one = folded(projection, events, set(range(len(events))))
        assert folded(projection, events, cuts) == folded(projection, events, set()) == one_by_one
