"""The recorded scenes of assets and applications, and what is read of them."""

import secrets
from typing import Any

from algosdk.encoding import checksum

from tests.algod_forge import Txn, sign
from tests.algod_script import APPLICATION, CLEAR, Script
from tests.algod_submissions import ALGO, Cast

MISSING = 99_999_999


class Address:
    """An account that nobody has the key of."""

    def __init__(self, application: int) -> None:
        self.public: bytes = checksum(b"appID" + application.to_bytes(8, "big"))


def assets(script: Script, cast: Cast) -> None:
    alice, bob, manager, frozen = cast.alice, cast.bob, cast.manager, cast.frozen
    terms: dict[str, Any] = {"t": 1000, "dc": 2, "un": "UNIT", "an": "Name", "au": "ipfs://x#arc3"}
    terms |= dict.fromkeys("mrfc", alice.public)

    def configure(name: str, who: Any = alice, **members: Any) -> Txn:
        transaction = script.transaction("acfg", who, **members)
        script.post(name, sign(transaction, who))
        return transaction

    for name, over in (
        ("asset-name-33", {"an": "n" * 33}),
        ("asset-unit-9", {"un": "u" * 9}),
        ("asset-url-97", {"au": "u" * 97}),
        ("asset-decimals-20", {"dc": 20}),
        ("asset-hash-31", {"am": b"h" * 31}),
        ("asset-hash-33", {"am": b"h" * 33}),
        ("asset-total-2e64", {"t": 2**64 - 1}),
    ):
        configure(name, apar={**terms, **over})
    odd = configure("asset-name-not-utf8", apar={"t": 1, "an": "\udcff\udcfe"})
    configure("asset-poor", cast.poor, apar=terms, fee=250_000)
    made = configure("asset-create", apar={**terms, "m": manager.public})
    plain = script.transaction("acfg", alice, apar={"t": 10, "an": "plain"})
    script.must(sign(plain, alice))
    cast.asset_round = script.tick()
    script.pending("pending-asset-create", made)
    cast.asset, unmanaged = script.landed(made)["asset-index"], script.landed(plain)["asset-index"]
    script.get("asset-not-utf8", f"/v2/assets/{script.landed(odd)['asset-index']}")
    script.get("block-not-utf8", f"/v2/blocks/{cast.asset_round}")
    configure("asset-config-not-manager", bob, apar={"m": bob.public}, caid=cast.asset)
    configure("asset-config-no-manager", apar={"m": alice.public}, caid=unmanaged)
    configure("asset-config-missing", apar={"m": alice.public}, caid=MISSING)

    def move(who: Any, to: Any, amount: int, asset: int = 0, **members: Any) -> Txn:
        members |= {"aamt": amount, "arcv": to.public, "xaid": asset or cast.asset}
        return sign(script.transaction("axfer", who, **members), who)

    def freeze(who: Any) -> Txn:
        members = {"faid": cast.asset, "fadd": frozen.public, "afrz": True}
        return sign(script.transaction("afrz", who, **members), who)

    script.post("axfer-receiver-not-in", move(alice, bob, 1))
    script.post("axfer-sender-not-in", move(bob, alice, 1))
    script.post("axfer-missing-asset", move(bob, alice, 1, MISSING))
    script.post("optin-missing-asset", move(bob, bob, 0, MISSING))
    script.post("axfer-too-much", move(alice, alice, 10**6))
    for step in (move(frozen, frozen, 0), move(bob, bob, 0), move(alice, frozen, 5)):
        script.must(step)
    script.must(move(alice, bob, 5))
    script.must(freeze(alice))
    script.post("axfer-frozen", move(frozen, alice, 1))
    script.post("axfer-to-frozen", move(alice, frozen, 1))
    script.post("freeze-not-freezer", freeze(bob))
    script.post("clawback-wrong", move(bob, bob, 1, asnd=frozen.public))
    destroy = script.transaction("acfg", manager, caid=cast.asset)
    script.post("destroy-supply-out", sign(destroy, manager))
    script.post("optout-balance", move(bob, manager, 0, aclose=manager.public))
    script.post("optout-creator", move(alice, bob, 0, aclose=bob.public))
    script.post("optout-not-in", move(manager, bob, 0, aclose=bob.public))
    close = script.pay(bob, alice, 0, close=alice.public)
    script.post("close-with-assets", sign(close, bob))
    script.tick()


