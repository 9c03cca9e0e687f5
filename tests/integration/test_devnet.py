"""Anvil as the development network needs it: finality moves, a chain is known by its genesis."""

import shutil
import time
from pathlib import Path

import pytest

from infrastructure.devnet.anvil import Anvil
from infrastructure.devnet.network import devnet

PATIENCE = 15.0


def finalized(chain: Anvil) -> int:
    return int(chain.ask("eth_getBlockByNumber", "finalized", False)["number"], 16)


def hash_of(chain: Anvil, block: int) -> str:
    answer: str = chain.ask("eth_getBlockByNumber", hex(block), False)["hash"]
    return answer


def until_final(chain: Anvil, block: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while finalized(chain) < block:
        assert time.monotonic() < deadline, "finality stands still"
        time.sleep(0.05)


def test_finality_follows_a_few_blocks_behind(anvil: Anvil) -> None:
    until_final(anvil, finalized(anvil) + 3)
    head = int(anvil.ask("eth_blockNumber"), 16)
    assert 0 <= head - finalized(anvil) <= 4


def test_a_kept_chain_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    chain = Anvil(state=tmp_path / "anvil.json", block_time="0.2")
    with chain:
        until_final(chain, 3)
        genesis, third, port = chain.genesis_hash, hash_of(chain, 3), chain.port
    with chain:
        assert (chain.genesis_hash, chain.port) == (genesis, port)
        assert hash_of(chain, 3) == third
        until_final(chain, finalized(chain) + 1)
        assert chain.ask("eth_getBalance", "0x" + "00" * 20, "0x3") == "0x0"


def test_two_chains_of_the_same_second_have_two_genesis_hashes() -> None:
    with Anvil(block_time="0.2") as one, Anvil(block_time="0.2") as other:
        assert one.genesis_hash != other.genesis_hash
        assert one.chain_id == other.chain_id


def test_a_killed_chain_keeps_its_genesis(tmp_path: Path) -> None:
    chain = Anvil(state=tmp_path / "anvil.json", block_time="0.2")
    with chain:
        genesis = chain.genesis_hash
        until_final(chain, 8)
        chain.kill()
    with chain:
        assert chain.genesis_hash == genesis


@pytest.mark.parametrize("lost", [None, "anvil.json", "algorand"])
def test_the_devnet_tells_which_of_its_chains_is_another_one(
    tmp_path: Path, lost: str | None
) -> None:
    with devnet(tmp_path, block_seconds=0.2) as first:
        assert not first.replaced
        until_final(first.anvil, 1)
    if lost == "anvil.json":
        (tmp_path / lost).unlink()
    elif lost:
        shutil.rmtree(tmp_path / lost)
    with devnet(tmp_path, block_seconds=0.2) as second:
        replaced = {None: (), "anvil.json": ("anvil",), "algorand": ("algorand-devnet",)}
        assert second.replaced == replaced[lost]


def test_several_devnets_run_at_once(tmp_path: Path) -> None:
    with (
        devnet(tmp_path / "one", block_seconds=0.2) as one,
        devnet(tmp_path / "two", block_seconds=0.2) as two,
    ):
        assert one.algod.genesis_hash != two.algod.genesis_hash
        assert one.anvil.genesis_hash != two.anvil.genesis_hash
        assert len({one.algod.url, two.algod.url, one.indexer.url, two.indexer.url}) == 4
