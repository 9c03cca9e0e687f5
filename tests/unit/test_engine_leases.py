"""What the engine records on a chain of leases: windows that pass, sponsors, strangers, answers."""

from dataclasses import replace

import pytest

from domain.errors import IllegalTransition
from domain.events import BroadcastAnswered, DeploymentFailed
from domain.slots import CertificateKind, Fate
from domain.status import Status, SubStatus
from domain.values import DeploymentId
from tests.engine_world import World
from tests.lease_world import PLENTY, Leases, give_up, key_of, leases, let_die, slots
from tests.scripted_leases import FEE, FINAL_AT_ONCE, WIDTH


def answers(world: Leases, deployment: DeploymentId) -> list[tuple[str, str]]:
    return [
        (event.verdict, event.wording)
        for event in world.events(deployment)
        if isinstance(event, BroadcastAnswered)
    ]


# ---- the way it goes where nothing goes wrong


def test_facts_come_in_the_order_of_the_lifecycle() -> None:
    world = leases()
    deployment = world.request()
    assert world.settle(deployment).status is Status.COMPLETED
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
    assert world.chain.created(deployment) == 1
    assert world.drive(deployment) is None


def test_the_slot_says_until_when_its_fate_is_open() -> None:
    world = leases()
    deployment = world.request()
    world.drive(deployment)
    assert world.state(deployment).decidable_at == f"when round {WIDTH} is over"


def test_an_indexer_is_waited_for_then_named_then_done_without() -> None:
    world = leases(lag=3)
    deployment = world.request()
    world.settle(deployment, blocks=3)
    assert world.state(deployment).status is Status.CONFIRMED
    assert world.settle(deployment).status is Status.COMPLETED
    assert "IssueIndexed" in world.names(deployment)
    late = leases(lag=10**6)
    deployment = late.request()
    late.settle(deployment, blocks=5)
    late.clock.pass_by(late.chain.policy.index_patience)
    assert late.settle(deployment).status is Status.COMPLETED
    assert "IssueIndexed" not in late.names(deployment)


def test_an_asset_that_is_not_what_was_asked_is_never_completed_nor_failed() -> None:
    world = leases(differences=("decimals: asked 2, found 3",))
    deployment = world.request()
    state = world.settle(deployment, blocks=4 * WIDTH)
    assert (state.status, state.sub_status) == (Status.CONFIRMED, SubStatus.NONCONFORMING)
    assert [slot.fate for slot in slots(state)] == [None]


# ---- windows that pass


def test_a_dead_window_is_proven_and_the_next_slot_is_in_a_later_one() -> None:
    world = leases()
    deployment = world.request()
    state = let_die(world, deployment)
    first, second = slots(state)
    assert (first.fate, second.fate) == (Fate.DEAD, None)
    assert first.certificate is not None
    assert first.certificate.kind is CertificateKind.DEAD_SLOT
    assert first.certificate.block is not None
    assert first.certificate.block.number == key_of(first).last_valid
    assert first.certificate.blob is not None
    assert world.log.blob(first.certificate.blob.sha256) is not None
    assert key_of(second).first_valid > key_of(first).last_valid
    assert key_of(second).window == key_of(first).window + 1
    assert key_of(second).lease != key_of(first).lease
    assert world.settle(deployment).status is Status.COMPLETED
    assert world.chain.created(deployment) == 1


@pytest.mark.parametrize("seen", [True, False])
def test_a_dead_slot_moves_no_status_and_says_so_until_the_next_begins(seen: bool) -> None:
    world = leases()
    world.chain.hidden = not seen
    deployment = world.request()
    world.drive(deployment)
    before = world.state(deployment).status
    assert before is (Status.PENDING if seen else Status.SUBMITTED)
    world.chain.full = True
    world.chain.mine(2 * WIDTH - 1)
    world.drive(deployment)
    state = world.state(deployment)
    assert (state.status, state.sub_status) == (before, SubStatus.SLOT_DEAD)
    assert (len(slots(state)), state.decidable_at) == (1, None)
    world.chain.mine()
    world.drive(deployment)
    state = world.state(deployment)
    assert state.status is before
    assert key_of(slots(state)[1]).first_valid == 2 * WIDTH + 1


def test_nothing_is_begun_in_the_last_quarter_of_a_window() -> None:
    world = leases()
    world.chain.mine(WIDTH - 1)
    deployment = world.request()
    pause = world.drive(deployment)
    assert pause is not None
    state = world.state(deployment)
    assert (state.status, slots(state)) == (Status.QUEUED, ())
    world.chain.mine()
    world.drive(deployment)
    (slot,) = slots(world.state(deployment))
    assert (key_of(slot).first_valid, key_of(slot).last_valid) == (WIDTH + 1, 2 * WIDTH)


