"""The devnet's indexer, asked by an unmodified IndexerClient: what it knows."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from algosdk import encoding
from algosdk.error import IndexerHTTPError
from algosdk.v2client.indexer import IndexerClient

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.indexer import Indexer
from tests.algod_forge import Key, Txn, id_of
from tests.algod_script import APPLICATION, CLEAR
from tests.algod_tokens import Address
from tests.indexer_world import ALGO, World

ALL = 2**64 - 1
KEEPER = """#pragma version 10
txn NumAppArgs
bz ok
txna ApplicationArgs 0
byte "global"
==
bnz global
txna ApplicationArgs 0
byte "number"
==
bnz number
txna ApplicationArgs 0
byte "local"
==
bnz local
byte "g"
app_global_del
b ok
global:
byte "g"
txna ApplicationArgs 1
app_global_put
b ok
number:
byte "n"
int 7
app_global_put
b ok
local:
txn Sender
byte "l"
txna ApplicationArgs 1
app_local_put
ok:
int 1
return
"""
"""Keeps what it is told, and forgets its word for everything else."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("indexed")
    with (
        Algod(folder / "algod", round_seconds=0) as node,
        Indexer(folder / "indexer.db", node.url, node.token) as indexer,
    ):
        yield World(node, indexer)


def test_an_asset_is_found_by_its_id_its_creator_and_its_name(world: World) -> None:
    number = world.asset(an="Silver Coin", un="SLV")
    by_id = world.client.asset_info(number)
    params = by_id["asset"]["params"]
    assert by_id["current-round"] == world.script.last
    assert (params["name"], params["unit-name"], params["total"]) == ("Silver Coin", "SLV", 1000)
    assert params["metadata-hash"] == base64.b64encode(b"h" * 32).decode()
    assert params["creator"] == world.alice.address
    for query in ({"creator": world.alice.address}, {"name": "ver co"}, {"unit": "slv"}):
        found = world.client.search_assets(**query)
        assert by_id["asset"] in found["assets"]
        assert found["next-token"] == str(found["assets"][-1]["index"])


def test_an_office_that_nobody_holds_is_shown_as_the_zero_address(world: World) -> None:
    number = world.asset(m=b"", r=b"", f=b"", c=b"")
    params = world.client.asset_info(number)["asset"]["params"]
    zero = encoding.encode_address(bytes(32))
    assert [params[office] for office in ("manager", "reserve", "freeze", "clawback")] == [zero] * 4
    assert "manager" not in world.node.ask("GET", f"/v2/assets/{number}")["params"]


def test_a_transaction_has_the_id_that_its_sender_computed(world: World) -> None:
    for members in ({"note": b"\x00\x01"}, {"gen": ""}, {"lx": b"\x01" * 32}):
        sent = world.script.pay(world.alice, world.bob, **members)
        assert world.land(sent) == id_of(sent)
        answer = world.client.transaction(id_of(sent))
        shown = answer["transaction"]
        assert shown["confirmed-round"] == answer["current-round"] == world.script.last
        assert ("genesis-id" in shown) == ("gen" not in members)
        assert base64.b64decode(shown["note"]) == sent["note"]


def test_transactions_are_found_by_prefix_role_asset_kind_and_group(world: World) -> None:
    number = world.asset()
    opt_in = world.transfer(world.bob, world.bob, number, 0, note=b"mark/opt")
    world.land(opt_in, world.bob)
    give = world.transfer(world.alice, world.bob, number, 7, note=b"mark/give")
    world.land(give)
    names = [id_of(opt_in), id_of(give)]
    assert world.found(note_prefix=b"mark/") == names
    assert world.found(note_prefix=b"mark/", address=world.alice.address) == names[1:]
    role = {"address": world.bob.address, "address_role": "receiver"}
    assert world.found(note_prefix=b"mark/", **role) == names[::-1]
    assert world.found(asset_id=number, txn_type="axfer") == names
    assert world.found(asset_id=number, min_amount=6) == names[1:]
    assert world.found(asset_id=number, max_amount=7) == []
    about = world.client.search_asset_transactions(number)["transactions"]
    assert [one["tx-type"] for one in about] == ["acfg", "axfer", "axfer"]
    assert world.found(block=world.script.last) == names[1:]
    pair = world.script.signed_group(
        (world.script.pay(world.alice, world.bob), world.alice),
        (world.script.pay(world.bob, world.alice), world.bob),
    )
    world.script.must(*pair)
    world.indexer.wait_for(world.script.tick())
    assert world.found(group_id=pair[0]["txn"]["grp"]) == [id_of(one["txn"]) for one in pair]


