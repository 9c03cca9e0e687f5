"""Verdicts on certificates from blocks of our own making: what recorded chains do not have."""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from infrastructure.algorand.certificate_maker import (
    burned_lease_certificate,
    dead_slot_certificate,
    dead_slot_certificate_of_leaves,
    inclusion_certificate,
    transfer_certificate,
)
from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.verifier.certificate import canonical
from infrastructure.algorand.verifier.commitments import TREES
from infrastructure.algorand.verifier.primitives import sha512_256
from tests.algorand_blocks import (
    GENESIS,
    Chain,
    Fields,
    creation,
    payment,
    row,
    signed_over,
    spell,
    txid,
)
from tests.algorand_verdicts import Verdict

US, THEM, LEASE, OTHER = b"c" * 32, b"p" * 32, b"L" * 32, b"M" * 32
FIRST, LAST = 3, 8
WINDOW = {"fv": FIRST, "lv": LAST}
GROUP = {"grp": b"g" * 32}
OURS = creation(US, lx=LEASE, **GROUP, **WINDOW)
SLOT = {
    "genesis_hash": GENESIS,
    "sender": US,
    "lease": LEASE,
    "first_round": FIRST,
    "last_valid": LAST,
    "attempts": frozenset({txid(OURS)}),
}
SHOWN = {"asset": 77, "application": None, "round": 5, "hash": txid(OURS).hex()}


def own() -> Iterator[Verdict]:
    yield from standing()
    yield from other_outcomes()
    yield from burned()
    yield from dead()
    yield from hidden()
    yield from streams()
    yield from of_leaves()


def at_round(number: int, *rows: Fields, **header: Any) -> Chain:
    chain = Chain(next_round=number)
    chain.add(*rows, **header)
    return chain


def standing() -> Iterator[Verdict]:
    """A creation that is the second member of a sponsored group."""
    chain = at_round(5, row(payment(**GROUP)), row(OURS, caid=77), row(payment()))
    data = inclusion_certificate(BlockEvidence.of(chain.raw), 1)
    good = Verdict(label="member", data=data, slot=SLOT, trusted=chain.hashes[0], shown=SHOWN)
    yield good
    yield from other_slots(good)
    yield good.but("round before the window", first_round=6)
    yield good.but("not signed by us", attempts=frozenset({txid(payment(**GROUP))}))
    members: dict[str, Any] = json.loads(data)
    for label, wrong in {
        "transfer": {"kind": "finalized-transfer"},
        "burned": {"kind": "burned-lease"},
        "dead": {"kind": "dead-slot"},
        "no kind": {"kind": "light-header"},
        "kinds": {"kind": ["finalized-inclusion"]},
        "family": {"chain": "evm"},
        "more": {"note": ""},
        "no headers": {"headers": []},
        "a tree that is not there": {"tree": "txn512"},
        "index of a neighbour": {"index": 0},
        "index below": {"index": -1},
        "index as truth": {"index": True},
        "index in words": {"index": "1"},
        "index beyond": {"index": 5},
        "capitals": {"stib": members["stib"].upper()},
        "spaces": {"stib": members["stib"] + " "},
        "signed by another name": {"transaction": signed_over(payment(**GROUP)).hex()},
        "half a digest": {"path": [members["path"][0][:-2], *members["path"][1:]]},
        "a digest more": {"path": [*members["path"], "00" * 32]},
    }.items():
        yield good.but(label, data=canonical(members | wrong))
    yield good.but("no index", data=canonical({k: v for k, v in members.items() if k != "index"}))
    for text in (b"", b"[]", b"1", b'"chain"', b"{}", b"\xff", b"[" * 100_000):
        yield good.but(f"{text[:9]!r}", data=text)
    late = at_round(LAST + 1, row(OURS, caid=77))
    data = inclusion_certificate(BlockEvidence.of(late.raw), 0)
    yield replace(good, data=data, trusted=late.hashes[0]).but("after the window")


def other_slots(good: Verdict) -> Iterator[Verdict]:
    yield good.but("another hash", trusted=b"h" * 32)
    yield good.but("another network", genesis_hash=b"H" * 32)
    yield good.but("another sender", sender=THEM)
    yield good.but("another lease", lease=OTHER)
    yield good.but("no lease", lease=bytes(32))
    yield good.but("another end", last_valid=LAST + 1)
    yield good.but("an earlier end", last_valid=LAST - 1)
    yield good.but("nothing signed", attempts=frozenset())


