"""Facts in words: every figure that proves them, and no words that harm whoever reads."""

import pytest

from domain.deployment import replay
from domain.events import (
    AttemptIncluded,
    BroadcastAnswered,
    DeploymentCancelled,
    DeploymentCompleted,
    Evidence,
    PlannedStep,
    StepPurpose,
    StepsPlanned,
    WaitBegan,
    WaitReason,
)
from domain.slots import Inclusion
from domain.values import BlockRef
from projections.story import one_line, tell
from tests.engine_world import World
from tests.histories import BLOB, requested, requested_asset

BLOCK = BlockRef(number=7, hash=b"\7" * 32)


def test_a_request_is_told_with_token_and_network() -> None:
    assert tell(requested()) == "requested Gold (GLD) on one"


def test_roles_that_an_asset_is_asked_for_without_are_told() -> None:
    assert tell(requested_asset()) == "requested Gold (GLD) on algorand"
    told = tell(requested_asset(manager=None, clawback=None))
    assert told == "requested Gold (GLD) on algorand, for ever without manager, clawback"


@pytest.mark.parametrize(
    ("asset", "told"), [(b"\xab" * 20, "0x" + "ab" * 20), ((1001).to_bytes(8, "big"), "1001")]
)
def test_a_token_is_told_by_its_address_or_its_id(asset: bytes, told: str) -> None:
    completed = DeploymentCompleted(
        asset=asset,
        transaction_id=b"t" * 32,
        inclusion=Inclusion(block=BLOCK, index=0, succeeded=True),
        evidence=Evidence(block=BLOB, report=BLOB),
    )
    assert tell(completed) == f"completed: token {told}, final, as asked, evidence stored"


def test_a_plan_names_its_steps_and_what_it_costs_at_most() -> None:
    fund = PlannedStep(number=1, purpose=StepPurpose.FUND, amount=30)
    issue = PlannedStep(number=2, purpose=StepPurpose.ISSUE)
    told = tell(StepsPlanned(steps=(fund, issue), most=50))
    assert told == "preflight passed, planned: fund 30, issue; costs 50 base units at most"


@pytest.mark.parametrize(("succeeded", "how"), [(True, "succeeded"), (False, "reverted")])
def test_an_inclusion_is_told_by_block_number_and_hash(succeeded: bool, how: str) -> None:
    inclusion = Inclusion(block=BLOCK, index=3, succeeded=succeeded)
    told = tell(AttemptIncluded(step=1, slot=1, attempt=1, inclusion=inclusion))
    assert told == f"{how} in block 7 (0x{'07' * 32}), index 3"


def test_a_wait_says_why() -> None:
    event = WaitBegan(reason=WaitReason.FUNDS, detail="0xab needs 5 more base units")
    assert tell(event) == "waits (awaiting-funds): 0xab needs 5 more base units"


def test_words_of_nodes_and_users_cannot_move_a_cursor_or_start_a_line() -> None:
    wording = "ok\x1b[2J\r\nfailed for ever\u202e\u2028"
    answered = BroadcastAnswered(
        alarm="", step=1, slot=1, attempt=1, operator="node", verdict="odd", wording=wording
    )
    assert tell(answered) == (
        "node answered the broadcast: odd (ok\\u001b[2J\\u000d\\u000afailed for ever\\u202e\\u2028)"
    )
    assert "\\u0007" in tell(DeploymentCancelled(reason="ring\x07"))


def test_words_of_any_language_stay_as_they_are() -> None:
    text = "é 漢字\u00a0\u3000אבג"
    assert one_line(text) == text


def test_a_whole_life_is_told_in_order() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    deployment = world.request()
    world.settle(deployment)
    told = [tell(event) for event in world.events(deployment)]
    assert replay(world.events(deployment)) == world.state(deployment)
    openings = [
        "requested",
        "preflight passed",
        "step 1 reserved slot 1",
        "step 1 signed attempt 1",
    ]
    assert all(line.startswith(start) for line, start in zip(told, openings, strict=False))
    assert told[-1].startswith("completed: token 0x")
