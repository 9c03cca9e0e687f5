"""The recorded scenes of a node and its blocks, and of nodes in trouble."""

from tests.algod_forge import Key, id_of, sign
from tests.algod_script import Script
from tests.algod_submissions import ALGO, Cast

FAR = 100_000


def node(script: Script) -> None:
    last = script.look()
    script.get("status", "/v2/status")
    script.get("health", "/health")
    script.get("ready", "/ready")
    script.get("versions", "/versions")
    script.get("genesis", "/genesis")
    script.get("params", "/v2/transactions/params")
    script.get("supply", "/v2/ledger/supply")
    script.get("no-token", "/v2/status", token="")
    script.get("bad-token", "/v2/status", token="0" * 64)
    script.get("bad-token-health", "/health", token="")
    script.post_bytes("bad-token-post", b"\x80", token="")
    script.get("route-404", "/v2/nothing")
    script.get("method-405", "/v2/transactions")
    script.get("wait-past", f"/v2/status/wait-for-block-after/{last - 1}")
    script.get("wait-malformed", "/v2/status/wait-for-block-after/abc")
    script.get("wait-negative", "/v2/status/wait-for-block-after/-1")


def blocks(script: Script, cast: Cast) -> None:
    at, name = cast.lease_round, id_of(cast.held)
    block, future = f"/v2/blocks/{at}", f"/v2/blocks/{at + FAR}"
    proof = f"/transactions/{name}/proof"
    msgpack, header = {"format": "msgpack"}, {"header-only": "true"}
    for case, path, query in (
        ("block-json", block, {}),
        ("block-msgpack", block, msgpack),
        ("block-header-json", block, header),
        ("block-header-msgpack", block, {**msgpack, **header}),
        ("block-asset-json", f"/v2/blocks/{cast.asset_round}", {}),
        ("block-asset-msgpack", f"/v2/blocks/{cast.asset_round}", msgpack),
        ("block-future", future, {}),
        ("block-header-future", future, header),
        ("block-bad", "/v2/blocks/abc", {}),
        ("block-bad-format", block, {"format": "xml"}),
        ("block-hash", f"{block}/hash", {}),
        ("block-hash-future", f"{future}/hash", {}),
        ("block-txids", f"{block}/txids", {}),
        ("block-txids-future", f"{future}/txids", {}),
        ("proof", block + proof, {}),
        ("proof-sha256", block + proof, {"hashtype": "sha256"}),
        ("proof-bad-hashtype", block + proof, {"hashtype": "md5"}),
        ("proof-wrong-round", f"/v2/blocks/{at - 1}{proof}", {}),
        ("proof-future", future + proof, {}),
        ("proof-bad-txid", f"{block}/transactions/abc/proof", {}),
        ("archival-block", block, {}),
        ("archival-block-msgpack", block, msgpack),
        ("archival-header", block, header),
        ("archival-hash", f"{block}/hash", {}),
        ("archival-txids", f"{block}/txids", {}),
        ("archival-proof", block + proof, {}),
        ("archival-future", future, {}),
    ):
        script.get(case, path, query=query)
    for round_, number in ((1, 1), (FAR, 1586)):
        script.get(f"lightheader-{number}", f"/v2/blocks/{round_}/lightheader/proof")
        script.get(f"stateproof-{number}", f"/v2/stateproofs/{round_}")
    empty = f"/v2/blocks/{script.tick(2)}"
    script.get("block-empty", empty)
    script.get("block-empty-txids", f"{empty}/txids")
    script.get("block-empty-logs", f"{empty}/logs")
    script.post("archival-again", sign(cast.held, cast.alice))


def follower(script: Script, cast: Cast) -> None:
    script.node.fault(follower=True)
    block = f"/v2/blocks/{cast.lease_round}"
    payment = sign(script.pay(cast.alice, cast.bob), cast.alice)
    script.post("follower-post", payment)
    script.pending("follower-pending-known", cast.held)
    for case, path in (
        ("follower-pending-list", "/v2/transactions/pending"),
        ("follower-status", "/v2/status"),
        ("follower-params", "/v2/transactions/params"),
        ("follower-account", f"/v2/accounts/{cast.frozen.address}"),
        ("follower-block-future", f"/v2/blocks/{FAR}"),
        ("follower-block-old", "/v2/blocks/1"),
        ("follower-proof", f"{block}/transactions/{id_of(cast.held)}/proof"),
    ):
        script.get(case, path)
    script.simulate("follower-simulate", payment)
    script.node.fault(follower=False)


