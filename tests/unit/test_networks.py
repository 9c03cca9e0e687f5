"""The catalogue of networks: the example that we ship, and what a slip of the pen says."""

import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from domain.values import Family
from infrastructure.devnet.entries import anvil_entry
from infrastructure.networks import (
    BadCatalogue,
    Catalogue,
    read_catalogue,
    write_catalogue,
)

EXAMPLE = Path(__file__).parents[2] / "docs/reference/networks.example.toml"
CHAIN_IDS = {
    "ethereum-mainnet": 1,
    "ethereum-sepolia": 11155111,
    "base-mainnet": 8453,
    "base-sepolia": 84532,
    "arbitrum-mainnet": 42161,
    "polygon-mainnet": 137,
    "optimism": 10,
}
ENTRY = """
[[network]]
id = "{id}"
name = "One"
family = "{family}"
{chain}
genesis-hash = "{hash}"
nodes = [{{ url = "{url}", operator = "{operator}" }}, {{ url = "http://b:1", operator = "b" }}]
[network.policy]
{policy}
"""
RIGHT = {
    "id": "one",
    "family": "evm",
    "chain": "chain-id = 1",
    "hash": "0x" + "ab" * 32,
    "url": "https://a.example/v1?key=1",
    "operator": "a",
    "policy": "",
}


def catalogue(tmp_path: Path, *changes: dict[str, str]) -> Catalogue:
    path = tmp_path / "networks.toml"
    text = "".join(ENTRY.format(**RIGHT | changed) for changed in changes)
    path.write_text(text, encoding="utf-8")
    return read_catalogue(path)


def test_the_example_is_a_catalogue_of_the_public_networks() -> None:
    found = read_catalogue(EXAMPLE)
    chains = {one.id: one.chain_id for one in found.entries if one.family is Family.EVM}
    assert chains == CHAIN_IDS
    for name, chain_id in CHAIN_IDS.items():
        assert found.by_chain_id(chain_id) is found.by_id(name)
    assert not any(one.development or one.policy.sponsored for one in found.entries)


def test_the_example_spells_algorands_hashes_as_their_own_tools_do() -> None:
    found = read_catalogue(EXAMPLE)
    pattern = r'base64, as Algorand spells it: (\S+)\n\[\[network\]\]\nid = "(\S+)"'
    spelled = re.findall(pattern, EXAMPLE.read_text(encoding="utf-8"))
    algorand = {one.id for one in found.entries if one.family is Family.ALGORAND}
    assert {name for _, name in spelled} == algorand
    for text, name in spelled:
        entry = found.by_id(name)
        assert entry is not None
        assert entry.reference.genesis_hash == b64decode(text)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hash": "ab" * 32}, "0x and 32 bytes"),
        ({"hash": "0X" + "ab" * 32}, "0x and 32 bytes"),
        ({"hash": "0x" + " ab" * 32}, "0x and 32 bytes"),
        ({"hash": "0x" + "ab" * 33}, "0x and 32 bytes"),
        ({"chain": "chain-id = 0"}, "starts at 1"),
        ({"chain": "chain-id = -1"}, "starts at 1"),
        ({"chain": 'chain-id = "1"'}, "chain-id"),
        ({"chain": ""}, "chain id"),
        ({"family": "algorand"}, "chain id"),
        ({"family": "solana"}, "solana"),
        ({"id": "One"}, "lower-case"),
        ({"id": "one/two"}, "lower-case"),
        ({"id": "one..two"}, "lower-case"),
        ({"id": ""}, "lower-case"),
        ({"url": "ftp://a"}, "http"),
        ({"url": "https://"}, "http"),
        ({"url": "https://:80"}, "http"),
        ({"url": "https://a:99999"}, "[Pp]ort"),
        ({"url": "https://[::1"}, "URL"),
        ({"operator": ""}, "operator"),
        ({"operator": " a"}, "operator"),
        ({"operator": "b"}, "1 operators, 2 are required"),
        ({"policy": "colour = 1"}, "colour"),
        ({"policy": "depth = true"}, "depth"),
        ({"policy": "undecided-limit = 0"}, "undecided-limit"),
        ({"policy": "required-operators = 0"}, "required-operators"),
        ({"policy": "gas-margin = -1"}, "gas-margin"),
        ({"policy": "gas-margin = 1001"}, "gas-margin"),
        ({"policy": 'highest-fee-per-gas = ""'}, "decimal"),
        ({"policy": 'tip = ""'}, "decimal"),
        ({"policy": 'tip = "1e9"'}, "decimal"),
        ({"policy": 'tip = "-1"'}, "decimal"),
        ({"policy": 'tip = "\uff19"'}, "decimal"),
        ({"policy": 'highest-fee-per-gas = "1"'}, "no less than tip"),
        ({"policy": 'highest-fee-per-gas = "0"\ntip = "0"'}, "more than 0"),
        ({"policy": "poll = 0.0"}, "seconds"),
        ({"policy": "poll = nan"}, "seconds"),
        ({"policy": "timeout = inf"}, "seconds"),
        ({"policy": "stuck-after = -1.0"}, "seconds"),
        ({"policy": "index-patience = nan"}, "seconds"),
    ],
)
def test_a_slip_of_the_pen_is_named(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    with pytest.raises(BadCatalogue, match=said) as refusal:
        catalogue(tmp_path, changed)
    assert "networks.toml" in str(refusal.value)


def test_policies_may_stand_at_their_limits(tmp_path: Path) -> None:
    policy = 'index-patience = 0\ngas-margin = 0\ntip = "0"\nhighest-fee-per-gas = "1"\npoll = 1'
    entry = catalogue(tmp_path, {"policy": policy}).by_id("one")
    assert entry is not None
    assert (entry.policy.index_patience, entry.policy.poll) == (0, 1)


def test_a_chain_stands_in_the_catalogue_once(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match=r"networks\.toml: two networks are the same chain"):
        catalogue(tmp_path, {}, {"id": "two"})
    with pytest.raises(BadCatalogue, match=r"networks\.toml: two networks have the same id"):
        catalogue(tmp_path, {}, {"hash": "0x" + "cd" * 32})


def test_a_chain_id_that_two_chains_have_names_neither(tmp_path: Path) -> None:
    found = catalogue(tmp_path, {}, {"id": "two", "hash": "0x" + "cd" * 32})
    assert found.by_chain_id(1) is None
    assert found.by_id("two") is not None


@pytest.mark.parametrize("content", [b"\xff", b"[[network]", b"network = 1", b"[[other]]"])
def test_what_is_no_catalogue_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "networks.toml"
    path.write_bytes(content)
    with pytest.raises(BadCatalogue, match=re.escape(str(path))):
        read_catalogue(path)
    with pytest.raises(BadCatalogue, match="cannot be read"):
        read_catalogue(tmp_path / "missing.toml")


def test_a_catalogue_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "networks.toml"
    entry = anvil_entry("anvil", 31337, b"\7" * 32, "http://127.0.0.1:1", 0.5)
    write_catalogue(path, entry)
    unwritable: Any = object()
    with pytest.raises(TypeError):
        write_catalogue(path, unwritable)
    assert read_catalogue(path).entries == (entry,)
    assert [found.name for found in tmp_path.iterdir()] == ["networks.toml"]
