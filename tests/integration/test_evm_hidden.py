"""Nodes that hide what landed, or break off in the middle: nobody is held and nothing is said."""

from typing import Any

import pytest

from domain.status import Status
from infrastructure.devnet.anvil import Anvil
from tests.evm_world import EvmWorld
from tests.integration.test_evm_engine import created_once
from tests.lying_node import Drop, Error, Forward, lying, result


def hide(_: Forward) -> Any:
    return result(None)


def drop(_: Forward) -> Any:
    raise Drop


def index_is_not_ready(_: Forward) -> Any:
    raise Error(-32000, "transaction indexing is in progress")


def of_another_branch(forward: Forward) -> Any:
    answer = forward()
    if not (answer["result"] and answer["result"]["blockHash"]):
        return result(None)  # in the pool still: seen there, it would rightly be Pending
    answer["result"]["blockHash"] = "0x" + "ab" * 32
    return answer


@pytest.mark.parametrize("trouble", [hide, drop, index_is_not_ready, of_another_branch])
def test_a_creation_that_landed_unseen_holds_nobody_and_completes_once_it_is_seen(
    anvil: Anvil, trouble: Any
) -> None:
    hiding = ["yes"]

    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if hiding and method in {"eth_getTransactionReceipt", "eth_getTransactionByHash"}:
            return trouble(forward)
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        world.give_coins()
        deployment = world.request()
        state = world.for_a_while(deployment, 2.0)
        assert state.status is Status.SUBMITTED
        assert world.nonce() == 1
        hiding.clear()
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)


@pytest.mark.parametrize("method", ["eth_getProof", "eth_getBlockReceipts", "eth_getCode"])
def test_what_one_node_cannot_answer_another_one_can(anvil: Anvil, method: str) -> None:
    def rule(asked: str, params: list[Any], forward: Forward) -> Any:
        if asked == method:
            raise Error(-32601, f"the method {method} does not exist")
        return None

    with lying(anvil.url, rule) as poor:
        world = EvmWorld(anvil, [poor.url, anvil.url])
        deployment = world.request()
        world.until(deployment, Status.COMPLETED)
        created_once(world, deployment)


def test_a_chain_without_a_base_fee_waits_with_a_reason(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "latest":
            answer = forward()
            del answer["result"]["baseFeePerGas"]
            return answer
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        world.give_coins()
        deployment = world.request()
        state = world.for_a_while(deployment, 0.5)
        assert state.status is Status.QUEUED
        assert world.nonce() == 0


def test_a_network_whose_blocks_cannot_be_proven_is_not_signed_for(anvil: Anvil) -> None:
    def rule(method: str, params: list[Any], forward: Forward) -> Any:
        if method == "eth_getBlockByNumber" and params == ["latest", True]:
            answer = forward()
            answer["result"]["transactions"].append({"type": "0x7e"})
            return answer
        return None

    with lying(anvil.url, rule) as node:
        world = EvmWorld(anvil, [node.url])
        world.give_coins()
        state = world.for_a_while(world.request(), 0.5)
        assert state.operation.wait is not None
        assert "0x7e" in state.operation.wait.detail
        assert world.nonce() == 0
