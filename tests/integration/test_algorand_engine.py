"""The engine on the real Algorand ledger: grid, group, evidence, and who pays for it all."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from algosdk import encoding

from domain.events import (
    ConformityRead,
    DeploymentCompleted,
    IssueIndexed,
    SlotDecided,
    WaitBegan,
    WaitReason,
)
from domain.slots import CertificateKind
from domain.status import Status, SubStatus
from infrastructure.algorand.certificate_maker import inclusion_certificate
from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.groups import note_of, public_key
from infrastructure.algorand.verifier import Refused, verify
from infrastructure.devnet.algod import TREASURY, Algod
from infrastructure.devnet.indexer import Indexer
from tests.algod_wallet import Wallet
from tests.algorand_hands import Hands, members_of, world
from tests.algorand_world import WINDOW, StaticKeys
from tests.lying_algod import Asked, Forward, Said, honest, lying, refused

LEAST_FEE = 1000
RESERVE = 100_000
"""Of an account, and once more of an asset."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0) as one:
        yield one


@pytest.fixture(scope="module")
def indexer(node: Algod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexer]:
    file = tmp_path_factory.mktemp("indexer") / "indexer.db"
    with Indexer(file, node.url, node.token) as one:
        yield one


# ---- evidence


def test_a_token_is_completed_with_a_certificate_made_from_the_blobs_alone(node: Algod) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)
    completed = next(e for e in hands.events(deployment) if isinstance(e, DeploymentCompleted))
    blob = hands.log.blob(completed.evidence.block.sha256)
    assert blob is not None
    certificate = inclusion_certificate(BlockEvidence.from_bytes(blob), completed.inclusion.index)
    facts, trusted = hands.facts(deployment), completed.inclusion.block.hash
    shown = verify(certificate, facts, trusted)
    assert [shown["asset"]] == [one["index"] for one in hands.assets()]
    assert shown["hash"] == completed.transaction_id.hex()
    decided = hands.decided(deployment)[-1]
    assert decided.certificate.kind is CertificateKind.FINALIZED_INCLUSION
    assert decided.certificate.blob is not None
    assert hands.log.blob(decided.certificate.blob.sha256) == certificate
    for another in (
        {"lease": bytes(32)},
        {"sender": bytes(32)},
        {"genesis_hash": bytes(32)},
        {"last_valid": facts.last_valid + WINDOW},
        {"attempts": frozenset({bytes(32)})},
    ):
        with pytest.raises(Refused):
            verify(certificate, replace(facts, **another), trusted)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        verify(certificate, facts, bytes(32))


def test_conformity_is_read_from_the_row_and_not_from_the_present_state(node: Algod) -> None:
    """The manager takes every role away in the very next round: what was made still conforms."""
    from algosdk import transaction

    with lying(node.url, honest) as blind:
        hands = world(node, [blind.url])
        wallet = hands.with_coins()
        deployment = hands.request()
        hands.begin_window()
        hands.look(deployment)
        node.tick()
        asset = hands.assets()[0]["index"]
        destroy = transaction.AssetDestroyTxn(wallet.address, wallet.params(), index=asset)
        wallet.client.send_transaction(wallet.sign(destroy))
        node.tick()
        assert hands.assets() == []
        state = hands.rounds_until(deployment, Status.COMPLETED)
    assert state.completed is not None
    assert int.from_bytes(state.completed.asset) == asset
    read = next(e for e in hands.events(deployment) if isinstance(e, ConformityRead))
    assert read.differences == ()


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ({"decimals": 19, "unit_name": "Ü€12"}, {"total": 2**64 - 1, "decimals": 19}),
        ({"total": 1, "decimals": 0, "url": None, "metadata_hash": None}, {"total": 1}),
        ({"default_frozen": True, "name": "N" * 32}, {"default-frozen": True, "name": "N" * 32}),
        ({"freeze": None, "clawback": None, "manager": None, "reserve": None}, {"decimals": 6}),
    ],
)
def test_the_edges_of_every_parameter_land_exactly(
    node: Algod, terms: dict[str, Any], found: dict[str, Any]
) -> None:
    hands = world(node)
    deployment = hands.request(**terms)
    hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)
    parameters = hands.assets()[0]["params"]
    assert isinstance(parameters, dict)
    assert {name: parameters[name] for name in found} == found
    if "freeze" in terms:
        assert not {"freeze", "clawback", "manager", "reserve"} & parameters.keys()


# ---- who pays


