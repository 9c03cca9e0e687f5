"""What the engine records, in which order, and what it never says."""

import pytest

from application.engine.answers import Behind, Contradicts, Reading, Serving
from application.engine.drive import Engine
from domain.deployment import stream_of
from domain.errors import IllegalTransition
from domain.events import DeploymentCompleted, DeploymentFailed, SlotDecided, StepPurpose
from domain.slots import CertificateKind, Fate
from domain.status import Status, SubStatus
from tests.engine_world import World
from tests.scripted_chain import OneChain


def test_a_user_without_coins_is_funded_and_the_token_is_completed_once() -> None:
    world = World()
    deployment = world.request()
    state = world.settle(deployment)
    assert state.status is Status.COMPLETED
    assert world.chain.created(deployment) == 1
    assert [step.plan.purpose for step in state.operation.steps] == [
        StepPurpose.FUND,
        StepPurpose.ISSUE,
    ]
    assert world.drive(deployment) is None


def test_facts_come_in_the_order_of_the_lifecycle() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    deployment = world.request()
    world.settle(deployment)
    assert world.names(deployment) == [
        "DeploymentRequested",
        "StepsPlanned",
        "SlotReserved",
        "AttemptSigned",
        "BroadcastAnswered",
        "AttemptSeen",
        "AttemptIncluded",
        "ConformityRead",
        "IssueConfirmed",
        "SlotDecided",
        "DeploymentCompleted",
    ]


def test_nothing_leaves_the_process_before_its_event_is_durable() -> None:
    world = World()
    deployment = world.request()
    world.settle(deployment)
    signed = {
        event.raw for event in world.events(deployment) if type(event).__name__ == "AttemptSigned"
    }
    assert set(world.chain.bytes_seen) == signed


def test_only_what_is_missing_is_funded() -> None:
    world = World()
    world.chain.balances[world.user] = 40
    deployment = world.request()
    state = world.settle(deployment)
    assert state.operation.step(1).plan.amount == 60
    assert state.status is Status.COMPLETED


def test_without_a_sponsor_it_waits_for_coins_and_goes_on_when_they_are_there() -> None:
    world = World()
    world.keys.rich = False
    deployment = world.request()
    assert world.settle(deployment, blocks=3).sub_status is SubStatus.AWAITING_FUNDS
    assert world.names(deployment).count("WaitBegan") == 1
    world.chain.balances[world.user] = 1000
    assert world.settle(deployment).status is Status.COMPLETED


def test_a_refused_preflight_fails_with_never_signed_and_signs_nothing() -> None:
    world = World()
    world.chain.refusal = "reverted: cap"
    deployment = world.request()
    state = world.settle(deployment)
    assert state.status is Status.FAILED
    failed = world.events(deployment)[-1]
    assert isinstance(failed, DeploymentFailed)
    assert [proof.kind for proof in failed.certificates] == [CertificateKind.NEVER_SIGNED]
    assert not world.chain.bytes_seen


def test_a_failed_deployment_can_be_retried_and_completes() -> None:
    world = World()
    world.chain.refusal = "reverted"
    deployment = world.request()
    world.settle(deployment)
    world.chain.refusal = None
    world.retry(deployment)
    assert world.state(deployment).status is Status.QUEUED
    assert world.settle(deployment).status is Status.COMPLETED
    assert world.chain.created(deployment) == 1


def test_a_cancelled_deployment_signs_nothing_of_the_token_and_its_funding_is_followed() -> None:
    world = World()
    deployment = world.request()
    world.drive(deployment)
    assert world.state(deployment).sub_status is SubStatus.FUNDING
    world.cancel(deployment)
    state = world.settle(deployment)
    assert state.status is Status.CANCELLED
    assert not state.operation.undecided
    assert state.operation.step(1).landed
    assert world.chain.created(deployment) == 0


def test_after_queued_a_cancellation_is_refused() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    deployment = world.request()
    world.drive(deployment)
    with pytest.raises(IllegalTransition):
        world.cancel(deployment)


def test_a_reorganisation_is_told_and_the_token_still_lands_once() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    deployment = world.request()
    world.drive(deployment)
    world.chain.mine()
    world.drive(deployment)
    assert world.state(deployment).sub_status is SubStatus.INCLUDED
    world.chain.reorganise(1)
    world.drive(deployment)
    state = world.state(deployment)
    assert (state.status, "InclusionRevoked" in world.names(deployment)) == (Status.PENDING, True)
    assert world.settle(deployment).status is Status.COMPLETED
    assert world.chain.created(deployment) == 1


def test_a_confirmed_token_whose_block_goes_away_is_pending_again() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    deployment = world.request()
    world.drive(deployment)
    world.chain.mine(2)
    world.drive(deployment)
    assert world.state(deployment).status is Status.CONFIRMED
    world.chain.reorganise(2)
    world.drive(deployment)
    assert world.state(deployment).status is Status.PENDING


def test_a_reverted_creation_stays_open_and_says_so() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.reverts = True
    deployment = world.request()
    state = world.settle(deployment, blocks=8)
    assert (state.status, state.sub_status) == (Status.PENDING, SubStatus.REVERTED)
    assert not any(isinstance(event, SlotDecided) for event in world.events(deployment))


def test_a_token_that_is_not_what_was_asked_is_never_completed_nor_failed() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.differences = ("symbol: asked GLD, found SLV",)
    deployment = world.request()
    state = world.settle(deployment, blocks=8)
    assert (state.status, state.sub_status) == (Status.CONFIRMED, SubStatus.NONCONFORMING)
    with pytest.raises(IllegalTransition):
        world.retry(deployment)