def test_after_so_many_windows_it_fails_with_one_proof_for_each_slot_and_can_be_retried() -> None:
    world = leases()
    deployment = world.request()
    state = give_up(world, deployment)
    failed = world.events(deployment)[-1]
    assert isinstance(failed, DeploymentFailed)
    assert len(slots(state)) == world.chain.policy.most_slots
    assert failed.cause == "TRANSACTION_EXPIRED"
    assert list(failed.certificates) == [slot.certificate for slot in slots(state)]
    assert {proof.kind for proof in failed.certificates} == {CertificateKind.DEAD_SLOT}
    assert len({proof.block for proof in failed.certificates}) == len(failed.certificates)
    assert world.drive(deployment) is None
    world.retry(deployment)
    assert world.state(deployment).status is Status.QUEUED
    state = world.settle(deployment)
    assert state.status is Status.COMPLETED
    assert len(slots(state)) == world.chain.policy.most_slots + 1
    assert world.chain.created(deployment) == 1


def test_a_retry_allows_as_many_windows_again() -> None:
    world = leases(policy=replace(FINAL_AT_ONCE, most_slots=2))
    deployment = world.request()
    for most in (2, 4):
        state = give_up(world, deployment)
        assert len(slots(state)) == most
        failed = world.events(deployment)[-1]
        assert isinstance(failed, DeploymentFailed)
        assert len(failed.certificates) == most
        world.retry(deployment)


def test_a_step_never_has_two_undecided_slots() -> None:
    world = leases()
    deployment = world.request()
    world.chain.full = True
    undecided = []
    for _ in range(6 * WIDTH):
        world.drive(deployment)
        undecided.append(len(world.state(deployment).operation.undecided))
        if undecided[-1]:
            open_slot = slots(world.state(deployment))[-1]
            assert key_of(open_slot).last_valid > world.chain.head
        world.chain.mine()
    assert set(undecided) == {0, 1}


def test_a_halted_chain_decides_nothing_however_long_it_stands() -> None:
    world = leases(halted=True)
    deployment = world.request()
    for _ in range(50):
        world.drive(deployment)
        world.chain.mine()
        world.clock.pass_by(60)
    state = world.state(deployment)
    assert (state.status, state.sub_status) == (Status.PENDING, SubStatus.STUCK)
    assert world.names(deployment).count("WaitBegan") == 1
    world.chain.halted = False
    assert world.settle(deployment).status is Status.COMPLETED
    assert len(slots(world.state(deployment))) == 1


@pytest.mark.parametrize("looks", [True, False])
def test_bytes_that_land_in_the_last_round_of_the_window_are_found_however_late_one_looks(
    looks: bool,
) -> None:
    world = leases()
    deployment = world.request()
    world.drive(deployment)
    world.chain.full = True
    for _ in range(WIDTH - 1):
        world.chain.mine()
        if looks:
            world.drive(deployment)
    world.chain.full = False
    world.chain.mine(1 if looks else 5 * WIDTH)
    state = world.settle(deployment, blocks=1)
    assert state.status is Status.COMPLETED
    assert len(slots(state)) == 1
    inclusion = slots(state)[0].inclusion
    assert inclusion is not None
    assert inclusion.block.number == WIDTH


# ---- strangers, and what nodes no longer keep


@pytest.mark.parametrize("coins", [0, PLENTY])
def test_external_use_of_the_lease_holds_the_sender_and_fails_nothing(coins: int) -> None:
    world = leases(coins=coins, drops=True)
    deployment = world.request()
    world.drive(deployment)
    (slot,) = slots(world.state(deployment))
    world.chain.balances[world.user] += FEE
    world.chain.stranger(key_of(slot))
    state = world.settle(deployment, blocks=3 * WIDTH)
    assert (state.status, state.sub_status) == (Status.SUBMITTED, SubStatus.EXTERNALLY_USED)
    assert [one.fate for one in slots(state)] == [None]
    user, treasury = world.signer(world.user), world.signer(world.treasury)
    assert user is not None
    assert "a lease of ours" in (user.hold or "")
    assert treasury is None or treasury.hold is None
    other = world.request("another")
    assert world.settle(other, blocks=3).sub_status is SubStatus.HELD
    assert not slots(world.state(other))


def test_bytes_of_a_lost_log_that_landed_before_ours_could_are_external_use() -> None:
    lost = leases()
    deployment = lost.request()
    lost.drive(deployment)
    lost.chain.mine(2)
    restored = World(chain=lost.chain)
    restored.request()
    state = restored.settle(deployment, blocks=3 * WIDTH)
    (slot,) = slots(state)
    assert key_of(slot).first_valid == 2
    assert (slot.fate, state.sub_status) == (None, SubStatus.EXTERNALLY_USED)
    assert lost.settle(deployment).status is Status.COMPLETED
    assert lost.chain.created(deployment) == 1


def test_pruned_rounds_say_needs_archive_and_are_decided_once_they_are_there() -> None:
    world = leases()
    deployment = world.request()
    world.drive(deployment)
    world.chain.full = True
    world.chain.mine(3 * WIDTH)
    world.chain.forgotten = 2
    for _ in range(3):
        world.drive(deployment)
    state = world.state(deployment)
    assert (state.status, state.sub_status) == (Status.PENDING, SubStatus.NEEDS_ARCHIVE)
    assert world.names(deployment).count("WaitBegan") == 1
    assert [one.fate for one in slots(state)] == [None]
    world.chain.forgotten = 0
    world.drive(deployment)
    assert [one.fate for one in slots(world.state(deployment))] == [Fate.DEAD, None]


