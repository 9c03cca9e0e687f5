"""Algorand nodes that lie, hide, forget or are another chain's: nothing freezes or doubles."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.events import AttemptIncluded, BroadcastAnswered, InclusionRevoked
from domain.slots import Fate
from domain.status import Status, SubStatus
from infrastructure.devnet.algod import Algod
from tests.algorand_forgery import BlockLiar, Truth, without_rows
from tests.algorand_hands import Hands, world
from tests.algorand_world import WINDOW, adapter
from tests.lying_algod import (
    NO_BLOCK,
    UNKNOWN,
    Asked,
    Forward,
    Said,
    honest,
    lying,
    refused,
    said,
)
from tests.lying_node import Drop


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0, nodes=3) as one:
        yield one


@pytest.fixture
def node(shared: Algod) -> Iterator[Algod]:
    """Three nodes of one ledger; no faults are left behind."""
    yield shared
    for number in range(3):
        shared.fault(node=number, pool_size=75_000)
        shared.ask("POST", "/devnet/drop-pool", {}, node=number)


# ---- answers that are lost


def test_bytes_that_arrived_without_an_answer_land_once(node: Algod) -> None:
    def rule(asked: Asked, forward: Forward) -> Said | None:
        if asked.submits:
            forward()
            raise Drop
        return None

    with lying(node.url, rule) as proxy:
        hands = world(node, [proxy.url])
        deployment = hands.request()
        hands.rounds_until(deployment, Status.COMPLETED)
        answers = [e for e in hands.events(deployment) if isinstance(e, BroadcastAnswered)]
        assert {answer.verdict for answer in answers} == {"says-nothing"}
        # The client's own retries would ask again and lose the first answer.
        assert len(proxy.submissions) == len(answers) == 1
    hands.landed_once(deployment)


def test_bytes_that_never_arrive_are_sent_again_and_are_the_same(node: Algod) -> None:
    lost = ["first", "second"]

    def rule(asked: Asked, forward: Forward) -> Said | None:
        if asked.submits and lost:
            lost.pop()
            raise Drop
        return None

    with lying(node.url, rule) as proxy:
        hands = world(node, [proxy.url])
        deployment = hands.request()
        hands.begin_window()
        hands.rounds_until(deployment, Status.COMPLETED)
        (signed,) = hands.signed(deployment)
        assert proxy.submissions == [signed.raw] * 3
    hands.landed_once(deployment)


@pytest.mark.parametrize(
    "answer",
    [
        refused(404, UNKNOWN),
        refused(500, "internal"),
        said({"pool-error": "", "confirmed-round": 1, "asset-index": 7}),
        said({"pool-error": "transaction dead", "txn": {}}),
        said([]),
        Said(200, b"<html>"),
    ],
)
def test_whatever_a_node_says_of_its_pool_decides_nothing(node: Algod, answer: Said) -> None:
    def rule(asked: Asked, forward: Forward) -> Said | None:
        return answer if "/pending/" in asked.path else None

    with lying(node.url, rule) as proxy:
        hands = world(node, [proxy.url])
        deployment = hands.request()
        hands.begin_window()
        state = hands.look(deployment)
        assert (state.status, state.sub_status) == (Status.SUBMITTED, SubStatus.MAYBE_SENT)
        assert hands.step(deployment).status is Status.COMPLETED
    hands.landed_once(deployment)


# ---- blocks that are hidden or made up


@pytest.mark.parametrize("answer", [refused(404, NO_BLOCK), refused(500, "no"), Said(200, b"\x80")])
def test_a_node_that_gives_no_blocks_decides_nothing_and_stops_no_other(
    node: Algod, answer: Said
) -> None:
    hides = [True]

    def rule(asked: Asked, forward: Forward) -> Said | None:
        hidden = hides and asked.block is not None and not asked.path.endswith("/hash")
        return answer if hidden else None

    with lying(node.url, rule) as proxy:
        hands = world(node, [proxy.url])
        hides.clear()
        hands.begin_window()
        hands.look(deployment := hands.request())
        hides.append(True)
        for _ in range(WINDOW + 2):
            assert hands.step(deployment).status is Status.PENDING
        assert hands.state(deployment).sub_status in {SubStatus.NEEDS_ARCHIVE, SubStatus.HELD}
        assert not hands.decided(deployment)
        assert len(hands.signed(deployment)) == 1
        beside = Hands(node, adapter(node, [proxy.url, node.url]), log=hands.log)
        assert beside.look(deployment).status is Status.COMPLETED
    hands.landed_once(deployment)


def test_a_block_without_its_rows_is_no_block(node: Algod) -> None:
    """The rows are taken out, the header is true: it does not commit to them."""
    with BlockLiar(node.url, without_rows, header=False) as liar:
        hands = world(node, [liar.url])
        hands.begin_window()
        hands.look(deployment := hands.request())
        liar.lies = True
        for _ in range(WINDOW + 2):
            state = hands.step(deployment)
            assert (state.status, bool(hands.decided(deployment))) == (Status.PENDING, False)
        assert state.sub_status is SubStatus.HELD
        liar.lies = False
        assert hands.look(deployment).status is Status.COMPLETED
    hands.landed_once(deployment)


@pytest.mark.parametrize("states_it", [False, True])
def test_a_made_up_last_round_kills_no_slot(node: Algod, states_it: bool) -> None:
    """Ours lands in the window's last round, and a node shows another one, well-formed, there."""
    with BlockLiar(node.url, without_rows, hash_too=states_it) as liar:
        hands = world(node, [liar.url, node.urls[1]], required_operators=2)
        hands.begin_window()
        hands.look(deployment := hands.request())
        last = hands.slot(deployment).last_valid
        for number in range(2):
            node.ask("POST", "/devnet/drop-pool", {}, node=number)
        node.tick(last - 1 - hands.head)
        hands.look(deployment)
        liar.change = lambda block: without_rows(block) if block["rnd"] == last else None
        liar.lies = True
        for _ in range(3):
            hands.step(deployment)
            assert Fate.DEAD not in {one.fate for one in hands.decided(deployment)}
            assert len(hands.signed(deployment)) == 1
        liar.lies = False
        state = hands.rounds_until(deployment, Status.COMPLETED)
    assert state.completed is not None
    assert state.completed.inclusion.block.number == last
    hands.landed_once(deployment)