def programs(script: Script, cast: Cast) -> None:
    alice, bob = cast.alice, cast.bob
    approval, clear = script.assembled(APPLICATION), script.assembled(CLEAR)

    def create(name: str, **members: Any) -> Txn:
        transaction = script.transaction("appl", alice, **members)
        script.post(name, sign(transaction, alice))
        return transaction

    schemas = {"apgs": {"nbs": 4, "nui": 4}, "apls": {"nui": 1}}
    made = create("app-create", apap=approval, apsu=clear, **schemas)
    create("app-create-empty")
    create("app-create-bad-program", apap=b"\x0a\xff\xff", apsu=clear)
    for name, version in (("bad-version", 255), ("v13", 13), ("v14", 14)):
        program = bytes([version]) + b"\x01\x81\x01"[name != "bad-version" :]
        create(f"app-create-{name}", apap=program, apsu=program)
    create("app-create-version-0", apap=b"\x00\x01", apsu=b"\x00\x01")
    create("app-create-too-big", apap=approval + b"\x80\x01a\x48" * 600, apsu=clear)
    create("app-create-pages-4", apap=approval, apsu=clear, apep=4)
    create("app-create-rejects", apap=script.assembled("#pragma version 10\nint 0"), apsu=clear)
    old = script.assembled("#pragma version 8\nint 1")
    create("app-create-clear-mismatch", apap=approval, apsu=old)
    script.tick()
    script.pending("pending-app-create", made)
    cast.application = script.landed(made)["application-index"]
    owner = Address(cast.application)
    script.must(sign(script.pay(alice, owner, 2 * ALGO), alice))  # type: ignore[arg-type]
    script.tick()
    _calls(script, cast)
    script.post("app-optin", sign(_call(script, cast, who=bob, apan=1), bob))
    script.post("app-optin-twice", sign(_call(script, cast, who=bob, apan=1), bob))
    cast.log_round = script.tick()


def _call(script: Script, cast: Cast, *arguments: bytes, who: Any = None, **members: Any) -> Txn:
    members = {"apid": cast.application, "apaa": list(arguments), **members}
    return script.transaction("appl", who or cast.alice, **members)


def _calls(script: Script, cast: Cast) -> None:
    alice, bob = cast.alice, cast.bob

    def call(name: str, *arguments: bytes, **members: Any) -> Txn:
        transaction = _call(script, cast, *arguments, **members)
        script.post(name, sign(transaction, alice))
        return transaction

    call("app-err", b"err")
    call("app-assert", b"assert")
    call("app-reject", b"reject")
    call("app-budget", b"loop")
    call("app-box-no-ref", b"box", b"b1")
    call("app-box", b"box", b"b1", apbx=[{"n": b"b1"}])
    call("app-unavailable", b"foreign", (cast.asset - 1).to_bytes(8, "big"))
    call("app-inner-fails", b"innerbad", fee=3000)
    call("app-inner-fee", b"inner", fee=1000)
    inner = call("app-inner", b"inner", fee=2000)
    log = call("app-log", b"log")
    call("app-missing", apid=MISSING)
    call("app-closeout-not-in", apan=2)
    call("app-bad-oncomplete", apan=9)
    bad = _call(script, cast, b"assert")
    members = (script.pay(alice, bob), alice), (bad, alice), (script.pay(bob, alice), bob)
    script.post("group-app-fails", *script.signed_group(*members))
    script.tick()
    script.pending("pending-inner", inner)
    script.pending("pending-logs", log)
    cast.log_round = script.last
    script.get("block-logs", f"/v2/blocks/{cast.log_round}/logs")