def test_the_treasury_pays_in_the_very_group_and_the_user_ends_with_what_it_needs(
    node: Algod,
) -> None:
    hands = world(node)
    deployment = hands.request()
    before = hands.balance(TREASURY)
    hands.rounds_until(deployment, Status.COMPLETED)
    pays, creates = (one.transaction for one in members_of(hands.signed(deployment)[0].raw))
    assert (pays.type, creates.type) == ("pay", "acfg")
    assert (pays.sender, pays.receiver) == (TREASURY, creates.sender)
    assert pays.group == creates.group is not None
    assert (pays.fee, creates.fee) == (2 * LEAST_FEE, 0)
    assert hands.balance() == 2 * RESERVE == pays.amt
    assert before - hands.balance(TREASURY) == 2 * RESERVE + 2 * LEAST_FEE
    assert hands.slot(deployment).sponsor == encoding.decode_address(TREASURY)
    assert hands.slot(deployment).shape == ("pay", "acfg")


def test_a_user_with_a_part_of_it_gets_the_rest(node: Algod) -> None:
    hands = world(node)
    hands.with_coins(RESERVE + 60_000)
    deployment = hands.request()
    hands.rounds_until(deployment, Status.COMPLETED)
    assert hands.balance() == 2 * RESERVE
    assert members_of(hands.signed(deployment)[0].raw)[0].transaction.amt == 40_000


def test_a_user_with_coins_pays_alone_and_no_treasury_is_touched(node: Algod) -> None:
    hands = world(node)
    hands.with_coins(3_000_000)
    before = hands.balance(TREASURY)
    deployment = hands.request()
    hands.rounds_until(deployment, Status.COMPLETED)
    (alone,) = (one.transaction for one in members_of(hands.signed(deployment)[0].raw))
    assert (alone.type, alone.fee, alone.group) == ("acfg", LEAST_FEE, None)
    assert hands.balance() == 3_000_000 - LEAST_FEE
    assert hands.balance(TREASURY) == before
    assert (hands.slot(deployment).sponsor, hands.slot(deployment).shape) == (None, ("acfg",))


