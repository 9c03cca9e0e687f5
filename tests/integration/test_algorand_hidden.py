"""Trouble on Algorand: lost pools, dead windows, rival attempts, strangers, full and dear nodes."""

from collections.abc import Iterator

import pytest
from algosdk import encoding, transaction

from domain.events import BroadcastAnswered, SlotDecided, WaitBegan
from domain.log import RecordedEvent
from domain.signer import state_of
from domain.signer import stream_of as signer_stream
from domain.slots import AttemptKind, CertificateKind, Fate
from domain.status import Status, SubStatus
from infrastructure.algorand.verifier import Refused, verify
from infrastructure.devnet.algod import Algod
from tests.algod_wallet import client
from tests.algorand_hands import Hands, members_of, world
from tests.algorand_world import POLICY, WINDOW, adapter


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0, nodes=2) as one:
        yield one


@pytest.fixture
def node(shared: Algod) -> Iterator[Algod]:
    """Two nodes of one ledger, and no faults left behind."""
    yield shared
    for number in range(2):
        shared.fault(
            node=number,
            follower=False,
            isolated=False,
            pool_size=75_000,
            fee_per_byte=0,
            queue_full=0,
            silent=0,
        )
        shared.ask("POST", "/devnet/drop-pool", {}, node=number)


def words(hands: Hands, deployment: object) -> set[tuple[str, str]]:
    """Verdict and wording of everything that nodes said to the bytes."""
    events = hands.events(deployment)  # type: ignore[arg-type]
    return {(e.verdict, e.wording) for e in events if isinstance(e, BroadcastAnswered)}


def verdicts_of(wording: str, said: set[tuple[str, str]]) -> set[str]:
    return {verdict for verdict, words in said if wording in words}


# ---- windows that close


def test_a_window_that_passed_without_the_bytes_is_proven_dead_and_a_later_one_lands(
    node: Algod,
) -> None:
    """Production stands still, the pool is lost, and rounds go on past the window's end."""
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    assert hands.look(deployment).sub_status is SubStatus.IN_POOL
    node.ask("POST", "/devnet/drop-pool", {})
    node.fault(pool_size=0)
    first = hands.slot(deployment)
    while hands.head < first.last_valid - 1:
        state = hands.step(deployment)
        assert (state.status, state.sub_status) == (Status.PENDING, SubStatus.IN_POOL)
        assert state.decidable_at == f"when round {first.last_valid} is over"
        assert not hands.decided(deployment)
    node.fault(pool_size=75_000)
    node.tick()
    assert hands.look(deployment).status is Status.PENDING
    (decided,) = hands.decided(deployment)
    assert (decided.fate, decided.certificate.kind) == (Fate.DEAD, CertificateKind.DEAD_SLOT)
    assert decided.certificate.block is not None
    assert decided.certificate.block.number == first.last_valid
    assert hands.shown(deployment)["lease"] == first.lease.hex()
    hands.rounds_until(deployment, Status.COMPLETED)
    second = hands.slot(deployment, 2)
    assert second.window > first.window
    assert second.lease != first.lease
    hands.landed_once(deployment)
    assert decided.certificate.blob is not None
    blob = hands.log.blob(decided.certificate.blob.sha256)
    assert blob is not None
    with pytest.raises(Refused):
        verify(blob, hands.facts(deployment, 2), decided.certificate.block.hash)


def test_slots_that_all_end_unused_fail_with_a_proof_for_each_and_a_retry_lands(
    node: Algod,
) -> None:
    hands = world(node, most_slots=2)
    deployment = hands.request()
    node.fault(pool_size=0)
    state = hands.rounds_until(deployment, Status.FAILED)
    assert state.failed is not None
    assert state.failed.cause == "TRANSACTION_EXPIRED"
    assert len(state.failed.certificates) == 2
    assert hands.assets() == []
    for number, certificate in enumerate(state.failed.certificates, 1):
        assert certificate.kind is CertificateKind.DEAD_SLOT
        assert certificate.blob is not None
        assert certificate.block is not None
        blob = hands.log.blob(certificate.blob.sha256)
        assert blob is not None
        verify(blob, hands.facts(deployment, number), certificate.block.hash)
        with pytest.raises(Refused):
            verify(blob, hands.facts(deployment, 3 - number), certificate.block.hash)
    node.tick(2)
    assert hands.drive(deployment) is None
    node.fault(pool_size=75_000)
    hands.retry(deployment)
    hands.rounds_until(deployment, Status.COMPLETED)
    assert [one.fate for one in hands.decided(deployment)] == [Fate.DEAD, Fate.DEAD, Fate.LANDED]
    assert any("reached capacity" in wording for _, wording in words(hands, deployment))
    hands.landed_once(deployment)


