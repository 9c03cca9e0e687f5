"""The devnet's indexer follows its algod: late, held, stopped, killed, and onto another chain."""

import base64
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from algosdk.v2client.indexer import IndexerClient

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.indexer import Indexer, IndexerFailed
from tests.algod_forge import Key, id_of, sign
from tests.algod_script import Script
from tests.indexer_world import ALGO, World
from tests.stand_in_chain import RICH, StandInChain, row, sent

PATIENCE = 20
ROUNDS = 400


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("indexed")
    with (
        Algod(folder / "algod", round_seconds=0) as node,
        Indexer(folder / "indexer.db", node.url, node.token) as indexer,
    ):
        yield World(node, indexer)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Algod]:
    """A chain that a test may stop, kill or replace."""
    with Algod(tmp_path / "algod", round_seconds=0) as node:
        yield node


def until_begun_anew(indexer: Indexer, latest: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while indexer.begun_anew == 0 or indexer.round != latest:
        assert time.monotonic() < deadline, indexer.ask("/devnet")
        time.sleep(0.02)


def test_time_stands_still_while_it_is_paused_and_then_jumps(world: World) -> None:
    world.indexer.pause()
    before = world.indexer.round
    name = world.send(world.script.pay(world.alice, world.bob))
    latest = world.script.tick(7)
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        assert world.client.search_transactions(txid=name) == {
            "current-round": before,
            "transactions": [],
        }
    assert world.client.health()["round"] == before
    world.indexer.resume()
    world.indexer.wait_for(latest)
    assert world.found(txid=name) == [name]


def test_it_stays_behind_as_many_rounds_as_it_is_told(world: World) -> None:
    world.indexer.stay_behind(3)
    name = world.send(world.script.pay(world.alice, world.bob))
    latest = world.script.tick(3)
    assert world.indexer.wait_for(latest - 3) == latest - 3
    assert world.found(txid=name) == []
    world.indexer.wait_for(world.script.tick() - 3)
    assert world.found(txid=name) == [name]
    world.indexer.stay_behind(0)
    assert world.indexer.wait_for(latest + 1) == latest + 1


def test_what_was_stopped_goes_on_where_it_stood(tmp_path: Path, node: Algod) -> None:
    indexer = Indexer(tmp_path / "indexer.db", node.url, node.token)
    with indexer:
        port, first = indexer.port, indexer.wait_for(node.tick(3))
    latest = node.tick(4)
    node.stop()
    with indexer:
        assert (indexer.port, indexer.round) == (port, first), "it answers without an algod"
        node.start()
        assert indexer.wait_for(latest) == latest
        assert indexer.begun_anew == 0


def test_killed_at_any_moment_it_holds_every_round_once(tmp_path: Path) -> None:
    chain, carol, paid = StandInChain(delay=0.002), Key(), []
    for number in range(1, ROUNDS + 1):
        members = {"rcv": carol.public, "amt": number, "fv": number}
        paid.append(id_of(sent("pay", RICH, **members)))
        chain.add(row("pay", RICH, **members), row("pay", RICH, names=False, **members))
    with chain.served() as url:
        indexer = Indexer(tmp_path / "indexer.db", url, "")
        reached = -1
        for wanted in (1, ROUNDS // 3, ROUNDS // 2):
            indexer.start()
            while reached < wanted:
                tip = Database(indexer.data).tip()
                reached = tip.round if tip else -1
            indexer.kill()
        assert reached < ROUNDS, "nothing was interrupted"
        with indexer:
            indexer.wait_for(ROUNDS)
            client = IndexerClient("", indexer.url)
            found = client.search_transactions(min_round=1, limit=10_000)["transactions"]
            assert [one["id"] for one in found][::2] == paid
            assert len(found) == 2 * ROUNDS
            amount = client.account_info(carol.address)["account"]["amount"]
            assert amount == ROUNDS * (ROUNDS + 1)
            assert indexer.begun_anew == 0


def test_another_chain_behind_algod_makes_it_begin_anew_and_say_so(tmp_path: Path) -> None:
    first = Algod(tmp_path / "first", round_seconds=0)
    with first:
        indexer = Indexer(tmp_path / "indexer.db", first.url, first.token)
        indexer.start()
        script = Script(first)
        name = script.must(sign(script.pay(script.funder, Key(), ALGO), script.funder))
        indexer.wait_for(script.tick(5))
    second = Algod(tmp_path / "second", round_seconds=0, token=first.token, ports=first.ports)
    try:
        with second:
            client = IndexerClient("", indexer.url)
            latest = second.tick(2)
            until_begun_anew(indexer, latest)
            answer = client.search_transactions(txid=name)
            assert answer == {"current-round": latest, "transactions": []}
            genesis = base64.b64decode(client.block_info(1)["genesis-hash"])
            assert genesis == second.genesis_hash
            assert "the database begins anew" in indexer.log.read_text()
    finally:
        indexer.stop()


def test_a_chain_that_lost_rounds_and_made_others_is_another_chain(tmp_path: Path) -> None:
    chain = Algod(tmp_path / "algod", round_seconds=0)
    with chain:
        chain.tick(3)
    shutil.copytree(chain.data, tmp_path / "earlier")
    indexer = Indexer(tmp_path / "indexer.db", "", chain.token)
    with chain:
        script, indexer.algod = Script(chain), chain.url
        indexer.start()
        lost = script.must(sign(script.pay(script.funder, Key(), ALGO), script.funder))
        indexer.wait_for(script.tick(2))
    other = Algod(tmp_path / "earlier", round_seconds=0, token=chain.token, ports=chain.ports)
    try:
        with other:
            script = Script(other)
            kept = script.must(sign(script.pay(script.funder, Key(), ALGO), script.funder))
            latest = script.tick(4)
            until_begun_anew(indexer, latest)
            client = IndexerClient("", indexer.url)
            assert client.search_transactions(txid=lost)["transactions"] == []
            assert client.transaction(kept)["transaction"]["id"] == kept
    finally:
        indexer.stop()


def test_a_node_that_keeps_too_few_blocks_is_complained_of(tmp_path: Path) -> None:
    with Algod(tmp_path / "algod", round_seconds=0, retention=2) as short:
        short.tick(4)
        with Indexer(tmp_path / "indexer.db", short.url, short.token) as indexer:
            with pytest.raises(IndexerFailed, match="algod serves no block 0"):
                indexer.wait_for(4, patience=0.5)
            assert IndexerClient("", indexer.url).health()["round"] == 0
