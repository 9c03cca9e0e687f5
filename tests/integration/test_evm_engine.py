"""The engine on a real chain, through honest and lying nodes: nothing freezes, nothing doubles."""

import os
from dataclasses import replace
from typing import Any

import pytest

from domain.events import (
    BroadcastAnswered,
    ConformityRead,
    DeploymentCompleted,
    IssueIndexed,
    SlotDecided,
)
from domain.slots import CertificateKind
from domain.status import Status, SubStatus
from infrastructure.addresses import create_address
from infrastructure.devnet.anvil import Anvil
from infrastructure.evm.certificate_maker import inclusion_certificate
from infrastructure.evm.evidence import BlockEvidence
from infrastructure.evm.verifier import Refused, SlotFacts, verify
from tests.evm_world import POLICY, EvmWorld
from tests.lying_node import Drop, Error, Forward, lying, result


def fields(answer: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return an answer whose result has other members."""
    return answer | {"result": answer["result"] | changed} if answer.get("result") else answer


def created_once(world: EvmWorld, deployment: Any) -> None:
    """Ask the chain itself: one transaction of the signer, one contract with code."""
    assert world.state(deployment).status is Status.COMPLETED
    assert world.nonce() == 1
    code = world.anvil.ask("eth_getCode", "0x" + create_address(world.address, 0).hex(), "latest")
    assert len(code) > 2
    assert sum(isinstance(e, DeploymentCompleted) for e in world.events(deployment)) == 1


def test_a_token_is_completed_with_a_certificate_made_from_the_blobs_alone(anvil: Anvil) -> None:
    world = EvmWorld(anvil)
    deployment = world.request()
    world.until(deployment, Status.COMPLETED)
    created_once(world, deployment)
    completed = next(e for e in world.events(deployment) if isinstance(e, DeploymentCompleted))
    blob = world.log.blob(completed.evidence.block.sha256)
    assert blob is not None
    certificate = inclusion_certificate(BlockEvidence.from_bytes(blob), completed.inclusion.index)
    slot = SlotFacts(
        chain=anvil.chain_id,
        sender=world.address,
        nonce=0,
        attempts=frozenset({completed.transaction_id}),
    )
    trusted = completed.inclusion.block.hash
    assert verify(certificate, slot, trusted)["address"] == completed.asset.hex()
    decided = [e for e in world.events(deployment) if isinstance(e, SlotDecided)][-1]
    assert decided.certificate.kind is CertificateKind.FINALIZED_INCLUSION
    assert decided.certificate.blob is not None
    assert world.log.blob(decided.certificate.blob.sha256) == certificate
    with pytest.raises(Refused):
        verify(certificate, replace(slot, nonce=1), trusted)
    with pytest.raises(Refused):
        verify(certificate, slot, bytes(32))


@pytest.mark.parametrize("nonce", [10**9, 0])
def test_a_node_that_makes_up_nonces_freezes_nothing(anvil: Anvil, nonce: int) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_getTransactionCount":
            return result(hex(nonce))
        return fields(forward(), nonce=hex(nonce)) if method == "eth_getProof" else None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)


def test_a_node_one_block_behind_freezes_nothing_and_doubles_nothing(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        head = int(anvil.ask("eth_blockNumber"), 16)
        if method == "eth_blockNumber":
            return result(hex(head - 1))
        if method == "eth_getBlockByNumber" and params[0] in {"latest", "finalized"}:
            number = int(anvil.ask("eth_getBlockByNumber", params[0], False)["number"], 16)
            return result(anvil.ask(method, hex(max(number - 1, 0)), params[1]))
        if method == "eth_getTransactionReceipt":
            answer = forward()
            known = answer["result"] and int(answer["result"]["blockNumber"], 16) < head
            return answer if known else result(None)
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)


def test_a_submission_whose_answer_is_lost_is_maybe_sent_and_lands_once(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_sendRawTransaction":
            forward()
            raise Drop
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)
        answers = [e for e in world.events(deployment) if isinstance(e, BroadcastAnswered)]
        assert {answer.verdict for answer in answers} == {"says-nothing"}
        # The client's own retries would ask again and lose the first answer.
        assert node.asked.count("eth_sendRawTransaction") == len(answers)


def test_a_submission_that_never_arrives_is_sent_again(anvil: Anvil) -> None:
    lost = ["first", "second"]

    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_sendRawTransaction" and lost:
            lost.pop()
            raise Drop
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)


def test_a_node_that_shows_no_transaction_by_hash_proves_no_absence(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        return result(None) if method == "eth_getTransactionByHash" else None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)


@pytest.mark.parametrize(
    ("lie", "shown"),
    [
        ({"status": "0x0"}, SubStatus.REVERTED),
        ({"logs": []}, SubStatus.NONCONFORMING),
    ],
)
def test_a_receipt_that_says_something_else_never_completes_nor_fails(
    anvil: Anvil, lie: dict[str, Any], shown: SubStatus
) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        answer = forward() if method == "eth_getTransactionReceipt" else None
        if answer and answer["result"] and answer["result"].get("contractAddress"):
            return fields(answer, **lie)
        return answer

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        state = world.until(deployment, shown)
        assert state.status in {Status.PENDING, Status.CONFIRMED}
        assert world.nonce() == 1


def test_status_1_without_code_is_nonconforming(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        return result("0x") if method == "eth_getCode" else None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        state = world.until(deployment, SubStatus.NONCONFORMING)
        assert state.status is Status.CONFIRMED
        read = next(e for e in world.events(deployment) if isinstance(e, ConformityRead))
        assert read.differences


def test_a_receipt_without_a_status_is_no_answer(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        answer = forward() if method == "eth_getTransactionReceipt" else None
        if answer and answer["result"]:
            del answer["result"]["status"]
        return answer

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        world.give_coins()
        deployment = world.request()
        state = world.for_a_while(deployment)
        assert state.status in {Status.SUBMITTED, Status.PENDING}
        assert state.operation.step(1).undecided is not None


def test_forged_blocks_give_no_certificate_and_no_outcome(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        answer = forward() if method == "eth_getBlockReceipts" else None
        if answer:
            answer["result"][0]["cumulativeGasUsed"] = "0x1"
        return answer

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        world.give_coins()
        deployment = world.request()
        state = world.for_a_while(deployment)
        assert state.status is Status.CONFIRMED
        assert state.sub_status is SubStatus.HELD


def test_state_that_a_node_pruned_leaves_it_needing_an_archive(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_getCode":
            raise Error(-32000, "historical state 0xab is not available")
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        world.until(deployment, SubStatus.NEEDS_ARCHIVE)
        world.until(deployment, Status.CONFIRMED)
        assert world.for_a_while(deployment, 1.0).sub_status is SubStatus.NEEDS_ARCHIVE


def test_a_node_of_another_chain_gets_no_bytes(anvil: Anvil) -> None:
    swapped: list[str] = []

    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_getTransactionCount" or method == "eth_estimateGas":
            swapped.append(method)
        return result("0x7a6a") if method == "eth_chainId" and swapped else None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        world.give_coins()
        deployment = world.request()
        state = world.for_a_while(deployment, 1.0)
        assert "eth_sendRawTransaction" not in node.asked
        assert state.sub_status is SubStatus.HELD
        assert world.nonce() == 0


def test_a_simulation_that_reverts_fails_before_anything_is_signed(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_call" and "to" not in params[0]:
            raise Error(3, "execution reverted: cap", "0x")
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        deployment = world.request()
        assert world.until(deployment, Status.FAILED).failed is not None
        assert "eth_sendRawTransaction" not in node.asked
        assert world.nonce() == 0


def test_a_signer_with_a_past_on_the_chain_is_adopted(anvil: Anvil) -> None:
    world = EvmWorld(anvil)
    world.give_coins()
    anvil.ask("anvil_impersonateAccount", world.account)
    for _ in range(3):
        anvil.ask("eth_sendTransaction", {"from": world.account, "to": "0x" + "01" * 20})
    anvil.ask("anvil_stopImpersonatingAccount", world.account)
    anvil.ask("anvil_mine", "0x4")
    deployment = world.request()
    state = world.until(deployment, Status.COMPLETED)
    assert state.completed is not None
    assert state.completed.asset == create_address(world.address, 3)
    assert world.nonce() == 4


def test_the_owner_mints_in_the_block_after_the_creation_and_it_still_conforms(
    anvil: Anvil,
) -> None:
    world = EvmWorld(anvil)
    world.give_coins()
    deployment = world.request()
    world.until(deployment, SubStatus.INCLUDED)
    token = create_address(world.address, 0)
    mint = "0x40c10f19" + world.address.rjust(32, b"\0").hex() + (5).to_bytes(32, "big").hex()
    anvil.ask("anvil_impersonateAccount", world.account)
    anvil.ask(
        "eth_sendTransaction", {"from": world.account, "to": "0x" + token.hex(), "data": mint}
    )
    anvil.ask("anvil_stopImpersonatingAccount", world.account)
    world.until(deployment, Status.COMPLETED)
    supply = anvil.ask("eth_call", {"to": "0x" + token.hex(), "data": "0x18160ddd"}, "latest")
    assert int(supply, 16) == 1_000_005


def test_two_operators_have_to_agree_where_two_are_required(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "finalized":
            return result(anvil.ask(method, "0x1", params[1]))
        return None

    policy = replace(POLICY, required_operators=2)
    with lying(anvil.url, rule) as slow, lying(anvil.url, lambda *_: None) as honest:
        world = EvmWorld(anvil, [anvil.url, slow.url], policy)
        world.give_coins()
        deployment = world.request()
        assert world.for_a_while(deployment).status is not Status.COMPLETED
        assert not any(isinstance(e, SlotDecided) for e in world.events(deployment))
        agreeing = EvmWorld(anvil, [anvil.url, honest.url], policy)
        agreeing.give_coins()
        second = agreeing.request()
        agreeing.until(second, Status.COMPLETED)
        assert any(isinstance(e, IssueIndexed) for e in agreeing.events(second))


def test_many_deployments_of_one_signer_all_complete(anvil: Anvil) -> None:
    world = EvmWorld(anvil)
    world.give_coins(10**20)
    deployments = [world.request(symbol=f"T{number}") for number in range(5)]
    for deployment in deployments:
        world.drive(deployment)
    for deployment in deployments:
        world.until(deployment, Status.COMPLETED)
    assert world.nonce() == 5
    assets = {completed_asset(world, deployment) for deployment in deployments}
    assert len(assets) == 5


def completed_asset(world: EvmWorld, deployment: Any) -> bytes:
    completed = world.state(deployment).completed
    assert completed is not None
    return completed.asset


def test_the_edge_of_uint256_lands_exactly(anvil: Anvil) -> None:
    world = EvmWorld(anvil)
    edge = 2**256 - 1
    deployment = world.request(cap=edge, initial_supply=edge, decimals=18, name="Ünï" * 16)
    state = world.until(deployment, Status.COMPLETED)
    assert state.completed is not None
    token = "0x" + state.completed.asset.hex()
    assert int(anvil.ask("eth_call", {"to": token, "data": "0x18160ddd"}, "latest"), 16) == edge


def test_a_new_chain_on_the_old_address_is_never_signed_for() -> None:
    with Anvil(block_time="0.2") as old:
        world = EvmWorld(old)
        world.until(world.request(), Status.COMPLETED)
        port = old.port
    fresh = Anvil(block_time="0.2", port=port)
    with fresh:
        assert fresh.genesis_hash != world.network.genesis_hash
        deployment = world.request()
        state = world.for_a_while(deployment, 1.0)
        assert (state.status, state.sub_status) == (Status.QUEUED, SubStatus.HELD)
        assert fresh.ask("eth_getTransactionCount", world.account, "latest") == "0x0"


def test_a_chain_that_lost_final_blocks_is_held_until_it_has_them_again() -> None:
    seed = os.urandom(4).hex()
    with Anvil(block_time="0.2") as anvil:
        world = EvmWorld(anvil)
        snapshot = anvil.ask("evm_snapshot")
        world.until(world.request(), Status.COMPLETED)
        anvil.ask("evm_revert", snapshot)
        deployment = world.request(name=f"after {seed}")
        state = world.for_a_while(deployment, 0.6)
        assert state.status is Status.QUEUED
        state = world.for_a_while(deployment, 3.0)
        assert (state.status, state.sub_status) == (Status.QUEUED, SubStatus.HELD)


@pytest.mark.parametrize("depth", [1, 2])
def test_a_reorganisation_is_told_and_the_creation_lands_again_once(depth: int) -> None:
    with Anvil(block_time="2") as anvil:
        world = EvmWorld(anvil)
        world.give_coins()
        anvil.ask("anvil_mine", hex(3))
        deployment = world.request()
        world.until(deployment, SubStatus.INCLUDED)
        anvil.ask("anvil_reorg", depth, [])
        world.until(deployment, SubStatus.REORG, SubStatus.INCLUDED)
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)
        names = [type(event).__name__ for event in world.events(deployment)]
        assert names.count("InclusionRevoked") == 1
        assert names.count("AttemptSigned") == 1
