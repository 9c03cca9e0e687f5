"""Our client of algod asks a node with a ledger, from submission to block."""

import base64
from collections.abc import Iterator

import msgpack
import pytest

from application.engine.chain import ChainUnavailable
from infrastructure.addresses import algorand_address_text
from infrastructure.algorand.answers import verdict_of, worth_of
from infrastructure.algorand.node import Algod, NodeRefused, NoSuchBlock, integer, member
from infrastructure.algorand.pending import Dropped, Included, Waiting, pending_of
from infrastructure.devnet import algod
from tests.algod_forge import Key, clean, encoded, grouped, id_of, joined, sign
from tests.algod_script import Script


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[algod.Algod]:
    with algod.Algod(tmp_path_factory.mktemp("algod"), round_seconds=0, nodes=2) as node:
        yield node


@pytest.fixture
def script(ledger: algod.Algod) -> Script:
    return Script(ledger)


@pytest.fixture
def client(ledger: algod.Algod) -> Algod:
    return Algod(ledger.url, ledger.token, "ours", 10)


def head(client: Algod) -> int:
    return integer(member(client.status(), "last-round"))


def test_bytes_go_from_a_submission_through_a_pool_into_a_block(
    script: Script, client: Algod
) -> None:
    transaction = script.pay(script.funder, script.funder, lx=b"L" * 32)
    raw, txid = encoded(sign(transaction, script.funder)), id_of(transaction)
    assert client.pending(txid) is None
    assert client.send(raw) == (200, txid)
    assert pending_of(client.pending(txid)) == Waiting()
    assert verdict_of(*client.send(raw)) == "already-known"

    script.tick()
    assert pending_of(client.pending(txid)) == Included(head(client))
    assert verdict_of(*client.send(raw)) == "says-nothing"
    block = msgpack.unpackb(client.block(head(client)), raw=False, strict_map_key=False)["block"]
    assert [row["txn"]["lx"] for row in block["txns"]] == [b"L" * 32]
    following = client.block(script.tick())
    assert client.block_hash(head(client) - 1) in following, "the next block names this one"


def test_what_is_not_there_yet_is_told_apart_from_a_refusal(client: Algod) -> None:
    for ask in (client.block, client.block_hash):
        with pytest.raises(NoSuchBlock):
            ask(head(client) + 50)
    with pytest.raises(NodeRefused) as refused:
        client.pending("abc")
    assert refused.value.status == 400


def test_pools_differ_and_a_drop_has_its_words(script: Script, ledger: algod.Algod) -> None:
    rivals = [
        (
            Algod(url, ledger.token, "ours", 10),
            script.pay(script.funder, script.funder, lx=b"R" * 32),
        )
        for url in ledger.urls
    ]
    for node, pay in rivals:
        node.send(encoded(sign(pay, script.funder)))
    script.tick()
    told = [pending_of(node.pending(id_of(pay))) for node, pay in rivals]
    [dropped] = [one for one in told if isinstance(one, Dropped)]
    assert "using an overlapping lease" in dropped.error
    assert verdict_of(400, dropped.error) == "says-nothing"
    assert any(isinstance(one, Included) for one in told)


def test_a_group_is_simulated_without_a_signature(script: Script, client: Algod) -> None:
    poor = Key()
    good = grouped([script.pay(script.funder, poor, 200_000), script.pay(script.funder, poor)])
    answer = client.simulate([encoded(clean(one)) for one in good])
    assert "failure-message" not in answer["txn-groups"][0]
    answer = client.simulate([encoded(clean(script.pay(poor, script.funder, 10**9)))])
    words = answer["txn-groups"][0]["failure-message"]
    assert verdict_of(400, words) == "refused-for-now"
    assert client.pending(id_of(good[0])) is None, "nothing was sent"


def test_an_account_is_shown_without_what_it_holds(script: Script, client: Algod) -> None:
    shown = client.account(algorand_address_text(script.funder.public))
    assert integer(member(shown, "amount")) > integer(member(shown, "min-balance"))
    assert "assets" not in shown
    never = client.account(Key().address)
    assert integer(member(never, "amount")) == 0


def test_a_node_says_which_network_it_is_of(client: Algod, ledger: algod.Algod) -> None:
    params = client.params()
    assert base64.b64decode(params["genesis-hash"]) == ledger.genesis_hash
    assert member(client.genesis(), "alloc")


def test_a_wrong_set_up_alarms(script: Script, ledger: algod.Algod) -> None:
    pay = script.pay(script.funder, script.funder)
    raw = encoded(sign(pay, script.funder))
    stranger = Algod(ledger.url, "no such token", "ours", 10)
    assert worth_of(*stranger.send(raw)).alarm == "refused-token"
    client = Algod(ledger.url, ledger.token, "ours", 10)
    other = encoded(sign({**pay, "gen": "mainnet-v1.0"}, script.funder))
    assert worth_of(*client.send(other)).alarm == "wrong-network"
    assert worth_of(*client.send(encoded(sign(pay, Key())))).alarm == "wrong-signer"
    ledger.fault(follower=True)
    assert worth_of(*client.send(raw)).alarm == "wrong-node"
    ledger.fault(follower=False)


def test_a_body_with_rubbish_at_its_end_is_taken_for_its_beginning(
    script: Script, client: Algod
) -> None:
    signed = sign(script.pay(script.funder, script.funder), script.funder)
    status, words = client.send(joined([signed]) + b"\xc1")
    assert (status, words) == (200, id_of(signed["txn"]))


def test_a_node_that_is_gone_is_no_answer(ledger: algod.Algod) -> None:
    with pytest.raises(ChainUnavailable):
        Algod("http://127.0.0.1:9", ledger.token, "ours", 1).status()