def judged(kind: str, one: Fields, shown: Fields | None, **slot: Any) -> Verdict:
    """Return a verdict on the one row of a block, which is one of our attempts if need be."""
    chain = at_round(5, one)
    make = {
        "inclusion": inclusion_certificate,
        "transfer": transfer_certificate,
        "burned": burned_lease_certificate,
    }[kind]
    return Verdict(
        label=f"{kind} of {one['txn']['type']} {sorted(one)}",
        data=make(BlockEvidence.of(chain.raw), 0),
        slot=SLOT | {"attempts": frozenset({txid(one["txn"], named="hgi" in one)})} | slot,
        trusted=chain.hashes[0],
        shown=shown,
    )


LEASED = {"lx": LEASE, **WINDOW}


def other_outcomes() -> Iterator[Verdict]:
    program = {"type": "appl", "apap": b"\x0a", "apsu": b"\x0a", "amt": 0}
    yield judged("inclusion", row(OURS, caid=77, hgi=True), {"asset": 77})
    alone = judged("inclusion", row(OURS, caid=77), {"asset": 77})
    no_path: dict[str, Any] = json.loads(alone.data) | {"path": {}}
    yield alone.but("an object for no path", data=canonical(no_path))
    yield judged("inclusion", row(payment(US, **LEASED | program), apid=9), {"application": 9})
    yield judged("transfer", row(payment(US, **LEASED)), {"asset": None, "application": None})
    yield judged("transfer", row(payment(US, **LEASED | {"type": "appl"} | {"apid": 9})), {})
    yield judged("inclusion", row(payment(US, **LEASED)), None)
    yield judged("inclusion", row(OURS), None)
    yield judged("inclusion", row(OURS | {"caid": 77}, caid=77), None)
    yield judged("inclusion", row(payment(US, **LEASED), caid=77), None)
    yield judged("inclusion", row(OURS, caid=0), None)
    yield judged("inclusion", row(OURS, caid=b"77"), None)
    yield judged("inclusion", row(OURS | {"lv": 9}, caid=77), None)
    yield judged("transfer", row(payment(US, **LEASED)), None, attempts=frozenset())
    for label, one in {
        "gh inside": row(OURS | {"gh": GENESIS}, caid=77),
        "gen inside": row(OURS | {"gen": "test-v1"}, caid=77),
        "hgh": row(OURS, caid=77, hgh=True),
        "hgi denied": row(OURS, caid=77, hgi=False),
        "hgi counted": row(OURS, caid=77, hgi=1),
    }.items():
        genesis = {"gh": GENESIS} | ({"gen": "test-v1"} if "hgi" in one else {})
        transaction = spell(one["txn"] | genesis)
        chain = at_round(5, row(OURS), txn=TREES["txn"].leaf(transaction, spell(one)))
        header = json.loads(inclusion_certificate(BlockEvidence.of(chain.raw), 0))["headers"]
        certificate = {
            "chain": "algorand",
            "kind": "finalized-inclusion",
            "headers": header,
            "tree": "txn",
            "index": 0,
            "path": [],
            "stib": spell(one).hex(),
            "transaction": transaction.hex(),
        }
        ours = frozenset({sha512_256(b"TX" + transaction)})
        yield Verdict(
            label=label,
            data=canonical(certificate),
            slot=SLOT | {"attempts": ours},
            trusted=chain.hashes[0],
            shown=None,
        )


def burned() -> Iterator[Verdict]:
    cancel = payment(US, **LEASED)
    shown = {"by": txid(cancel).hex(), "round": 5}
    good = judged("burned", row(cancel), shown, attempts=SLOT["attempts"])
    yield good
    yield from (one for one in other_slots(good) if "nothing signed" not in one.label)
    call = payment(US, type="appl", **LEASED)
    yield judged("burned", row(call, dt={"itx": [{"txn": payment()}]}), {}, attempts=frozenset())
    inner: Fields = {"txn": creation(), "caid": 7}
    made = {"txn": payment(type="appl"), "apid": 7}
    for one in (
        row(OURS, caid=7),
        row(call, apid=7),
        row(call, dt={"itx": [inner]}),
        row(call, dt={"itx": [{"txn": payment()}, inner]}),
        row(call, dt={"itx": [{"txn": payment(type="appl"), "dt": {"itx": [made]}}]}),
    ):
        yield judged("burned", one, None, attempts=frozenset())
    yield judged("burned", row(cancel), None, attempts=frozenset({txid(cancel)}))


