"""An exported key on real ledgers: no coin of the treasury, and a proof that is as strong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.events import DeploymentCompleted, SlotDecided
from domain.status import Status, SubStatus
from domain.values import DeploymentId
from infrastructure.deployment_certificate.document import deployment_certificate
from infrastructure.deployment_certificate.verifier import Checked, check
from infrastructure.deployment_certificate.verifier.words import tell
from infrastructure.devnet.algod import Algod
from infrastructure.devnet.anvil import Anvil
from infrastructure.evm.verifier import SlotFacts, verify
from tests.algorand_hands import Hands
from tests.algorand_hands import world as hands_on
from tests.driven_world import DrivenWorld
from tests.evm_world import EvmWorld
from tests.exporting import export_key


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0) as one:
        yield one


def handed_out(world: DrivenWorld, deployment: DeploymentId) -> tuple[Checked, dict[str, Any]]:
    """Return a certificate as an auditor has it: checked, from its bytes alone."""
    data = deployment_certificate(world.log, deployment)
    return check(data), json.loads(data)


def says(checked: Checked) -> str:
    [line] = [line for line in tell(checked) if line.startswith("KEY ")]
    return line


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
    checked, document = handed_out(world, deployment)
    assert says(checked).startswith(f"KEY EXPORTED at position {position}")
    [proof] = document["proofs"]
    block = anvil.ask("eth_getBlockByNumber", hex(proof["blockNumber"]), False)
    assert proof["blockHash"] == block["hash"]
    code = anvil.ask("eth_getCode", document["outcome"]["assetIdentifier"], "latest")
    assert len(code) > len("0x")


def test_on_a_chain_of_nonces_an_export_after_the_outcome_changes_nothing(anvil: Anvil) -> None:
    world = EvmWorld(anvil)
    deployment = world.request()
    world.until(deployment, Status.COMPLETED)
    before = deployment_certificate(world.log, deployment)
    export_key(world.log, deployment)
    assert deployment_certificate(world.log, deployment) == before
    checked, document = handed_out(world, deployment)
    assert says(checked).startswith("KEY NOT EXPORTED")
    assert [one["purpose"] for one in document["proofs"]] == ["fund", "issue"]


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
    checked, document = handed_out(hands, deployment)
    assert says(checked).startswith(f"KEY EXPORTED at position {position}")
    assert document["outcome"]["assetIdentifier"] == str(hands.assets()[0]["index"])
    require_of_the_chain(hands, document)


def test_on_a_chain_of_leases_a_failure_says_so_too_and_a_retry_after_it(node: Algod) -> None:
    hands = hands_on(node, most_slots=2)
    hands.with_coins()
    deployment = hands.request()
    position = export_key(hands.log, deployment)
    node.fault(pool_size=0)
    hands.rounds_until(deployment, Status.FAILED)
    node.fault(pool_size=75_000)
    failed, document = handed_out(hands, deployment)
    assert says(failed).startswith(f"KEY EXPORTED at position {position}")
    assert [(one["fate"], one["kind"]) for one in document["proofs"]] == [
        ("dead", "dead-slot"),
        ("dead", "dead-slot"),
    ]
    assert all(one.unused for one in failed.shown)
    require_of_the_chain(hands, document)
    hands.retry(deployment)
    hands.rounds_until(deployment, Status.COMPLETED)
    again, later = handed_out(hands, deployment)
    assert [one.fate for one in again.shown] == ["dead", "dead", "landed"]
    assert later["proofs"][:2] == document["proofs"]
    require_of_the_chain(hands, later)


def require_of_the_chain(hands: Hands, document: dict[str, Any]) -> None:
    """Assert that the hashes to be compared are those that a node gives for these rounds."""
    for proof in document["proofs"]:
        said = hands.node.ask("GET", f"/v2/blocks/{proof['blockNumber']}/hash")
        assert said["blockHash"].removeprefix("blk-") == proof["blockHash"]
