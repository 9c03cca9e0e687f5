"""The recorded scenes of posting: bodies, signatures, money, windows, leases, groups."""

import base64
import secrets
from dataclasses import dataclass, field

from tests.algod_forge import ABSENT, Key, Txn, clean, encoded, grouped, sign
from tests.algod_script import Script

ALGO = 1_000_000


@dataclass
class Cast:
    """Who takes part, and what they leave behind for later scenes."""

    alice: Key = field(default_factory=Key)
    bob: Key = field(default_factory=Key)
    poor: Key = field(default_factory=Key)
    nobody: Key = field(default_factory=Key)
    rekeyed: Key = field(default_factory=Key)
    other: Key = field(default_factory=Key)
    manager: Key = field(default_factory=Key)
    frozen: Key = field(default_factory=Key)
    held: Txn = field(default_factory=dict)
    """The holder of a lease, and one without a lease of the same window."""
    plain: Txn = field(default_factory=dict)
    lease: bytes = b""
    lease_round: int = 0
    asset: int = 0
    application: int = 0
    log_round: int = 0
    asset_round: int = 0


def fund(script: Script, cast: Cast) -> None:
    amounts = {
        cast.alice: 200 * ALGO,
        cast.bob: 200 * ALGO,
        cast.poor: 300_000,
        cast.rekeyed: 5 * ALGO,
        cast.other: 5 * ALGO,
        cast.manager: 5 * ALGO,
        cast.frozen: 5 * ALGO,
    }
    for who, amount in amounts.items():
        script.must(sign(script.pay(script.funder, who, amount), script.funder))
    script.tick()