# ---- rivals


@pytest.mark.parametrize("winner", [1, 2])
def test_two_attempts_of_one_slot_in_two_pools_land_once_and_mislead_nobody(
    node: Algod, winner: int
) -> None:
    hands = Hands(node, adapter(node, node.urls, POLICY))
    hands.with_coins()
    for number in range(2):
        node.fault(node=number, isolated=True)
    hands.begin_window()
    if hands.head % 2 != winner - 1:
        node.tick()
    node.fault(node=1, pool_size=0)
    deployment = hands.request()
    assert hands.look(deployment).sub_status is SubStatus.IN_POOL
    node.fault(node=1, pool_size=75_000)
    (first,) = hands.signed(deployment)
    another = hands.sign_another(deployment)
    assert another.transaction_id != first.transaction_id
    assert members_of(another.raw)[0].transaction.fee > members_of(first.raw)[0].transaction.fee
    client(node, 1).send_raw_transaction(encoding.base64.b64encode(another.raw))
    hands.record(deployment, another)
    assert hands.look(deployment).status is Status.PENDING
    said = words(hands, deployment)
    assert verdicts_of("already in ledger", said) == {"already-known"}
    assert verdicts_of("overlapping lease", said) == {"says-nothing"}
    assert not hands.decided(deployment)
    node.tick()
    names = [
        encoding.base64.b32encode(one).decode().rstrip("=")
        for one in (first.transaction_id, another.transaction_id)
    ]
    lost = client(node, 2 - winner).pending_transaction_info(names[2 - winner])
    assert "overlapping lease" in lost["pool-error"]
    assert hands.look(deployment).status is Status.COMPLETED
    (decided,) = hands.decided(deployment)
    assert (decided.fate, decided.attempt) == (Fate.LANDED, winner)
    assert hands.shown(deployment)["hash"] == (first, another)[winner - 1].transaction_id.hex()
    hands.landed_once(deployment)
    node.tick(WINDOW)
    assert len(hands.assets()) == 1


@pytest.mark.parametrize("ours_was_sent", [True, False])
def test_a_stranger_with_our_lease_holds_the_signer_and_fails_nothing(
    node: Algod, ours_was_sent: bool
) -> None:
    """The user's key signs other bytes: a copy of it is in use elsewhere."""
    hands = world(node)
    wallet = hands.with_coins()
    deployment = hands.request()
    hands.begin_window()
    if not ours_was_sent:
        node.fault(follower=True)
    hands.look(deployment)
    key = hands.slot(deployment)
    node.fault(follower=False)
    node.ask("POST", "/devnet/drop-pool", {})
    params = wallet.params()
    params.last = key.last_valid
    foreign = transaction.PaymentTxn(wallet.address, params, wallet.address, 1, lease=key.lease)
    wallet.client.send_transaction(wallet.sign(foreign))
    state = hands.step(deployment)
    assert state.sub_status is SubStatus.EXTERNALLY_USED
    last: RecordedEvent | None = hands.log.read_last(signer_stream(hands.network, hands.address))
    signer = state_of(last.event) if last else None
    assert signer is not None
    assert signer.hold is not None
    for _ in range(WINDOW + 2):
        state = hands.step(deployment)
        assert state.status in {Status.SUBMITTED, Status.PENDING}
    # The window is over and none of ours landed: the slot is decided, so a sponsor is free. The
    # signer stays held.
    assert state.sub_status is SubStatus.HELD
    [decided] = hands.decided(deployment)
    assert decided.fate is Fate.DEAD
    assert hands.assets() == []
    next_one = hands.request()
    assert hands.rounds_until(next_one, SubStatus.HELD, most=3).status is Status.QUEUED
    assert not hands.signed(next_one)


# ---- nodes that refuse, or seem to


def test_a_full_queue_and_a_lost_answer_are_maybe_sent(node: Algod) -> None:
    for fault in ("queue_full", "silent"):
        hands = world(node)
        deployment = hands.request()
        hands.begin_window()
        node.fault(**{fault: 1})
        assert hands.look(deployment).sub_status is SubStatus.IN_POOL
        assert {verdict for verdict, _ in words(hands, deployment)} == {"says-nothing"}
        assert hands.step(deployment).status is Status.COMPLETED
        assert len(hands.signed(deployment)) == 1
        hands.landed_once(deployment)