ROUNDS: list[list[Fields]] = [
    [],
    [row(payment(US)), row(payment(THEM, lx=LEASE)), row(payment(US, lx=OTHER), hgi=True)],
    [],
    [row(payment())],
    [row(creation(US), caid=3), row(payment(US, lv=9))],
    [],
]


def window(rounds: list[list[Fields]] | None = None, first: int = FIRST, **header: Any) -> Chain:
    """Return a slot's rounds; the header's changes are of the fourth."""
    chain = Chain(next_round=first)
    for at, rows in enumerate(ROUNDS if rounds is None else rounds):
        chain.add(*rows, **(header if at == 3 else {}))
    return chain


def absence(chain: Chain, *, shown: bool = False, blocks: list[bytes] | None = None) -> Verdict:
    raw = chain.raw if blocks is None else blocks
    return Verdict(
        label="dead",
        data=dead_slot_certificate(BlockEvidence.of(raw)),
        slot=SLOT,
        trusted=chain.hashes[-1],
        shown={"rounds": [FIRST, LAST], "lease": LEASE.hex()} if shown else None,
    )


def dead() -> Iterator[Verdict]:
    chain = window()
    good = absence(chain, shown=True)
    yield good
    yield replace(good, slot=SLOT | {"attempts": frozenset()})
    yield good.but("another hash", trusted=chain.hashes[-2])
    yield good.but("another network", genesis_hash=b"H" * 32)
    for label, slot in {
        "a round earlier": {"first_round": FIRST - 1},
        "a round later": {"first_round": FIRST + 1},
        "a longer window": {"last_valid": LAST + 1},
        "a shorter window": {"last_valid": LAST - 1},
        "no window": {"first_round": LAST + 1},
        "a lease that was used": {"lease": OTHER},
        "a sender who used it": {"sender": THEM},
        "no lease": {"lease": bytes(32)},
        "an attempt that landed": {"attempts": frozenset({txid(payment())})},
    }.items():
        yield good.but(label, **slot)
    for label, blocks in {
        "first round missing": chain.raw[1:],
        "last round missing": chain.raw[:-1],
        "round missing": chain.raw[:2] + chain.raw[3:],
        "empty round twice": chain.raw[:1] + chain.raw,
        "other order": [chain.raw[0], *chain.raw[:0:-1]],
        "rounds of two chains": window(first=FIRST, ts=1).raw[:4] + chain.raw[4:],
        "nothing": [],
        "no block": [*chain.raw[:-1], b"\x07"],
        "cut": [*chain.raw[:-1], chain.raw[-1][:-1]],
    }.items():
        yield absence(chain, blocks=blocks).but(label)
    for label, used in {
        "by us": row(OURS, caid=77),
        "by us with another end": row(payment(US, lx=LEASE, lv=50)),
        "by us with a name": row(payment(US, lx=LEASE), hgi=True),
    }.items():
        yield absence(window([*ROUNDS[:3], [row(payment()), used], *ROUNDS[4:]])).but(label)
    yield absence(window(rnd=9)).but("a round of another number")
    quiet = [*ROUNDS[:3], [], *ROUNDS[4:]]
    yield absence(window(quiet, gh=b"H" * 32)).but("a round of another network")