@pytest.mark.parametrize("landed", [True, False])
def test_lost_rounds_never_become_an_outcome(landed: bool) -> None:
    world = leases()
    deployment = world.request()
    world.drive(deployment)
    world.chain.full = not landed
    world.chain.mine(6 * WIDTH)
    world.chain.forgotten = world.chain.head
    state = world.settle(deployment, blocks=3)
    assert (state.status, state.sub_status) == (Status.PENDING, SubStatus.NEEDS_ARCHIVE)
    world.chain.forgotten = 0
    world.chain.full = False
    assert world.settle(deployment).status is Status.COMPLETED
    assert len(slots(world.state(deployment))) == (1 if landed else 2)
    assert world.chain.created(deployment) == 1


# ---- what nodes answer


def test_what_a_node_answers_again_is_recorded_once_and_what_is_news_is_added() -> None:
    world = leases(drops=True)
    deployment = world.request()
    world.chain.halted = True
    said = [
        None,
        None,
        ("refused-for-now", "txn pool is full"),
        ("refused-for-now", "txn pool is fuller"),
        None,
        ("already-known", "transaction already in ledger"),
        ("already-known", "transaction already in ledger"),
    ]
    for one in said:
        world.chain.says = one
        for _ in range(3):
            world.drive(deployment)
        world.clock.pass_by(world.chain.policy.rebroadcast_after)
    heard = answers(world, deployment)
    assert [verdict for verdict, _ in heard] == ["accepted", "refused-for-now", "already-known"]
    assert [wording for _, wording in heard[1:]] == [said[2][1], said[5][1]]  # type: ignore[index]
    assert world.state(deployment).status is Status.SUBMITTED


def test_bytes_that_a_node_let_go_may_land_through_another_and_its_words_are_kept_once() -> None:
    world = leases(evicted="transaction pool evicted it", halted=True)
    deployment = world.request()
    for _ in range(5):
        world.drive(deployment)
        world.clock.pass_by(1)
    assert [verdict for verdict, _ in answers(world, deployment)] == ["accepted", "dropped"]
    state = world.state(deployment)
    assert (state.status, state.sub_status) == (Status.SUBMITTED, SubStatus.MAYBE_SENT)
    world.chain.halted = False
    assert world.settle(deployment).status is Status.COMPLETED
    assert len(slots(world.state(deployment))) == 1


@pytest.mark.parametrize(
    "words", ["txn dead: round 9 outside of 1--4", "overlapping lease", "already in ledger"]
)
def test_no_words_decide_a_slot(words: str) -> None:
    world = leases(says=("refused-for-ever", words), evicted=words, halted=True)
    deployment = world.request()
    for _ in range(4):
        world.drive(deployment)
        world.clock.pass_by(world.chain.policy.rebroadcast_after + 1)
    assert [slot.fate for slot in slots(world.state(deployment))] == [None]
    world.chain.halted = False
    assert world.settle(deployment).status is Status.COMPLETED
    assert world.chain.created(deployment) == 1


def test_bytes_that_all_nodes_lost_are_sent_again_and_land_once() -> None:
    world = leases(drops=True)
    deployment = world.request()
    world.drive(deployment)
    world.chain.drops = False
    world.clock.pass_by(world.chain.policy.rebroadcast_after)
    assert world.settle(deployment).status is Status.COMPLETED
    assert world.chain.created(deployment) == 1
    assert len(world.chain.bytes_seen) == 1


def test_what_is_in_a_block_is_never_revoked() -> None:
    world = leases(lag=10**6)
    deployment = world.request()
    world.settle(deployment, blocks=5 * WIDTH)
    world.clock.pass_by(world.chain.policy.index_patience)
    assert world.settle(deployment).status is Status.COMPLETED
    assert "InclusionRevoked" not in world.names(deployment)
    assert world.names(deployment).count("AttemptIncluded") == 1


# ---- a user who thinks again


def test_a_deployment_that_waits_for_the_next_window_can_be_cancelled_and_signs_nothing() -> None:
    world = leases()
    world.chain.mine(WIDTH - 1)
    deployment = world.request()
    world.drive(deployment)
    world.cancel(deployment)
    assert world.settle(deployment).status is Status.CANCELLED
    assert not world.chain.signed


def test_after_a_retry_it_can_be_cancelled_and_after_a_signature_it_cannot() -> None:
    world = leases()
    deployment = world.request()
    world.drive(deployment)
    with pytest.raises(IllegalTransition):
        world.cancel(deployment)
    give_up(world, deployment)
    world.retry(deployment)
    world.cancel(deployment)
    state = world.settle(deployment)
    assert state.status is Status.CANCELLED
    assert {slot.fate for slot in slots(state)} == {Fate.DEAD}
    assert world.chain.created(deployment) == 0