def reads(script: Script, cast: Cast) -> None:
    alice, asset, application = cast.alice.address, cast.asset, cast.application
    account, wrong = f"/v2/accounts/{alice}", "A" if alice[-1] != "A" else "E"
    manager = f"/v2/accounts/{cast.manager.address}"
    for name, path, query in (
        ("account", account, {}),
        ("account-msgpack", f"/v2/accounts/{cast.frozen.address}", {"format": "msgpack"}),
        ("account-exclude-all", account, {"exclude": "all"}),
        ("account-exclude-bad", account, {"exclude": "foo"}),
        ("account-never-funded", f"/v2/accounts/{cast.nobody.address}", {}),
        ("account-malformed", "/v2/accounts/ABC", {}),
        ("account-checksum", account[:-1] + wrong, {}),
        ("account-asset", f"{account}/assets/{asset}", {}),
        ("account-asset-404", f"{manager}/assets/{asset}", {}),
        ("account-app-404", f"{manager}/applications/{application}", {}),
        ("account-app", f"/v2/accounts/{cast.bob.address}/applications/{application}", {}),
        ("account-assets", f"{account}/assets", {"limit": 1}),
        ("asset", f"/v2/assets/{asset}", {}),
        ("asset-404", f"/v2/assets/{MISSING}", {}),
        ("asset-bad-id", "/v2/assets/abc", {}),
        ("app", f"/v2/applications/{application}", {}),
        ("app-404", f"/v2/applications/{MISSING}", {}),
        ("app-asset-id", f"/v2/applications/{asset}", {}),
        ("boxes", f"/v2/applications/{application}/boxes", {}),
        ("box", f"/v2/applications/{application}/box", {"name": "str:b1"}),
        ("box-404", f"/v2/applications/{application}/box", {"name": "str:none"}),
        ("box-bad-name", f"/v2/applications/{application}/box", {"name": "b1"}),
        ("box-no-app", f"/v2/applications/{MISSING}/box", {"name": "str:b1"}),
    ):
        script.get(name, path, query=query)


def simulations(script: Script, cast: Cast) -> None:
    alice, bob = cast.alice, cast.bob
    pooled = script.pay(alice, bob, lx=secrets.token_bytes(32), lv=script.look() + 50)
    script.must(sign(pooled, alice))
    rival = sign({**pooled, "note": b"other"}, alice)
    script.simulate("simulate-lease-in-pool", rival)
    script.simulate("simulate-in-pool", sign(pooled, alice))
    script.simulate("simulate-ok", sign(script.pay(alice, bob), alice))
    nobody_signed = {"txn": sign(script.pay(alice, bob), alice)["txn"]}
    script.simulate("simulate-unsigned", nobody_signed)
    script.simulate("simulate-unsigned-allowed", nobody_signed, **{"allow-empty-signatures": True})
    script.simulate("simulate-overspend", sign(script.pay(alice, bob, 10**15), alice))
    members = (script.pay(alice, bob), alice), (_call(script, cast, b"assert"), alice)
    script.simulate("simulate-assert", *script.signed_group(*members))
    script.tick()
    script.simulate("simulate-lease-held", rival)
    script.post("lease-held-real", rival)
    already = sign(script.pay(alice, bob), alice)
    script.must(already)
    script.tick()
    script.simulate("simulate-already", already)
    far = script.pay(alice, bob, fv=script.last + 50, lv=script.last + 90)
    script.simulate("simulate-future", sign(far, alice))
    script.record("simulate-garbage", "POST", "/v2/transactions/simulate", b"\xc1")


def assembling(script: Script) -> None:
    path = "/v2/teal/compile"
    script.record("compile", "POST", path, CLEAR.encode())
    script.record("compile-sourcemap", "POST", path, CLEAR.encode(), query={"sourcemap": "true"})
    script.record("compile-error", "POST", path, b"#pragma version 10\nfoo 1\nint")
    script.record("compile-empty", "POST", path, b"")
