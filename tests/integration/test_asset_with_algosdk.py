"""The asset through algosdk alone, as its owner and holders would read and use it."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from algosdk import encoding
from algosdk.v2client.indexer import IndexerClient

from domain.events import ConformityRead
from domain.status import Status
from domain.values import DeploymentId
from infrastructure.devnet.algod import Algod
from infrastructure.devnet.indexer import Indexer
from tests.algorand_hands import Hands, world
from tests.algorand_holder import ROLES, Holding, refused, texts

MOST = 2**64 - 1


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0) as one:
        yield one


@pytest.fixture(scope="module")
def indexer(node: Algod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexer]:
    file = tmp_path_factory.mktemp("indexer") / "indexer.db"
    with Indexer(file, node.url, node.token) as one:
        yield one


class Owned:
    """An asset that the engine deployed, and algosdk's ways to it."""

    def __init__(self, node: Algod, indexer: Indexer, **terms: Any) -> None:
        self.world: Hands = world(node, readers=[indexer])
        self.deployment: DeploymentId = self.world.request(**terms)
        state = self.world.rounds_until(self.deployment, Status.COMPLETED)
        assert state.completed is not None
        self.completed = state.completed
        self.number = int.from_bytes(state.completed.asset)
        self.creator = encoding.encode_address(self.world.address)
        seed = self.world.keys.seed_of(self.world.signer)
        self.holding = Holding(node, IndexerClient("", indexer.url), self.number, seed)

    def parameters(self) -> dict[str, Any]:
        """What node and indexer say of it, which is the same."""
        said = self.holding.parameters()
        assert self.holding.indexed(self.world.head) == said
        return said


@pytest.fixture(scope="module")
def owned(node: Algod, indexer: Indexer) -> Owned:
    return Owned(node, indexer)


def test_algosdk_reads_every_field_that_was_asked(owned: Owned) -> None:
    said = owned.parameters()
    roles = {name: said.pop(name) for name in ROLES}
    assert roles == dict.fromkeys(ROLES, owned.creator)
    assert b64decode(said.pop("metadata-hash")) == b"\7" * 32
    assert texts(said) == (b"Gold Bond", b"GLD", b"https://example.com/gold")
    assert {name: value for name, value in said.items() if not name.endswith("-b64")} == {
        "creator": owned.creator,
        "total": MOST,
        "decimals": 6,
        "default-frozen": False,
        "name": "Gold Bond",
        "unit-name": "GLD",
        "url": "https://example.com/gold",
    }


def test_the_whole_supply_is_its_creators(owned: Owned) -> None:
    assert owned.holding.held_by(owned.holding.owner) == (MOST, False)
    client = owned.holding.indexer
    (balance,) = client.asset_balances(owned.number)["balances"]
    assert (balance["address"], balance["amount"]) == (owned.creator, MOST)
    found = client.lookup_account_asset_by_creator(owned.creator)["assets"]
    assert [one["index"] for one in found] == [owned.number]
    (made,) = client.search_transactions(asset_id=owned.number, txn_type="acfg")["transactions"]
    assert encoding.base64.b32decode(made["id"] + "====") == owned.completed.transaction_id
    assert str(owned.deployment).encode() in b64decode(made["note"])


def test_each_role_is_the_account_that_was_named_for_it(node: Algod, indexer: Indexer) -> None:
    named = {role: bytes([number]) * 32 for number, role in enumerate(ROLES, 1)}
    said = Owned(node, indexer, **named).parameters()
    spelled = {role: encoding.encode_address(address) for role, address in named.items()}
    assert {role: said[role] for role in ROLES} == spelled


@pytest.mark.parametrize(
    ("name", "unit", "url"),
    [
        ("N" * 32, "U" * 8, "u" * 96),
        ("€" * 10 + "é", "€€é", "€" * 32),
        ("🪙" * 8, "🪙🪙", "🪙" * 24),
        ("é", "é", "https://example.com/é#arc3"),
        ("🏅", "ü€12", "template-ipfs://{ipfscid:1:raw:reserve:sha2-256}"),
    ],
)
def test_texts_arrive_byte_for_byte_at_their_limits(
    node: Algod, indexer: Indexer, name: str, unit: str, url: str
) -> None:
    owned = Owned(node, indexer, name=name, unit_name=unit, url=url)
    said = owned.parameters()
    assert texts(said) == (name.encode(), unit.encode(), url.encode())
    assert (said["name"], said["unit-name"], said["url"]) == (name, unit, url)