def bodies(script: Script, cast: Cast) -> None:
    alice, bob = cast.alice, cast.bob

    def good() -> Txn:
        return sign(script.pay(alice, bob), alice)

    ok = encoded(good())
    script.post_bytes("post-empty", b"")
    script.post_bytes("post-garbage", b"\xc1garbage")
    script.post_bytes("post-json", b'{"txn":{}}', headers={"Content-Type": "application/json"})
    script.post_bytes("post-truncated", ok[: len(ok) // 2])
    script.post_bytes("post-two-second-cut", encoded(good()) + encoded(good())[:60])
    script.post_bytes("post-trailing-byte", encoded(good()) + b"\x81")
    script.post_bytes("post-base64", base64.b64encode(ok))
    script.post_bytes("post-empty-map", b"\x80")
    script.post_bytes("post-12MB", b"\x82" + bytes(12_000_000))
    script.post("post-other-ctype", good())
    script.post_bytes(
        "post-good-text-plain", encoded(good()), headers={"Content-Type": "text/plain"}
    )
    payment = script.pay(alice, bob)
    script.post("unknown-txn-field", sign(payment, alice, txn={**clean(payment), "zzz": 1}))
    script.post("unknown-stxn-field", sign(payment, alice, zzz=1))
    script.post("unknown-type", sign(script.pay(alice, bob, type="foo"), alice))
    script.post("type-missing", sign(script.pay(alice, bob, type=ABSENT), alice))
    backwards = clean(script.pay(alice, bob, amt=5))
    unsorted = {"sig": alice.signature(backwards), "txn": dict(reversed(backwards.items()))}
    script.post("non-canonical-order", unsorted)
    zero = clean(script.pay(alice, bob, amt=0))
    written = dict(sorted({**zero, "amt": 0}.items()))
    script.post("non-canonical-zero", {"sig": alice.signature(zero), "txn": written})
    script.post("wrong-field-for-type", sign(script.pay(alice, bob, xaid=5), alice))
    for size in (31, 33):
        script.post(f"lease-{size}", sign(script.pay(alice, bob, lx=b"x" * size), alice))
    for size in (1024, 1025):
        script.post(f"note-{size}", sign(script.pay(alice, bob, note=b"n" * size), alice))


def signatures(script: Script, cast: Cast) -> None:
    alice, bob = cast.alice, cast.bob
    owner = {"v": 1, "thr": 1, "subsig": [{"pk": alice.public}]}
    for name, over in (
        ("bad-signature", {"sig": secrets.token_bytes(64)}),
        ("zero-signature", {"sig": bytes(64)}),
        ("short-signature", {"sig": secrets.token_bytes(63)}),
        ("unsigned", {"sig": ABSENT}),
        ("two-signatures", {"msig": owner}),
        ("msig-empty", {"sig": ABSENT, "msig": owner}),
        ("sgnr-equals-sender", {"sgnr": alice.public}),
    ):
        script.post(name, sign(script.pay(alice, bob), alice, **over))
    script.post("wrong-key", sign(script.pay(alice, bob), bob, sgnr=ABSENT))
    script.post("wrong-key-sgnr", sign(script.pay(alice, bob), bob))
    lease = script.pay(alice, bob, lx=bytes(32))
    zero = {"sig": alice.signature(dict(sorted(lease.items()))), "txn": dict(sorted(lease.items()))}
    script.post("lease-zero", zero)
    rekey = script.pay(cast.rekeyed, cast.rekeyed, 0, rekey=cast.other.public)
    script.must(sign(rekey, cast.rekeyed))
    script.post("rekeyed-old-key", sign(script.pay(cast.rekeyed, bob), cast.rekeyed))
    script.post("rekeyed-new-key", sign(script.pay(cast.rekeyed, bob), cast.other))


def money(script: Script, cast: Cast) -> None:
    alice, bob, poor, nobody = cast.alice, cast.bob, cast.poor, cast.nobody
    script.post("overspend", sign(script.pay(poor, bob, 10 * ALGO), poor))
    script.post("overspend-fee", sign(script.pay(poor, bob, 0, fee=10 * ALGO), poor))
    script.post("sender-empty", sign(script.pay(nobody, bob), nobody))
    script.post("sender-below-min", sign(script.pay(poor, bob, 250_000), poor))
    script.post("receiver-below-min", sign(script.pay(alice, nobody, 99_999), alice))
    script.post("fee-low", sign(script.pay(alice, bob, fee=999), alice))
    script.post("fee-zero", sign(script.pay(alice, bob, fee=0), alice))
    for name, one, two in (("fee-low-group", 1000, 999), ("fee-pooled-group", 2000, 0)):
        paid, free = script.pay(alice, bob, fee=one), script.pay(bob, alice, fee=two)
        script.post(name, *script.signed_group((paid, alice), (free, bob)))


def windows(script: Script, cast: Cast) -> None:
    alice, last = cast.alice, script.tick(8)

    def window(name: str, first: int, until: int, **members: object) -> None:
        payment = script.pay(alice, cast.bob, fv=first, lv=until, **members)
        script.post(name, sign(payment, alice))

    window("future-fv", last + 7, last + 50)
    window("future-fv-far", last + 10**6, last + 10**6 + 10)
    window("fv-latest-plus-2", last + 2, last + 50)
    window("past-lv", 1, last - 5)
    window("lv-equals-latest", 1, last)
    window("lv-equals-next", 1, last + 1)
    window("fv-equals-next", last + 1, last + 50)
    window("window-1001", last, last + 1001)
    window("window-1000", last, last + 1000)
    window("window-reversed", last + 5, last)
    window("fv-zero", 0, last + 20)
    window("genesis-id", last, last + 50, gen="mainnet-v1.0")
    window("genesis-hash", last, last + 50, gh=b"\x01" * 32)
    window("genesis-hash-missing", last, last + 50, gh=ABSENT)
    window("genesis-id-missing", last, last + 50, gen=ABSENT)
    window("order-dead-vs-fee", 1, last - 5, fee=0)
    window("order-early-vs-fee", last + 9, last + 20, fee=0)
    window("order-genesis-vs-fee", last, last + 50, fee=0, gen="x")


def leases(script: Script, cast: Cast) -> None:
    alice, bob, last = cast.alice, cast.bob, script.tick()
    cast.lease = secrets.token_bytes(32)
    cast.held = held = script.pay(alice, bob, fv=last, lv=last + 8, lx=cast.lease, note=b"holder")
    cast.plain = plain = script.pay(alice, bob, fv=last, lv=last + 8, note=b"plain")

    def rival(name: str, **over: object) -> None:
        script.post(name, sign({**held, "note": name.encode(), **over}, alice))

    script.post("lease-first", sign(held, alice))
    script.pending("pending-in-pool", held)
    script.pending("pending-in-pool-msgpack", held, query={"format": "msgpack"})
    script.post("lease-same-txn-pending", sign(held, alice))
    rival("lease-overlap-pending")
    rival("lease-overlap-pending-lv", lv=last + 5)
    script.post("lease-other-sender", sign(script.pay(bob, alice, lx=cast.lease), bob))
    script.post("dup-first", sign(plain, alice))
    script.post("dup-pending", sign(plain, alice))
    script.post("dup-pending-other-bytes", {"sig": secrets.token_bytes(64), "txn": clean(plain)})
    script.get("pending-list", "/v2/transactions/pending")
    script.get("pending-list-address", f"/v2/accounts/{alice.address}/transactions/pending")
    cast.lease_round = script.tick()
    script.pending("pending-confirmed", held)
    script.pending("pending-confirmed-msgpack", held, query={"format": "msgpack"})
    script.post("dup-confirmed", sign(plain, alice))
    script.post("lease-same-txn-confirmed", sign(held, alice))
    rival("lease-overlap-confirmed")
    rival("lease-overlap-confirmed-lv", lv=last + 30)
    rival("lease-overlap-and-overspend", amt=10**15)
    script.post("order-lease-vs-auth", sign({**held, "note": b"2"}, bob))
    rival("order-lease-vs-fee", fee=0)
    refused = {**held, "note": b"lease-overlap-confirmed"}
    script.pending("pending-unknown", {**held, "note": b"x"})
    script.pending("pending-refused", refused)
    script.get("pending-malformed", "/v2/transactions/pending/abc")
    inside = (script.pay(alice, bob), alice), ({**held, "note": b"3"}, alice)
    script.post("group-lease-held", *script.signed_group(*inside))
    script.post("lease-same-in-group", *script.signed_group((held, alice)))
    twice = script.pay(alice, alice, lx=secrets.token_bytes(32))
    script.post(
        "lease-twice-in-group",
        *script.signed_group((twice, alice), ({**twice, "note": b"zz"}, alice)),
    )
    script.post("order-auth-vs-overspend", sign(script.pay(alice, bob, 2**63), bob))


def dead_leases(script: Script, cast: Cast) -> None:
    """After the last round of the holder's window."""
    alice, bob, held = cast.alice, cast.bob, cast.held
    first, until = held["fv"], held["lv"]
    script.tick(max(0, until - script.look()) + 1)
    script.post("lease-same-txn-dead", sign(held, alice))
    script.post("dup-dead", sign(cast.plain, alice))
    free = script.pay(alice, bob, fv=first, lv=first + 60, lx=cast.lease)
    script.post("lease-free-again", sign(free, alice))
    script.pending("pending-after-lv", held)
    script.post("dup-dead-never", sign(script.pay(alice, bob, fv=first, lv=until), alice))
    close = script.pay(cast.other, alice, 0, close=alice.public)
    script.post("close-account", sign(close, cast.other))
    script.tick()
    script.get("account-closed", f"/v2/accounts/{cast.other.address}")


def groups(script: Script, cast: Cast) -> None:
    alice, bob = cast.alice, cast.bob
    one, two = script.pay(alice, bob), script.pay(bob, alice)
    first, second = grouped([one, two])
    script.post("group-missing", sign(first, alice))
    script.post("group-order", sign(second, bob), sign(first, alice))
    stranger = sign({**second, "grp": b"\x02" * 32}, bob)
    script.post("group-wrong-id", sign(first, alice), stranger)
    script.post("group-no-id", sign(one, alice), sign(two, bob))
    too_much = script.pay(alice, bob, 10**15)
    script.post(
        "group-one-fails", *script.signed_group((one, alice), (too_much, alice), (two, bob))
    )
    bad = sign(second, bob, sig=secrets.token_bytes(64))
    script.post("group-one-bad-sig", sign(first, alice), bad)
    for size in (16, 17):
        many = [(script.pay(alice, bob), alice) for _ in range(size)]
        script.post(f"group-{size}", *script.signed_group(*many))
    script.post("group-of-one", *script.signed_group((script.pay(alice, bob), alice)))
    script.post("order-group-vs-sig", sign(first, alice, sig=secrets.token_bytes(64)))
    long = script.pay(alice, bob, note=b"n" * 1025)
    script.post("order-wellformed-vs-sig", sign(long, alice, sig=secrets.token_bytes(64)))


def again(script: Script, cast: Cast) -> None:
    """Refused now, accepted later: the same bytes."""
    key = Key()
    script.must(sign(script.pay(script.funder, key, ALGO), script.funder))
    last = script.tick()
    later = sign(script.pay(key, cast.bob, 5 * ALGO), key)
    early = sign(script.pay(key, cast.bob, fv=last + 3, lv=last + 60), key)
    script.post("later-refused", later)
    script.post("early-refused", early)
    script.must(sign(script.pay(script.funder, key, 10 * ALGO), script.funder))
    script.tick(2)
    script.post("later-accepted", later, node=1)
    script.post("early-accepted", early)
    script.tick()