def in_pages(search: Callable[..., Any]) -> list[int]:
    """Read page after page until one is empty."""
    rounds: list[int] = []
    page = search(limit=2)
    while page["transactions"]:
        rounds += [one["confirmed-round"] for one in page["transactions"]]
        page = search(limit=2, next_page=page["next-token"])
    assert "next-token" not in page
    assert rounds == [one["confirmed-round"] for one in search()["transactions"]]
    return rounds


def test_every_page_that_holds_something_names_a_next_one(world: World) -> None:
    for _ in range(3):
        world.land(world.script.pay(world.alice, world.bob, note=b"paged"))

    def everywhere(**more: Any) -> Any:
        return world.client.search_transactions(note_prefix=b"paged", **more)

    def of_bob(**more: Any) -> Any:
        return world.client.search_transactions_by_address(world.bob.address, **more)

    assert in_pages(everywhere) == sorted(in_pages(everywhere))
    assert in_pages(of_bob) == sorted(in_pages(of_bob), reverse=True)


def test_what_is_not_there_is_dated_by_a_search_and_not_by_a_404(world: World) -> None:
    unknown = id_of(world.script.pay(world.alice, world.bob))
    latest = world.script.look()
    empty = world.client.search_transactions(txid=unknown)
    assert empty == {"current-round": latest, "transactions": []}
    with pytest.raises(IndexerHTTPError, match=f"^no transaction found .* id: {unknown}$"):
        world.client.transaction(unknown)
    with pytest.raises(IndexerHTTPError, match="no accounts found for address"):
        world.client.account_info(Key().address)


def test_an_inner_transaction_is_found_in_its_outermost_one(world: World) -> None:
    script, erin = world.script, Key()
    world.land(script.pay(script.funder, erin, 9 * ALGO), script.funder)
    programs = {"apap": script.assembled(APPLICATION), "apsu": script.assembled(CLEAR)}
    made = script.transaction("appl", erin, **programs, apgs={"nbs": 1, "nui": 1})
    world.land(made, erin)
    application = script.landed(made)["application-index"]
    shown = world.client.transaction(id_of(made))["transaction"]
    assert shown["created-application-index"] == application
    world.land(script.pay(erin, Address(application), 2 * ALGO), erin)  # type: ignore[arg-type]
    call = script.transaction("appl", erin, fee=2000, apid=application, apaa=[b"inner"])
    world.land(call, erin)
    (inner,) = world.client.transaction(id_of(call))["transaction"]["inner-txns"]
    number = inner["created-asset-index"]
    assert number == script.landed(call)["inner-txns"][0]["asset-index"]
    assert world.found(asset_id=number) == [id_of(call)]
    assert world.found(block=script.last) == [id_of(call)]
    owner = encoding.encode_address(Address(application).public)
    assert world.found(address=owner, limit=1) == [id_of(call)]
    assert world.client.asset_info(number)["asset"]["params"]["creator"] == owner
    world.land(script.transaction("appl", erin, apid=application, apaa=[b"log"]), erin)
    (said,) = world.client.application_logs(application)["log-data"]
    assert base64.b64decode(said["logs"][0]) == b"hello"


def test_applications_have_the_state_that_algod_gives_them(world: World) -> None:
    script, frank, gina = world.script, Key(), Key()
    for who in (frank, gina):
        world.land(script.pay(script.funder, who, 9 * ALGO), script.funder)
    first, clear = script.assembled(KEEPER), script.assembled(CLEAR)
    later = script.assembled(KEEPER + "int 1\nreturn")
    schemas = {"apgs": {"nbs": 1, "nui": 2}, "apls": {"nbs": 1}}
    made = script.transaction("appl", frank, apap=first, apsu=clear, apep=1, **schemas)
    world.land(made, frank)
    number = script.landed(made)["application-index"]

    def call(who: Key, *arguments: bytes, **members: Any) -> None:
        members |= {"apid": number, "apaa": list(arguments)}
        world.land(script.transaction("appl", who, **members), who)
        assert world.is_as_algod_says(frank, gina)

    call(frank, b"global", b"\xff\x00")
    call(frank, b"global", b"other")
    call(frank, b"number")
    call(gina, apan=1)
    call(gina, b"local", b"mine")
    call(gina, apan=2)
    call(gina, b"local", b"again", apan=1)
    call(gina, apan=3)
    call(frank, b"forget")
    call(frank, apan=4, apap=later, apsu=clear)
    shown = world.client.applications(number)["application"]["params"]
    assert shown["approval-program"] == base64.b64encode(later).decode()
    assert world.client.search_applications(creator=frank.address)["next-token"] == str(number)
    call(frank, apan=5)
    with pytest.raises(IndexerHTTPError, match=f"no application found .*: {number}"):
        world.client.applications(number)
    gone = world.client.applications(number, include_all=True)["application"]
    assert (gone["deleted"], gone["deleted-at-round"]) == (True, script.last)