def test_an_invented_inclusion_is_no_fact_and_fills_no_log(node: Algod) -> None:
    for number in range(2):
        node.fault(node=number, pool_size=0)
    with BlockLiar(node.url, Truth(), hash_too=True) as liar:
        hands = world(node, [liar.url, node.urls[1]], required_operators=2)
        hands.begin_window()
        hands.look(deployment := hands.request())
        liar.include(hands.signed(deployment)[0].raw, asset=777)
        hands.step(deployment)
        for _ in range(3):
            state = hands.look(deployment)
            assert state.status is Status.SUBMITTED
            assert not hands.decided(deployment)
        assert not any(isinstance(e, AttemptIncluded) for e in hands.events(deployment))
        liar.lies = False
        for number in range(2):
            node.fault(node=number, pool_size=75_000)
        hands.rounds_until(deployment, Status.COMPLETED)
    assert len(hands.events(deployment)) < 30
    assert not any(isinstance(e, InclusionRevoked) for e in hands.events(deployment))
    hands.landed_once(deployment)


def test_one_liar_in_front_of_two_honest_operators_stops_nothing(node: Algod) -> None:
    with BlockLiar(node.url, without_rows, hash_too=True) as liar:
        hands = world(node, [liar.url, *node.urls[1:]], required_operators=2)
        deployment = hands.request()
        hands.begin_window()
        hands.look(deployment)
        liar.lies = True
        hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)


# ---- nodes that are somewhere else


@pytest.mark.parametrize("beside", [False, True])
def test_a_node_one_round_behind_freezes_nothing_and_doubles_nothing(
    node: Algod, beside: bool
) -> None:
    def rule(asked: Asked, forward: Forward) -> Said | None:
        head = int(node.ask("GET", "/v2/status")["last-round"])
        if asked.path in {"/v2/status", "/v2/transactions/params"}:
            return said(forward().json | {"last-round": head - 1})
        if asked.block == head:
            return refused(404, NO_BLOCK)
        if "/pending/" in asked.path:
            answer = forward()
            known = answer.status == 200 and answer.json.get("confirmed-round", 0) < head
            return answer if known else refused(404, UNKNOWN)
        return None

    with lying(node.url, rule) as proxy:
        hands = world(node, [proxy.url, node.urls[1]] if beside else [proxy.url])
        for _ in range(2):
            deployment = hands.request()
            hands.rounds_until(deployment, Status.COMPLETED)
            assert len(hands.signed(deployment)) == 1
    assert len(hands.assets()) == 2