def test_the_roles_opt_in_transfer_freeze_and_claw_back(node: Algod, indexer: Indexer) -> None:
    Owned(node, indexer).holding.use()


def test_what_opts_into_a_frozen_asset_is_frozen_until_it_is_thawed(
    node: Algod, indexer: Indexer
) -> None:
    owned = Owned(node, indexer, default_frozen=True, total=1, decimals=0)
    assert owned.parameters()["default-frozen"] is True
    holding = owned.holding
    holding.transfer(holding.holder, holding.holder, 0)
    assert holding.held_by(holding.holder) == (0, True)
    assert holding.held_by(holding.owner) == (1, False)
    refused(lambda: holding.transfer(holding.owner, holding.holder, 1), "frozen")
    holding.freeze(False)
    holding.transfer(holding.owner, holding.holder, 1)
    assert holding.held_by(holding.holder) == (1, False)


def test_a_reconfiguration_changes_the_asset_and_nothing_that_completed_said(
    node: Algod, indexer: Indexer
) -> None:
    owned = Owned(node, indexer)
    events, story = owned.world.events(owned.deployment), owned.world.state(owned.deployment)
    holder = owned.holding.holder.address
    owned.holding.reconfigure(manager=owned.creator, reserve=holder)
    said = owned.parameters()
    assert {name: said.get(name) for name in ROLES} == {
        "manager": owned.creator,
        "reserve": holder,
        "freeze": None,
        "clawback": None,
    }
    refused(lambda: owned.holding.freeze(True), "freeze not allowed")
    assert owned.world.look(owned.deployment) == story
    assert owned.world.events(owned.deployment) == events
    (read,) = (one for one in events if isinstance(one, ConformityRead))
    assert read.differences == ()
    assert owned.world.shown(owned.deployment)["asset"] == owned.number


def test_a_reconfiguration_before_anybody_looked_conforms_too(
    node: Algod, indexer: Indexer
) -> None:
    """Made and changed while the worker was down: the row of the block is what is compared."""
    hands = world(node)
    deployment = hands.request()
    hands.with_coins()
    hands.begin_window()
    hands.look(deployment)
    node.tick()
    (made,) = hands.assets()
    seed = hands.keys.seed_of(hands.signer)
    holding = Holding(node, IndexerClient("", indexer.url), int(str(made["index"])), seed)
    holding.reconfigure(manager=holding.owner.address)
    assert not {"reserve", "freeze", "clawback"} & holding.parameters().keys()
    state = hands.rounds_until(deployment, Status.COMPLETED)
    assert state.completed is not None
    assert int.from_bytes(state.completed.asset) == holding.asset
    (read,) = (e for e in hands.events(deployment) if isinstance(e, ConformityRead))
    assert read.differences == ()


def test_an_asset_without_roles_obeys_nobody(node: Algod, indexer: Indexer) -> None:
    owned = Owned(
        node, indexer, **dict.fromkeys(ROLES), url=None, metadata_hash=None, total=1_000_000
    )
    assert owned.parameters().keys() == {
        *("creator", "decimals", "default-frozen", "total"),
        *("name", "name-b64", "unit-name", "unit-name-b64"),
    } | ({"url", "url-b64"} & owned.parameters().keys())
    holding = owned.holding
    holding.transfer(holding.holder, holding.holder, 0)
    holding.transfer(holding.owner, holding.holder, 5)
    refused(lambda: holding.freeze(True), "freeze not allowed")
    refused(lambda: holding.reconfigure(manager=owned.creator), "manager")
    refused(
        lambda: holding.transfer(
            holding.owner, holding.owner, 1, revocation_target=holding.holder.address
        ),
        "clawback not allowed",
    )
    assert holding.held_by(holding.holder) == (5, False)
