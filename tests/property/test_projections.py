"""Rows say what the aggregate says, and stopping anywhere and resuming equals rebuilding."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deployment import replay
from domain.errors import IllegalTransition
from domain.log import RecordedEvent
from domain.streams import StreamKind
from infrastructure.views.tables import encode
from projections.deployment_history import DEPLOYMENT_HISTORY, HistoryEntry
from projections.deployment_status import DEPLOYMENT_STATUS, DeploymentStatus
from projections.projection import Projection, fold_batch
from tests.engine_world import World

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


@settings(deadline=None, max_examples=150)
@given(actions, coins)
def test_rows_say_what_the_aggregate_says_after_every_fact(drawn: list[str], held: int) -> None:
    log = lived(drawn, held).log
    rows: dict[str, DeploymentStatus] = {}
    entries: dict[str, HistoryEntry] = {}
    seen: dict[str, list[RecordedEvent]] = {}
    for recorded in log.read_all():
        rows |= fold_batch(DEPLOYMENT_STATUS, [recorded], rows)
        new = fold_batch(DEPLOYMENT_HISTORY, [recorded], entries)
        entries |= new
        if recorded.stream.kind is not StreamKind.DEPLOYMENT:
            continue
        seen.setdefault(recorded.stream.id, []).append(recorded)
        state = replay(one.event for one in seen[recorded.stream.id])
        row, [entry] = rows[recorded.stream.id], new.values()
        assert state is not None
        expected = (state.status, state.sub_status)
        assert (row.status, row.sub_status) == expected
        assert (entry.status, entry.sub_status) == expected
        assert row.decidable_at == state.decidable_at
        assert row.version == entry.version == recorded.version


def folded(projection: Projection, events: list[RecordedEvent], cuts: set[int]) -> dict[str, str]:
    rows: dict[str, object] = {}
    batch: list[RecordedEvent] = []
    for number, recorded in enumerate(events):
        batch.append(recorded)
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