def test_holdings_follow_transfers_freezes_clawbacks_and_the_end(world: World) -> None:
    script, alice, bob, carol = world.script, world.alice, world.bob, Key()
    world.land(script.pay(script.funder, carol, 5 * ALGO), script.funder)
    number = world.asset(t=ALL, df=True)
    steps: list[tuple[Txn, Key]] = [
        (world.transfer(bob, bob, number, 0), bob),
        (world.transfer(carol, carol, number, 0), carol),
        (script.transaction("afrz", alice, faid=number, fadd=bob.public), alice),
        (world.transfer(alice, bob, number, 2**63 + 9), alice),
        (world.transfer(bob, bob, number, 0), bob),
        (world.transfer(alice, carol, number, 8, asnd=bob.public), alice),
        (script.pay(carol, carol, 0, rekey=bob.public), carol),
        (script.transaction("acfg", alice, caid=number, apar={"m": alice.public}), alice),
        (world.transfer(bob, alice, number, 1, aclose=alice.public), bob),
    ]
    for step, key in steps:
        world.land(step, key)
        assert world.is_as_algod_says(alice, bob, carol, script.funder)
    gone = [one for one in world.client.asset_balances(number)["balances"] if one["amount"] == 8]
    assert [one["address"] for one in gone] == [carol.address]
    params = world.client.asset_info(number)["asset"]["params"]
    assert params["manager"] == alice.address != params["reserve"]
    assert world.client.lookup_account_assets(bob.address, asset_id=number)["assets"] == []
    (left,) = world.client.lookup_account_assets(bob.address, asset_id=number, include_all=True)[
        "assets"
    ]
    assert left["deleted"]
    assert left["opted-out-at-round"] == script.last


def test_what_is_destroyed_or_closed_is_shown_on_demand_alone(world: World) -> None:
    script, dora = world.script, Key()
    world.land(script.pay(script.funder, dora, 5 * ALGO), script.funder)
    number = world.asset(owner=dora)
    world.land(script.transaction("acfg", dora, caid=number), dora)
    with pytest.raises(IndexerHTTPError, match=f"no assets found for asset-id: {number}"):
        world.client.asset_info(number)
    asset = world.client.asset_info(number, include_all=True)["asset"]
    assert (asset["deleted"], asset["destroyed-at-round"]) == (True, script.last)
    assert asset["params"]["total"] == 0
    world.land(script.pay(dora, world.alice, 0, close=world.alice.public), dora)
    with pytest.raises(IndexerHTTPError, match="no accounts found"):
        world.client.account_info(dora.address)
    gone = world.client.account_info(dora.address, include_all=True)["account"]
    assert (gone["amount"], gone["deleted"]) == (0, True)
    assert world.is_as_algod_says(world.alice, script.funder)


def test_shipped_defaults_refuse_what_a_scan_would_need(tmp_path: Path, world: World) -> None:
    node = world.node
    with Indexer(tmp_path / "closed.db", node.url, node.token, all_enabled=False) as closed:
        client = IndexerClient("", closed.url)
        latest = closed.wait_for(world.script.look())
        for query, name in (
            ({"note_prefix": b"x"}, "note-prefix"),
            ({"address": world.bob.address, "address_role": "sender"}, "address-role"),
            ({"asset_id": 5}, "asset-id"),
            ({"txn_type": "pay"}, "tx-type"),
        ):
            with pytest.raises(IndexerHTTPError, match=f"^provided disabled parameter: {name}$"):
                client.search_transactions(**query)
        with pytest.raises(IndexerHTTPError, match=r"^endpoint is disabled$"):
            client.search_asset_transactions(5)
        assert client.search_transactions(limit=1)["current-round"] == latest
        assert client.search_transactions(address=world.bob.address)["transactions"]
