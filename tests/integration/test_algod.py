"""The Algorand half of the development network, asked by an unmodified AlgodClient."""

import base64
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from algosdk import logic, transaction
from algosdk.error import AlgodHTTPError
from algosdk.v2client.models import SimulateRequest, SimulateRequestTransactionGroup

from infrastructure.devnet.algod import TREASURY, Algod, AlgodFailed
from infrastructure.devnet.algorand.encoding import digest, packed, unpacked
from infrastructure.devnet.algorand.genesis import Genesis
from tests.algod_script import APPLICATION, CLEAR
from tests.algod_wallet import ALGO, client, funded, rich


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


def test_an_asset_is_made_moved_frozen_and_clawed_back(clocked: Algod) -> None:
    issuer, holder = rich(clocked), funded(clocked)
    made = issuer.send(
        transaction.AssetCreateTxn(
            issuer.address,
            issuer.params(),
            1000,
            2,
            default_frozen=False,
            manager=holder.address,
            freeze=issuer.address,
            clawback=issuer.address,
            unit_name="GLD",
            asset_name="Gold Bond",
        )
    )
    asset = made["asset-index"]
    assert asset > 1000
    assert issuer.client.asset_info(asset)["params"]["name"] == "Gold Bond"
    holder.send(transaction.AssetOptInTxn(holder.address, holder.params(), asset))
    moved = transaction.AssetTransferTxn(issuer.address, issuer.params(), holder.address, 7, asset)
    issuer.send(moved)
    issuer.send(
        transaction.AssetFreezeTxn(
            issuer.address, issuer.params(), asset, holder.address, new_freeze_state=True
        )
    )
    held = holder.client.account_asset_info(holder.address, asset)["asset-holding"]
    assert (held["amount"], held["is-frozen"]) == (7, True)
    back = transaction.AssetTransferTxn(holder.address, holder.params(), issuer.address, 1, asset)
    with pytest.raises(AlgodHTTPError, match=f"asset {asset} frozen in {holder.address}"):
        holder.client.send_transaction(holder.sign(back))
    issuer.send(
        transaction.AssetTransferTxn(
            issuer.address,
            issuer.params(),
            issuer.address,
            7,
            asset,
            revocation_target=holder.address,
        )
    )
    assert holder.client.account_asset_info(holder.address, asset)["asset-holding"]["amount"] == 0
    assert holder.client.account_info(holder.address)["total-assets-opted-in"] == 1
    holder.send(transaction.AssetDestroyTxn(holder.address, holder.params(), asset))
    with pytest.raises(AlgodHTTPError, match="asset does not exist"):
        issuer.client.asset_info(asset)
    assert asset not in [
        one["index"] for one in issuer.client.account_info(issuer.address)["created-assets"]
    ]


def test_an_application_keeps_boxes(clocked: Algod) -> None:
    owner = rich(clocked)
    approval, clear = (
        base64.b64decode(owner.client.compile(source)["result"]) for source in (APPLICATION, CLEAR)
    )
    schema = transaction.StateSchema(4, 4)
    created = owner.send(
        transaction.ApplicationCreateTxn(
            owner.address, owner.params(), 0, approval, clear, schema, transaction.StateSchema(1, 0)
        )
    )
    application = created["application-index"]
    account = logic.get_application_address(application)
    owner.send(transaction.PaymentTxn(owner.address, owner.params(), account, ALGO))

    def call(*arguments: bytes, **more: Any) -> transaction.Transaction:
        return transaction.ApplicationNoOpTxn(
            owner.address, owner.params(), application, list(arguments), **more
        )

    owner.send(call(b"box", b"b1", boxes=[(0, b"b1")]))
    box = owner.client.application_box_by_name(application, b"b1")
    assert base64.b64decode(box["value"]) == b"value"
    boxes = owner.client.application_boxes(application)["boxes"]
    assert [base64.b64decode(one["name"]) for one in boxes] == [b"b1"]
    assert owner.client.account_info(account)["total-boxes"] == 1
    logged = owner.send(call(b"log"))
    assert [base64.b64decode(log) for log in logged["logs"]] == [b"hello"]
    with pytest.raises(AlgodHTTPError, match=r"assert failed pc=\d+\. Details: app="):
        owner.client.send_transaction(owner.sign(call(b"assert")))


def test_a_group_is_simulated_before_anybody_signs(clocked: Algod) -> None:
    issuer = funded(clocked)
    create = transaction.AssetCreateTxn(
        issuer.address, issuer.params(), 5, 0, default_frozen=False, asset_name="Tried"
    )
    unsigned = transaction.SignedTransaction(create, None)
    request = SimulateRequest(
        txn_groups=[SimulateRequestTransactionGroup(txns=[unsigned])], allow_empty_signatures=True
    )
    tried = issuer.client.simulate_transactions(request)["txn-groups"][0]
    assert "failure-message" not in tried
    foretold = tried["txn-results"][0]["txn-result"]["asset-index"]
    assert issuer.send(create)["asset-index"] == foretold
    poor = transaction.PaymentTxn(issuer.address, issuer.params(), TREASURY, 10**15)
    request.txn_groups = [SimulateRequestTransactionGroup(txns=[issuer.sign(poor)])]
    failed = issuer.client.simulate_transactions(request)["txn-groups"][0]
    assert "overspend" in failed["failure-message"]