def races(script: Script, cast: Cast) -> None:
    """Two nodes are given what only one of them can land."""
    keys = [Key(), Key()]
    for key in keys:
        script.must(sign(script.pay(script.funder, key, ALGO), script.funder))
    script.tick()
    slot = script.pay(keys[0], cast.bob, 100_000, lx=b"\x07" * 32)
    spend = script.pay(keys[1], cast.bob, 800_000)
    for name, key, one in (("race-lease", keys[0], slot), ("race-spend", keys[1], spend)):
        two = {**one, "note": b"second"}
        pair = ("a", one), ("b", two)
        # The node that makes the next round is the one whose transaction lands.
        if script.look() % 2:
            script.tick()
        for node, (letter, transaction) in enumerate(pair):
            script.post(f"{name}-{letter}", sign(transaction, key), node=node)
        for letter, transaction in pair:
            for node, where in enumerate("AB"):
                script.pending(f"{name}-{letter}-before-on-{where}", transaction, node=node)
        for node, (letter, transaction) in enumerate(pair):
            script.post(f"{name}-{letter}-at-once-again", sign(transaction, key), node=node)
        script.tick(2)
        for letter, transaction in pair:
            for node, where in enumerate("AB"):
                script.pending(f"{name}-{letter}-after-on-{where}", transaction, node=node)
        for letter, transaction in pair:
            script.post(f"{name}-{letter}-again", sign(transaction, key))


def trouble(script: Script, cast: Cast) -> None:
    """Congestion, a full pool, a queue that is full, a restart."""
    alice, bob, node = cast.alice, cast.bob, script.node
    last = script.look()
    node.fault(fee_per_byte=2)
    script.get("params-congested", "/v2/transactions/params")
    fat = script.pay(alice, bob, note=b"n" * 900)
    script.post("fee-congested-fat", sign(fat, alice))
    node.fault(fee_per_byte=0, queue_full=3)
    script.post("pool-fill-refused", sign(script.pay(alice, bob), alice))
    queued = script.pay(alice, bob)
    script.post("fee-congested", sign(queued, alice))
    script.pending("queue-full-pending", queued)
    short = script.pay(alice, bob, lv=last + 3)
    script.post("lv3-congested", sign(short, alice))
    script.pending("lv3-pending-0", short)
    node.ask(
        "POST",
        "/devnet/evict",
        {"txid": id_of(short), "pool-error": "txn dead: round 9 outside of 1--8"},
    )
    for number in (1, 2, 3):
        script.pending(f"lv3-pending-{number}", short)
    script.tick(4)
    script.post("lv3-again", sign(short, alice))
    script.pending("queue-full-landed", queued)
    script.get("pool-after", "/v2/transactions/pending", query={"max": 1})
    script.post("short-lv-congested", sign(script.pay(alice, bob, fv=1, lv=last), alice))
    node.fault(pool_size=0)
    late = script.pay(alice, bob)
    script.post("pool-full", sign(late, alice))
    script.pending("pool-full-pending", late)
    node.fault(pool_size=75_000)
    script.post("pool-full-later", sign(late, alice))
    node.ask("POST", "/devnet/drop-pool", {})
    script.pending("restart-pending", late)
    script.post("restart-repost", sign(late, alice))
    script.get("stall-status", "/v2/status")
    script.get("stall-ready", "/ready")
    stalled = script.pay(alice, bob, lx=b"\x09" * 32)
    script.post("stall-post", sign(stalled, alice))
    script.pending("stall-pending", stalled)
    script.get("stall-status-later", "/v2/status")


def pruned(script: Script) -> None:
    """A node that keeps few blocks."""
    payment = script.pay(script.funder, script.funder, lv=script.last + 4)
    script.must(sign(payment, script.funder))
    at, latest = script.tick(), script.tick(6)
    block = f"/v2/blocks/{at}"
    for case, path, query in (
        ("pruned-block", block, {}),
        ("pruned-block-msgpack", block, {"format": "msgpack"}),
        ("pruned-header", block, {"header-only": "true"}),
        ("pruned-hash", f"{block}/hash", {}),
        ("pruned-txids", f"{block}/txids", {}),
        ("pruned-proof", f"{block}/transactions/{id_of(payment)}/proof", {}),
        ("pruned-future", f"/v2/blocks/{latest + 50}", {}),
    ):
        script.get(case, path, query=query)
    script.post("pruned-again", sign(payment, script.funder))