class PoorKeys(StaticKeys):
    """A treasury of a test's own."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def treasury(self, network: object) -> bytes:
        return self._seed


def test_an_empty_treasury_is_waited_for_and_then_it_goes_on(node: Algod) -> None:
    seed = b"\5" * 32
    hands = Hands(node, keys=PoorKeys(seed))
    deployment = hands.request()
    state = hands.rounds_until(deployment, SubStatus.AWAITING_FUNDS)
    assert state.status is Status.QUEUED
    assert not hands.signed(deployment)
    assert state.operation.wait is not None
    assert encoding.encode_address(public_key(seed)) in state.operation.wait.detail
    treasury = Wallet(node, node.treasury)
    address = encoding.encode_address(public_key(seed))
    needed = RESERVE + 2 * RESERVE + 2 * LEAST_FEE
    treasury.client.send_transaction(treasury.payment(address, needed - 1))
    hands.step(deployment)
    assert hands.rounds_until(deployment, SubStatus.AWAITING_FUNDS).status is Status.QUEUED
    treasury.client.send_transaction(treasury.payment(address, 1))
    node.tick()
    hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)
    assert hands.balance(address) == RESERVE


@pytest.mark.parametrize("reason", ["no treasury", "policy"])
def test_without_a_sponsor_the_user_brings_the_coins(node: Algod, reason: str) -> None:
    hands = world(node, sponsored=reason != "policy")
    hands.keys.rich = reason != "no treasury"
    deployment = hands.request()
    state = hands.rounds_until(deployment, SubStatus.AWAITING_FUNDS)
    assert state.operation.wait is not None
    assert encoding.encode_address(hands.address) in state.operation.wait.detail
    assert not hands.signed(deployment)
    hands.with_coins()
    hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)
    assert hands.slot(deployment).sponsor is None


# ---- the grid


def test_every_member_ends_with_the_window_and_the_lease_is_on_the_creation(node: Algod) -> None:
    hands = world(node)
    hands.node.tick(3)
    deployment = hands.request()
    hands.rounds_until(deployment, SubStatus.IN_POOL)
    key, (signed,) = hands.slot(deployment), hands.signed(deployment)
    assert key.last_valid == (key.window + 1) * WINDOW
    assert key.window * WINDOW <= key.first_valid <= key.last_valid
    pays, creates = (one.transaction for one in members_of(signed.raw))
    for member in (pays, creates):
        assert (member.first_valid_round, member.last_valid_round) == (
            key.first_valid,
            key.last_valid,
        )
        assert encoding.base64.b64decode(member.genesis_hash) == node.genesis_hash
    assert (creates.lease, pays.lease) == (key.lease, None)
    assert creates.note == note_of(deployment)
    hands.rounds_until(deployment, Status.COMPLETED)


def test_nothing_is_begun_in_the_last_quarter_of_a_window(node: Algod) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    node.tick(WINDOW - WINDOW // 4)
    for _ in range(WINDOW // 4):
        hands.look(deployment)
        assert not hands.signed(deployment)
        node.tick()
    assert hands.head % WINDOW == 0
    hands.look(deployment)
    assert hands.slot(deployment).window == hands.head // WINDOW
    hands.rounds_until(deployment, Status.COMPLETED)


def test_the_last_round_that_may_be_begun_in_still_lands(node: Algod) -> None:
    hands = world(node)
    deployment = hands.request()
    hands.begin_window()
    node.tick(WINDOW - WINDOW // 4 - 1)
    hands.look(deployment)
    assert hands.signed(deployment)
    key = hands.slot(deployment)
    node.ask("POST", "/devnet/drop-pool", {})
    node.tick(key.last_valid - 1 - hands.head)
    hands.look(deployment)
    state = hands.step(deployment)
    assert state.status is Status.COMPLETED
    assert state.completed is not None
    assert state.completed.inclusion.block.number == key.last_valid
    hands.landed_once(deployment)


def test_two_deployments_of_one_signer_at_once_both_land(node: Algod) -> None:
    hands = world(node)
    deployments = [hands.request(unit_name=name) for name in ("ONE", "TWO")]
    hands.begin_window()
    for deployment in deployments:
        hands.look(deployment)
    assert len({hands.slot(one).window for one in deployments}) == 1
    assert len({hands.slot(one).lease for one in deployments}) == 2
    for deployment in deployments:
        hands.rounds_until(deployment, Status.COMPLETED)
    states = [hands.state(deployment).completed for deployment in deployments]
    assets = {int.from_bytes(one.asset) for one in states if one}
    assert {one["index"] for one in hands.assets()} == assets
    assert len(assets) == 2
    assert len({one and one.inclusion.block.number for one in states}) == 1


# ---- the independent reader


def test_indexed_comes_through_the_indexer_alone(node: Algod, indexer: Indexer) -> None:
    hands = world(node, readers=[indexer])
    deployment = hands.request()
    indexer.wait_for(hands.head)
    indexer.pause()
    hands.rounds_until(deployment, Status.CONFIRMED)
    node.tick(4)
    for _ in range(3):
        assert hands.look(deployment).status is Status.CONFIRMED
    indexer.resume()
    indexer.wait_for(hands.head)
    assert hands.look(deployment).status is Status.COMPLETED
    events = hands.events(deployment)
    (indexed,) = (e for e in events if isinstance(e, IssueIndexed))
    assert (indexed.reader, indexed.at) == ("reader", indexer.round)
    decided = next(e for e in events if isinstance(e, SlotDecided))
    assert events.index(indexed) < events.index(decided)


def test_an_indexer_behind_the_block_has_said_nothing(node: Algod, indexer: Indexer) -> None:
    hands = world(node, readers=[indexer])
    deployment = hands.request()
    indexer.stay_behind(2)
    state = hands.rounds_until(deployment, Status.CONFIRMED)
    inclusion = state.operation.step(1).slots[0].inclusion
    assert inclusion is not None
    node.tick()
    indexer.wait_for(hands.head - 2)
    assert hands.look(deployment).status is Status.CONFIRMED
    node.tick()
    indexer.wait_for(inclusion.block.number)
    assert hands.look(deployment).status is Status.COMPLETED
    indexer.stay_behind(0)
    assert any(isinstance(e, IssueIndexed) for e in hands.events(deployment))


def test_a_late_indexer_is_waited_for_as_long_as_the_policy_says(
    node: Algod, indexer: Indexer
) -> None:
    """Past the patience it is said aloud while too few state the block; then Indexed is skipped."""
    hides = [True]

    def rule(asked: Asked, forward: Forward) -> Said | None:
        return refused(500, "a moment") if hides and asked.path.endswith("/hash") else None

    with lying(node.url, rule) as second:
        hands = world(
            node,
            [node.url, second.url],
            readers=[indexer],
            required_operators=2,
            index_patience=0.3,
        )
        hides.clear()
        hands.rounds_until(deployment := hands.request(), SubStatus.IN_POOL)
        indexer.wait_for(hands.head)
        indexer.pause()
        hands.rounds_until(deployment, Status.CONFIRMED)
        hides.append(True)
        state = hands.until(deployment, SubStatus.INDEXER_LATE, patience=5.0)
        assert state.status is Status.CONFIRMED
        hides.clear()
        hands.rounds_until(deployment, Status.COMPLETED)
    indexer.resume()
    events = hands.events(deployment)
    assert not any(isinstance(e, IssueIndexed) for e in events)
    waits = [e.reason for e in events if isinstance(e, WaitBegan)]
    assert waits == [WaitReason.INDEXER_LATE]
    hands.landed_once(deployment)
