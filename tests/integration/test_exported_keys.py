"""An exported key on real ledgers: no coin of the treasury, and a proof that is as strong."""

from collections.abc import Iterator

import pytest

from domain.events import DeploymentCompleted, SlotDecided
from domain.status import Status, SubStatus
from infrastructure.devnet.algod import Algod
from infrastructure.devnet.anvil import Anvil
from infrastructure.evm.verifier import SlotFacts, verify
from tests.algorand_hands import world as hands_on
from tests.evm_world import EvmWorld
from tests.exporting import export_key


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0) as one:
        yield one


def test_on_a_chain_of_nonces_it_waits_for_its_own_coins_and_is_proven(anvil: Anvil) -> None:
    world = EvmWorld(anvil)
    deployment = world.request()
    position = export_key(world.log, deployment)
    state = world.until(deployment, SubStatus.AWAITING_FUNDS)
    assert state.operation.wait is not None
    assert world.chain.spelled(world.address) in state.operation.wait.detail
    assert not state.operation.steps
    world.give_coins()
    world.until(deployment, Status.COMPLETED)
    *_, decided, completed = world.events(deployment)
    assert isinstance(decided, SlotDecided)
    assert isinstance(completed, DeploymentCompleted)
    assert completed.signer_exported == position
    assert len(world.state(deployment).operation.steps) == 1
    assert decided.certificate.blob is not None
    certificate = world.log.blob(decided.certificate.blob.sha256)
    assert certificate is not None
    slot = SlotFacts(
        chain=anvil.chain_id,
        sender=world.address,
        nonce=0,
        attempts=frozenset({completed.transaction_id}),
    )
    shown = verify(certificate, slot, completed.inclusion.block.hash)
    assert shown["address"] == completed.asset.hex()


def test_on_a_chain_of_leases_it_has_no_sponsor_and_is_proven(node: Algod) -> None:
    hands = hands_on(node)
    deployment = hands.request()
    position = export_key(hands.log, deployment)
    hands.rounds_until(deployment, SubStatus.AWAITING_FUNDS)
    assert not hands.signed(deployment)
    hands.with_coins()
    hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)
    assert hands.slot(deployment).sponsor is None
    assert hands.shown(deployment)["hash"] == hands.signed(deployment)[0].transaction_id.hex()
    completed = hands.events(deployment)[-1]
    assert isinstance(completed, DeploymentCompleted)
    assert completed.signer_exported == position
