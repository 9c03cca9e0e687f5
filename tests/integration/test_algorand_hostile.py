"""One hostile Algorand node: it costs no coins, fills no log, and wedges nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from algosdk import transaction
from algosdk.v2client.algod import AlgodClient

from application.engine.chain import ChainUnavailable
from domain.slots import Fate
from domain.status import Status, SubStatus
from domain.values import BlockRef
from infrastructure.addresses import algorand_address_text
from infrastructure.algorand.node import Algod as Client
from infrastructure.algorand.verifier import verify
from infrastructure.devnet.algod import Algod
from tests.algorand_hands import Hands, world
from tests.lying_algod import Asked, Forward, Said, lying, said


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    """Two nodes of one ledger."""
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0, nodes=2) as one:
        yield one


def test_one_hash_that_is_false_makes_no_loop(node: Algod) -> None:
    """The only node serves an honest block, and says another hash for it."""
    lies = [True]

    def rule(asked: Asked, forward: Forward) -> Said | None:
        if lies and asked.path.endswith("/hash"):
            return said({"blockHash": "A" * 52})
        return None

    with lying(node.url, rule) as liar:
        lies.clear()
        hands = world(node, [liar.url])
        hands.begin_window()
        hands.look(deployment := hands.request())
        lies.append(True)
        for _ in range(3):
            assert hands.step(deployment).status in {Status.SUBMITTED, Status.PENDING}
        assert len(hands.events(deployment)) < 15
        lies.clear()
        hands.rounds_until(deployment, Status.COMPLETED)
    hands.landed_once(deployment)


def test_a_made_up_reserve_has_no_treasury_pay_it(node: Algod) -> None:
    def rule(asked: Asked, forward: Forward) -> Said | None:
        if asked.path.startswith("/v2/accounts/"):
            return said(forward().json | {"min-balance": 5 * 10**12})
        return None

    with lying(node.url, rule) as liar:
        hands = world(node, [liar.url, node.urls[1]], required_operators=2)
        deployment = hands.request()
        hands.rounds_until(deployment, Status.COMPLETED, SubStatus.AWAITING_FUNDS, SubStatus.HELD)
    client = AlgodClient(node.token, node.url)
    found = client.account_info(algorand_address_text(hands.address))
    assert found["amount"] <= 210_000


def test_half_a_character_in_a_nodes_words_wedges_nothing(node: Algod) -> None:
    def rule(asked: Asked, forward: Forward) -> Said | None:
        if asked.method == "POST" and asked.path == "/v2/transactions":
            forward()
            return Said(400, b'{"message":"\\ud800 no"}')
        return None

    with lying(node.url, rule) as liar:
        hands = world(node, [liar.url])
        hands.rounds_until(deployment := hands.request(), Status.COMPLETED)
    hands.landed_once(deployment)


def test_absence_is_proven_under_the_hash_that_was_stated_and_under_no_other(node: Algod) -> None:
    hands = world(node)
    hands.begin_window()
    node.fault(follower=True)
    hands.look(deployment := hands.request())
    node.fault(follower=False)
    key = hands.slot(deployment)
    hands.node.tick(key.last_valid - hands.head)
    [slot] = hands.state(deployment).operation.issue_slots
    assert hands.chain is not None
    stated = Client(node.url, node.token, "one", 5.0).block_hash(key.last_valid)
    last = BlockRef(number=key.last_valid, hash=stated)
    taken = hands.chain.take_absence(slot, last)
    assert verify(taken.certificate, hands.facts(deployment), stated)["rounds"][1] == last.number
    with pytest.raises(ChainUnavailable, match="another hash"):
        hands.chain.take_absence(slot, replace(last, hash=bytes(32)))


def test_users_who_use_their_own_lease_do_not_keep_the_treasury_from_others(node: Algod) -> None:
    hands = world(node, undecided_limit=1)
    hands.begin_window()
    node.fault(follower=True)
    hands.look(deployment := hands.request())
    node.fault(follower=False)
    key = hands.slot(deployment)
    assert key.sponsor is not None
    wallet = hands.with_coins()
    params = wallet.params()
    params.last = key.last_valid
    own = transaction.PaymentTxn(wallet.address, params, wallet.address, 1, lease=key.lease)
    wallet.client.send_transaction(wallet.sign(own))
    hands.step(deployment)
    other = Hands(node, hands.chain, log=hands.log)
    waiting = other.rounds_until(next_one := other.request(), SubStatus.HELD)
    assert waiting.operation.wait is not None
    assert "1 of its slots are undecided" in waiting.operation.wait.detail
    hands.node.tick(key.last_valid - hands.head)
    hands.look(deployment)
    [decided] = hands.decided(deployment)
    assert decided.fate is Fate.DEAD
    shown = hands.shown(deployment)
    assert shown["rounds"] == [key.opens, key.last_valid]
    other.rounds_until(next_one, Status.COMPLETED)
    other.landed_once(next_one)
    assert hands.assets() == []