def test_a_round_that_nobody_has_begins_no_slot(node: Algod) -> None:
    """A slot in a window far ahead would stay open for ever."""
    lies = [True]

    def rule(asked: Asked, forward: Forward) -> Said | None:
        if lies and asked.path in {"/v2/status", "/v2/transactions/params"}:
            return said(forward().json | {"last-round": 10**12})
        return None

    with lying(node.url, rule) as proxy:
        hands = world(node, [proxy.url])
        deployment = hands.request()
        for _ in range(3):
            assert hands.step(deployment).status is Status.QUEUED
        assert not hands.signed(deployment)
        lies.clear()
        hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)


def test_a_simulation_that_refuses_for_ever_fails_nothing_once_something_was_signed(
    node: Algod,
) -> None:
    lies: list[bool] = []
    never = "transaction {a} invalid : transaction window size excessive (1--2000)"
    group = {"failure-message": never, "failed-at": [0]}

    def rule(asked: Asked, forward: Forward) -> Said | None:
        answers = lies and asked.path.endswith("/simulate")
        return said({"version": 2, "last-round": 1, "txn-groups": [group]}) if answers else None

    with lying(node.url, rule) as proxy:
        hands = world(node, [proxy.url])
        hands.begin_window()
        hands.look(deployment := hands.request())
        node.ask("POST", "/devnet/drop-pool", {})
        lies.append(True)
        node.tick(WINDOW)
        for _ in range(2):
            state = hands.step(deployment)
            assert (state.status, state.sub_status) == (Status.PENDING, SubStatus.HELD)
        assert [one.fate for one in hands.decided(deployment)] == [Fate.DEAD]
        assert len(hands.signed(deployment)) == 1
        lies.clear()
        hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)


@pytest.mark.parametrize("signed_before", [False, True])
def test_another_chain_behind_the_same_url_gets_no_bytes(
    node: Algod, tmp_path: Path, signed_before: bool
) -> None:
    with ExitStack() as stack:
        other = Algod(tmp_path, round_seconds=0, token=node.token)
        stack.enter_context(other)
        other.tick(3)
        proxy = stack.enter_context(lying(node.url, honest))
        hands = world(node, [proxy.url])
        deployment = hands.request()
        hands.begin_window()
        if signed_before:
            node.fault(pool_size=0)
            hands.look(deployment)
        before = len(proxy.submissions)
        proxy.upstream = other.url
        for _ in range(2):
            other.tick(WINDOW)
            state = hands.look(deployment)
            assert state.sub_status is SubStatus.HELD
            assert state.status is (Status.SUBMITTED if signed_before else Status.QUEUED)
        assert state.operation.wait is not None
        assert other.genesis_hash.hex() in state.operation.wait.detail
        assert len(proxy.submissions) == before
        assert not hands.decided(deployment)
        proxy.upstream = node.url
        node.fault(pool_size=75_000)
        hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)


# ---- nodes that forget


@pytest.mark.parametrize("lands", [False, True])
def test_what_plain_nodes_forgot_waits_for_an_archive_and_is_then_decided(
    tmp_path: Path, lands: bool
) -> None:
    keeps = 2 * WINDOW
    with Algod(tmp_path, round_seconds=0, retention=keeps) as plain:
        hands = world(plain)
        hands.begin_window()
        hands.look(deployment := hands.request())
        if not lands:
            plain.ask("POST", "/devnet/drop-pool", {})
        plain.tick(2 * keeps)
        for _ in range(2):
            state = hands.step(deployment)
            assert (state.status, state.sub_status) == (Status.PENDING, SubStatus.NEEDS_ARCHIVE)
        assert not hands.decided(deployment)
        assert len(hands.signed(deployment)) == 1
        with ExitStack() as stack:
            archival = stack.enter_context(lying(plain.url, honest))
            plain.stop()
            plain.retention = 0
            plain.start()
            forgetful = stack.enter_context(lying(plain.url, forgets(plain, keeps)))
            both = Hands(plain, adapter(plain, [forgetful.url, archival.url]), log=hands.log)
            both = replace(both, signer=hands.signer)
            both.rounds_until(deployment, Status.COMPLETED)
            both.landed_once(deployment)
        fates = [one.fate for one in both.decided(deployment)]
        assert fates == ([Fate.LANDED] if lands else [Fate.DEAD, Fate.LANDED])
        assert both.shown(deployment)


def forgets(node: Algod, keeps: int) -> Any:
    def rule(asked: Asked, forward: Forward) -> Said | None:
        if asked.block is None:
            return None
        oldest = int(node.ask("GET", "/v2/status")["last-round"]) - keeps
        return refused(404, NO_BLOCK) if asked.block < oldest else None

    return rule