def test_a_pool_at_its_capacity_takes_the_same_bytes_later(node: Algod) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    node.fault(pool_size=1)
    state = hands.step(deployment)
    assert (state.status, state.sub_status) == (Status.SUBMITTED, SubStatus.MAYBE_SENT)
    assert {verdict for verdict, _ in words(hands, deployment)} == {"refused-for-now"}
    node.fault(pool_size=75_000)
    hands.look(deployment)
    assert hands.step(deployment).status is Status.COMPLETED
    assert len(hands.signed(deployment)) == 1
    hands.landed_once(deployment)


def test_a_network_dearer_than_the_policy_is_waited_for_and_takes_no_slot(node: Algod) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    node.fault(fee_per_byte=1_000)
    for _ in range(2):
        state = hands.step(deployment)
        assert (state.status, state.sub_status) == (Status.QUEUED, SubStatus.HELD)
    waits = [e for e in hands.events(deployment) if isinstance(e, WaitBegan)]
    assert len(waits) == 1
    assert "10000" in waits[0].detail
    assert not hands.signed(deployment)
    node.fault(fee_per_byte=5)
    hands.rounds_until(deployment, Status.COMPLETED)
    pays, creates = (one.transaction for one in members_of(hands.signed(deployment)[0].raw))
    size = sum(map(len, (hands.signed(deployment)[0].raw,)))
    assert pays.fee >= 5 * size
    assert creates.fee == 0
    hands.landed_once(deployment)


def test_what_became_too_cheap_ends_with_its_window_and_the_next_slot_pays_more(
    node: Algod,
) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    assert hands.look(deployment).sub_status is SubStatus.IN_POOL
    node.ask("POST", "/devnet/drop-pool", {})
    node.fault(fee_per_byte=5)
    hands.rounds_until(deployment, Status.COMPLETED)
    assert [one.fate for one in hands.decided(deployment)] == [Fate.DEAD, Fate.LANDED]
    fees = [members_of(one.raw)[0].transaction.fee for one in hands.signed(deployment)]
    assert fees[0] < fees[1]
    assert any("below threshold" in wording for _, wording in words(hands, deployment))
    hands.landed_once(deployment)


def test_through_a_follower_alone_nothing_lands_and_nothing_is_said_of_it(node: Algod) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    node.fault(follower=True)
    for _ in range(3):
        state = hands.step(deployment)
        assert (state.status, state.sub_status) == (Status.SUBMITTED, SubStatus.HELD)
    assert state.operation.wait is not None
    assert "wrong-node" in state.operation.wait.detail
    ((verdict, wording),) = words(hands, deployment)
    assert verdict == "says-nothing"
    assert "follower mode" in wording
    assert state.decidable_at == f"when round {hands.slot(deployment).last_valid} is over"
    node.fault(follower=False)
    hands.look(deployment)
    assert hands.step(deployment).status is Status.COMPLETED
    hands.landed_once(deployment)


def test_beside_a_follower_the_bytes_land_through_the_other_node(node: Algod) -> None:
    hands = world(node, node.urls)
    deployment = hands.request()
    node.fault(follower=True)
    hands.rounds_until(deployment, Status.COMPLETED)
    assert len(hands.signed(deployment)) == 1
    hands.landed_once(deployment)


def test_evicted_bytes_are_sent_again_and_the_reason_is_kept(node: Algod) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    hands.look(deployment)
    name = encoding.base64.b32encode(hands.signed(deployment)[0].transaction_id).decode()
    node.ask("POST", "/devnet/evict", {"txid": name.rstrip("="), "pool-error": "of a test"})
    assert hands.look(deployment).sub_status is SubStatus.IN_POOL
    assert ("dropped", "of a test") in words(hands, deployment)
    assert hands.step(deployment).status is Status.COMPLETED
    assert hands.signed(deployment)[0].kind is AttemptKind.EFFECT
    assert sum(isinstance(e, SlotDecided) for e in hands.events(deployment)) == 1
    hands.landed_once(deployment)


def test_a_network_that_stands_still_is_held_and_then_goes_on(node: Algod) -> None:
    hands = Hands(node, adapter(node, standstill=1.0))
    deployment = hands.request()
    hands.begin_window()
    state = hands.until(deployment, SubStatus.HELD, patience=10.0)
    assert state.operation.wait is not None
    assert "no round for" in state.operation.wait.detail
    hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)
