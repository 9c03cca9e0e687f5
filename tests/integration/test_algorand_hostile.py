"""One hostile Algorand node: it costs no coins, fills no log, and wedges nothing."""

from collections.abc import Iterator

import pytest
from algosdk.v2client.algod import AlgodClient

from domain.status import Status, SubStatus
from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algod import Algod
from tests.algorand_hands import world
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
