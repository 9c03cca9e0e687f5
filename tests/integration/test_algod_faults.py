"""The development network in trouble: other pools, a standstill, lost answers, evictions."""

import http.client
import threading
import time
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from algosdk import transaction
from algosdk.error import AlgodHTTPError

from infrastructure.devnet.algod import TREASURY, Algod
from tests.algod_wallet import ALGO, PATIENCE, client, funded, rich


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    """A chain whose rounds come by themselves."""
    with Algod(tmp_path_factory.mktemp("clocked"), round_seconds=0.2) as node:
        yield node


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    """Two nodes of one chain, and rounds by order alone."""
    with Algod(tmp_path_factory.mktemp("two"), round_seconds=0, nodes=2) as node:
        yield node


def test_nodes_have_pools_of_their_own_and_one_ledger(two: Algod) -> None:
    here, there = client(two, 0), client(two, 1)
    sender = rich(two)
    name = here.send_transaction(sender.payment(TREASURY, note=b"here"))
    with pytest.raises(AlgodHTTPError, match="could not find the transaction"):
        there.pending_transaction_info(name)
    assert there.send_transaction(sender.payment(TREASURY, note=b"here")) == name
    at = two.tick()
    for node in (here, there):
        assert node.pending_transaction_info(name)["confirmed-round"] == at
        assert node.pending_transactions()["total-transactions"] == 0


def test_what_the_other_node_made_impossible_is_evicted_with_its_reason(two: Algod) -> None:
    spender = funded(two, ALGO)
    if client(two).status()["last-round"] % 2:
        two.tick()
    first = client(two, 0).send_transaction(spender.payment(TREASURY, 800_000, note=b"0"))
    others = [rich(two).payment(TREASURY, note=bytes([number])) for number in range(10)]
    before = [client(two, 1).send_transaction(one) for one in others[:6]]
    second = client(two, 1).send_transaction(spender.payment(TREASURY, 800_000, note=b"1"))
    after = [client(two, 1).send_transaction(one) for one in others[6:]]
    two.tick()
    for landed in (first, *before, *after):
        assert client(two).pending_transaction_info(landed)["confirmed-round"]
    lost = client(two, 1).pending_transaction_info(second)
    assert "confirmed-round" not in lost
    assert lost["pool-error"].startswith(f"transaction {second}: overspend")


def test_an_isolated_pool_waits_for_its_own_turn(two: Algod) -> None:
    if client(two).status()["last-round"] % 2:
        two.tick()
    two.fault(node=1, isolated=True)
    name = client(two, 1).send_transaction(rich(two).payment(TREASURY, note=b"alone"))
    two.tick()
    assert "confirmed-round" not in client(two, 1).pending_transaction_info(name)
    two.tick()
    assert client(two, 1).pending_transaction_info(name)["confirmed-round"]
    two.fault(node=1, isolated=False)


def test_a_standstill_looks_like_one(clocked: Algod) -> None:
    asked = client(clocked)
    clocked.ask("POST", "/devnet/pause")
    stood = asked.status()["last-round"]
    name = asked.send_transaction(rich(clocked).payment(TREASURY, note=b"stands"))
    time.sleep(0.6)
    status = asked.status()
    assert (status["last-round"], status["catchup-time"]) == (stood, 0)
    assert status["time-since-last-round"] > 0.5e9
    assert asked.pending_transaction_info(name)["pool-error"] == ""
    clocked.ask("POST", "/devnet/resume")
    assert asked.status_after_block(stood)["last-round"] > stood
    assert transaction.wait_for_confirmation(asked, name, PATIENCE)


def test_waiting_for_a_round_ends_with_it(two: Algod) -> None:
    asked = client(two)
    now = asked.status()["last-round"]
    waited: list[int] = []
    waiter = threading.Thread(
        target=lambda: waited.append(asked.status_after_block(now)["last-round"])
    )
    waiter.start()
    time.sleep(0.2)
    assert waited == []
    two.tick()
    waiter.join(PATIENCE)
    assert waited == [now + 1]


def test_bytes_are_taken_although_the_answer_is_lost(two: Algod) -> None:
    two.fault(silent=1)
    sent = rich(two).payment(TREASURY, note=b"silent")
    with pytest.raises((OSError, http.client.HTTPException)):
        client(two).send_transaction(sent)
    two.tick()
    assert client(two).pending_transaction_info(sent.get_txid())["confirmed-round"]


def test_a_queue_that_is_full_refuses_what_the_pool_has(two: Algod) -> None:
    two.fault(queue_full=1)
    sent = rich(two).payment(TREASURY, note=b"queue")
    with pytest.raises(AlgodHTTPError, match=r"^broadcast queue full$"):
        client(two).send_transaction(sent)
    two.tick()
    assert client(two).pending_transaction_info(sent.get_txid())["confirmed-round"]


def test_a_dropped_pool_knows_nothing(two: Algod) -> None:
    sent = rich(two).payment(TREASURY, note=b"dropped")
    client(two).send_transaction(sent)
    two.ask("POST", "/devnet/drop-pool", {})
    two.tick()
    with pytest.raises(AlgodHTTPError, match="could not find the transaction"):
        client(two).pending_transaction_info(sent.get_txid())
    assert client(two).send_transaction(sent) == sent.get_txid()
    two.tick()


def test_faults_are_known_by_name(two: Algod) -> None:
    with pytest.raises(HTTPError, match="400"):
        two.fault(no_such=1)
    with pytest.raises(HTTPError, match="404"):
        two.ask("POST", "/devnet/evict", {"txid": "A" * 52})
    two.fault(delay=0.3)
    began = time.monotonic()
    client(two).status()
    assert time.monotonic() - began >= 0.3
    two.fault(delay=0)
    stranger = Algod(two.data, ports=two.ports, token="0" * 64)
    with pytest.raises(HTTPError, match="401"):
        stranger.tick()


def test_many_are_judged_at_once_and_the_bad_one_alone_is_refused(two: Algod) -> None:
    sender, poor = rich(two), funded(two, 200_000)
    good = [sender.payment(TREASURY, 1, note=bytes([number])) for number in range(20)]
    bad = poor.payment(TREASURY, ALGO)
    failed: list[Exception] = []

    def send(one: transaction.SignedTransaction) -> None:
        try:
            client(two).send_transaction(one)
        except AlgodHTTPError as error:
            failed.append(error)

    threads = [threading.Thread(target=send, args=(one,)) for one in [*good[:9], bad, *good[9:]]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    at = two.tick()
    assert [bad.get_txid() in str(error) for error in failed] == [True]
    names = client(two).algod_request("GET", f"/blocks/{at}/txids")["blockTxids"]
    assert set(names) == {one.get_txid() for one in good}


def test_a_group_is_evicted_on_demand(two: Algod) -> None:
    sent = rich(two).payment(TREASURY, note=b"evicted")
    name = client(two).send_transaction(sent)
    two.ask("POST", "/devnet/evict", {"txid": name, "pool-error": "because of a test"})
    assert client(two).pending_transaction_info(name)["pool-error"] == "because of a test"
    two.tick()
    assert "confirmed-round" not in client(two).pending_transaction_info(name)
    assert client(two).send_transaction(sent) == name
    assert client(two).pending_transaction_info(name)["pool-error"] == ""
    two.tick()
    assert client(two).pending_transaction_info(name)["confirmed-round"]