def test_whoever_just_got_its_balance_is_simulated_too(clocked: Algod) -> None:
    fresh = funded(clocked)
    pay = transaction.PaymentTxn(fresh.address, fresh.params(), TREASURY, ALGO)
    request = SimulateRequest(
        txn_groups=[
            SimulateRequestTransactionGroup(txns=[transaction.SignedTransaction(pay, None)])
        ],
        allow_empty_signatures=True,
    )
    group = fresh.client.simulate_transactions(request)["txn-groups"][0]
    assert "failure-message" not in group


def test_headers_are_chained_and_commit_to_their_transactions(two: Algod) -> None:
    sender, asked = rich(two), client(two)
    for number in range(5):
        asked.send_transaction(sender.payment(TREASURY, number))
    at = two.tick()
    two.tick()
    blocks = [unpacked(asked.block_info(r, response_format="msgpack")) for r in (at, at + 1)]
    block, after = (one["block"] for one in blocks)
    header = {k: v for k, v in block.items() if k != "txns"}
    assert after["prev"] == digest(b"BH" + packed(header))
    assert blocks[0]["cert"] == {}
    assert block["gh"] == two.genesis_hash
    names = asked.algod_request("GET", f"/blocks/{at}/txids")["blockTxids"]
    assert len(names) == len(block["txns"]) == 5
    for name in names:
        for kind, root in (("sha512_256", block["txn"]), ("sha256", block["txn256"])):
            proof = asked.transaction_proof(at, name, hashtype=kind)
            assert _root(name, proof, block) == root, (kind, proof["idx"])


def _root(name: str, proof: dict[str, Any], block: dict[str, Any]) -> bytes:
    place, kind = proof["idx"], proof["hashtype"]
    row = block["txns"][place]
    whole = {**row["txn"], "gh": block["gh"]}
    if row.get("hgi"):
        whole["gen"] = block["gen"]
    hashed = digest if kind == "sha512_256" else lambda data: sha256(data).digest()
    assert base64.b32encode(digest(b"TX" + packed(whole))).decode().rstrip("=") == name
    stib = base64.b64decode(proof["stibhash"])
    assert stib == hashed(b"STIB" + packed(row))
    node = hashed(b"TL" + hashed(b"TX" + packed(whole)) + stib)
    path, depth = base64.b64decode(proof["proof"]), proof["treedepth"]
    if kind == "sha256":
        place = int(f"{place:0{depth}b}"[::-1], 2)
    for level in range(depth):
        other = path[32 * level : 32 * level + 32]
        pair = other + node if place & 1 else node + other
        node, place = hashed(b"MA" + pair), place >> 1
    return node


def test_a_killed_node_goes_on_where_it_was(tmp_path: Path) -> None:
    node = Algod(tmp_path / "chain", round_seconds=0.1)
    with node:
        wallet = rich(node)
        made = wallet.send(
            transaction.AssetCreateTxn(
                wallet.address, wallet.params(), 9, 0, default_frozen=False, asset_name="Kept"
            )
        )
        genesis, port, at = node.genesis_hash, node.ports, made["confirmed-round"]
        block = wallet.client.block_info(at, response_format="msgpack")
        for _ in range(5):
            time.sleep(0.05)
            node.kill()
            node.start()
        assert (node.genesis_hash, node.ports) == (genesis, port)
        assert wallet.client.status()["last-round"] >= at
        assert wallet.client.block_info(at, response_format="msgpack") == block
        assert wallet.client.asset_info(made["asset-index"])["params"]["name"] == "Kept"
        after = wallet.send(transaction.PaymentTxn(wallet.address, wallet.params(), TREASURY, 1))
        assert after["confirmed-round"] > at
    assert sorted(path.name for path in (tmp_path / "chain").glob("work-*")) == []


def test_two_chains_have_two_genesis_hashes_and_take_nothing_of_the_other(tmp_path: Path) -> None:
    one = Algod(tmp_path / "one", round_seconds=0)
    with one, Algod(tmp_path / "other", round_seconds=0) as other:
        assert one.genesis_hash != other.genesis_hash
        assert one.genesis_id == other.genesis_id
        assert Genesis.read(tmp_path / "one" / "genesis.json").hash == one.genesis_hash
        assert rich(one).client.genesis()["network"] == "mint"
        stray = rich(one).payment(TREASURY)
        with pytest.raises(AlgodHTTPError, match=r"GenesisHash .* does not match expected"):
            client(other).send_transaction(stray)
        assert one.tick(3) == 4
        assert client(other).status()["last-round"] == 1


def test_a_node_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "genesis.json").write_text("{", "utf-8")
    with pytest.raises(AlgodFailed, match="ended at once"):
        Algod(tmp_path).start()