def test_external_use_of_the_slot_holds_the_signer_and_fails_nothing() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.drops = True
    deployment = world.request()
    world.drive(deployment)
    world.chain.stranger(world.user)
    state = world.settle(deployment, blocks=8)
    assert (state.status, state.sub_status) == (Status.SUBMITTED, SubStatus.EXTERNALLY_USED)
    signer = world.signer(world.user)
    assert signer is not None
    assert signer.hold is not None


def test_a_signer_with_a_past_is_adopted_at_its_finalized_nonce() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.stranger(world.user)
    world.chain.mine(3)
    deployment = world.request()
    assert world.settle(deployment).status is Status.COMPLETED
    signer = world.signer(world.user)
    assert signer is not None
    assert (signer.next_nonce, signer.undecided) == (2, ())


def test_bytes_that_a_node_forgot_are_sent_again_and_land_once() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.drops = True
    deployment = world.request()
    world.drive(deployment)
    world.chain.drops = False
    world.clock.pass_by(world.chain.policy.rebroadcast_after + 1)
    assert world.settle(deployment).status is Status.COMPLETED
    assert world.chain.created(deployment) == 1


def test_not_found_proves_nothing() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    deployment = world.request()
    world.drive(deployment)
    world.chain.hidden = True
    state = world.settle(deployment, blocks=10)
    assert state.status is Status.PENDING
    assert len(state.operation.step(1).slots) == 1


@pytest.mark.parametrize("standing", [Behind(detail="at block 3"), None])
def test_a_chain_that_is_behind_or_unlisted_is_never_signed_for(standing: Behind | None) -> None:
    world = World()
    if standing is None:
        world.listed = False
    else:
        world.chain.standing_now = standing
    deployment = world.request()
    state = world.settle(deployment, blocks=4)
    assert (state.status, state.sub_status) == (Status.QUEUED, SubStatus.HELD)
    assert world.names(deployment).count("WaitBegan") == 1
    assert not world.chain.bytes_seen


def test_a_chain_that_contradicts_what_was_final_is_held_for_an_operator() -> None:
    world = World()
    world.settle(world.request("first"))
    world.chain.standing_now = Contradicts(stated=None, operator="one")
    second = world.request("second")
    state = world.settle(second, blocks=3)
    assert state.sub_status is SubStatus.HELD
    world.chain.standing_now = Serving()
    assert world.settle(second, blocks=3).sub_status is SubStatus.HELD


def test_a_chain_that_is_down_leaves_the_deployment_queued_and_goes_on_by_itself() -> None:
    world = World()
    world.chain.down = True
    deployment = world.request()
    assert world.settle(deployment, blocks=2).sub_status is SubStatus.HELD
    world.chain.down = False
    assert world.settle(deployment).status is Status.COMPLETED


def test_a_hiccup_of_a_node_is_no_fact_and_a_lasting_trouble_is_one() -> None:
    world = World()
    deployment = world.request()
    stream = stream_of(deployment)
    engine = Engine(world.log, OneChain(world.chain), world.keys, world.clock, quiet=5)
    for _ in range(4):
        world.chain.down = True
        engine.drive(stream)
        world.clock.pass_by(1)
        world.chain.down = False
        engine.drive(stream)
    assert "WaitBegan" not in world.names(deployment)
    world.chain.down = True
    for _ in range(12):
        engine.drive(stream)
        world.clock.pass_by(1)
    assert world.names(deployment).count("WaitBegan") == 1


def test_lost_state_says_needs_archive_instead_of_an_outcome() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.pruned = True
    deployment = world.request()
    state = world.settle(deployment, blocks=6)
    assert (state.status, state.sub_status) == (Status.CONFIRMED, SubStatus.NEEDS_ARCHIVE)


def test_an_independent_reader_is_waited_for_then_named() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.has_independent_reader = True
    deployment = world.request()
    assert world.settle(deployment, blocks=6).status is Status.CONFIRMED
    world.chain.reader = Reading(reader="two", at=9)
    assert world.settle(deployment).status is Status.COMPLETED
    assert "IssueIndexed" in world.names(deployment)


def test_a_late_reader_is_skipped_when_patience_ends() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    world.chain.has_independent_reader = True
    deployment = world.request()
    world.settle(deployment, blocks=6)
    world.clock.pass_by(world.chain.policy.index_patience)
    assert world.settle(deployment).status is Status.COMPLETED
    assert "IssueIndexed" not in world.names(deployment)


def test_several_deployments_of_one_signer_take_nonces_in_order_and_all_complete() -> None:
    world = World()
    world.chain.balances[world.user] = 10_000
    deployments = [world.request(f"number {n}") for n in range(6)]
    for _ in range(20):
        for deployment in deployments:
            world.drive(deployment)
        world.chain.mine()
    states = [world.state(deployment) for deployment in deployments]
    assert {state.status for state in states} == {Status.COMPLETED}
    assert all(world.chain.created(deployment) == 1 for deployment in deployments)


def test_completed_points_to_evidence_that_is_there() -> None:
    world = World()
    world.chain.balances[world.user] = 1000
    deployment = world.request()
    world.settle(deployment)
    decided, completed = world.events(deployment)[-2:]
    assert isinstance(decided, SlotDecided)
    assert isinstance(completed, DeploymentCompleted)
    assert decided.fate is Fate.LANDED
    assert decided.certificate.blob is not None
    for blob in (completed.evidence.block, completed.evidence.report, decided.certificate.blob):
        kept = world.log.blob(blob.sha256)
        assert kept is not None
        assert len(kept) == blob.size