def hidden() -> Iterator[Verdict]:
    """Blocks whose rows are not those that the header commits to."""
    chain = window()
    block = chain.raw[1]
    first, second, third = (spell(one) for one in ROUNDS[1])
    swapped = block.replace(first + second, second + first)
    fewer = block.replace(b"\x93" + first + second, b"\x92" + first)
    longer = block.replace(b"\x93" + first, b"\xdc\x00\x03" + first)
    empty = spell_without(block, b"\x93" + first + second + third)
    for label, forged in {
        "order": swapped,
        "one less": fewer,
        "one twice": block.replace(b"\x93" + first, b"\x94" + first + first),
        "another amount": block.replace(b"amt\x05", b"amt\x06"),
        "another signature": block.replace(b"s" * 64, b"t" * 64),
        "a longer form": longer,
        "none": empty,
        "an empty list": block.replace(b"\x93" + first + second + third, b"\x90"),
        "a nameless one": block.replace(b"\xa3hgi\xc3", b"\xa3hgi\xc2"),
    }.items():
        assert forged != block, label
        yield absence(chain, blocks=[chain.raw[0], forged, *chain.raw[2:]]).but(label)
    quiet_round = chain.raw[0]
    spelled = b"\xde\x00" + bytes([quiet_round[0] & 15]) + quiet_round[1:]
    listed = bytes([quiet_round[0] + 1]) + quiet_round[1:] + b"\xa4txns\x90"
    for label, forged in {"map in a longer form": spelled, "nothing, as a list": listed}.items():
        yield absence(chain, blocks=[forged, *chain.raw[1:]]).but(label)
    unseen = TREES["txn256"].leaf(signed_over(OURS), spell(row(OURS)))
    quiet = [*ROUNDS[:3], [], *ROUNDS[4:]]
    yield absence(window(quiet, txn256=unseen)).but("a commitment to hidden rows")
    yield absence(window(quiet, txn=sha512_256(b"rows"))).but("rows withheld")


def spell_without(block: bytes, rows: bytes) -> bytes:
    """Take the rows away, as if the round were empty."""
    cut = block.replace(b"\xa4txns" + rows, b"")
    return bytes([cut[0] - 1]) + cut[1:]


def streams() -> Iterator[Verdict]:
    chain = window()
    good = absence(chain, shown=True)
    data = b"".join(chain.raw)
    packed = zlib.compress(data, 9)
    for label, stream in {
        "another level": zlib.compress(data, 1),
        "no compression": data,
        "a byte more": packed + b"\0",
        "a byte less": packed[:-1],
        "a second stream": packed + zlib.compress(b"", 9),
        "another sum": packed[:-1] + bytes([packed[-1] ^ 1]),
        "the last round twice": zlib.compress(data + chain.raw[-1], 9),
    }.items():
        spelled = b64encode(stream).decode()
        certificate = {"chain": "algorand", "kind": "dead-slot", "blocks": spelled}
        yield good.but(label, data=canonical(certificate))
    text = b64encode(packed).decode()
    for label, spelled in {"a line": text[:4] + "\n" + text[4:], "padding": text + "===="}.items():
        certificate = {"chain": "algorand", "kind": "dead-slot", "blocks": spelled}
        yield good.but(label, data=canonical(certificate))
    yield _loose_bits()
    both = json.loads(good.data) | json.loads(_leaves(chain))
    yield good.but("both forms", data=canonical(both))


def _loose_bits() -> Verdict:
    """Base64 whose last letter has a bit that says nothing."""
    for size in range(9):
        good = absence(window(extra=b"x" * size))
        text = json.loads(good.data)["blocks"]
        if text.endswith("="):
            at = len(text.rstrip("=")) - 1
            spelled = text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :]
            members = {"chain": "algorand", "kind": "dead-slot", "blocks": spelled}
            return good.but("a loose bit", data=canonical(members))
    raise AssertionError


def _leaves(chain: Chain) -> bytes:
    return dead_slot_certificate_of_leaves(BlockEvidence.of(chain.raw))


def of_leaves() -> Iterator[Verdict]:
    chain = window()
    shown = {"rounds": [FIRST, LAST]}
    good = replace(absence(chain), data=_leaves(chain), shown=shown)
    yield good
    yield good.but("nothing signed", attempts=frozenset())
    yield good.but("an attempt that landed", attempts=frozenset({txid(payment())}))
    yield good.but("a longer window", last_valid=LAST + 1)
    yield good.but("another network", genesis_hash=b"H" * 32)
    members = json.loads(good.data)
    fewer = members | {"leaves": members["leaves"][:-1]}
    yield good.but("a round without leaves", data=canonical(fewer))
