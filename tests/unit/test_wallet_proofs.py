"""Who signs in with a wallet is who may sign for its account now, and nothing else proves it."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import msgpack
import pytest
from algosdk import encoding
from hypothesis import given
from hypothesis import strategies as st

from application.wallet_proofs import InvalidProof, WalletProof
from domain.values import Family, NetworkRef
from infrastructure.algorand.wallet_proofs import DraftArc14
from tests.algod_forge import ABSENT, Key, Txn, clean, encoded, grouped, sign
from tests.wallet_hands import (
    GENESIS,
    HEAD,
    NETWORK,
    NEW,
    NONCE,
    NOTE,
    SECOND,
    SHARED,
    SINGLE,
    STRANGER,
    THIRD,
    TOGETHER,
    WALLET,
    ScriptedAlgod,
    address_of,
    alike,
    as_spelled,
    by_hand,
    by_hand_as,
    multisig,
    proofs,
    proven,
    refused,
    signed_by,
    signed_together,
    unsigned,
)

OTHER = NetworkRef(id="other", family=Family.ALGORAND, genesis_hash=b"O" * 32)


def rekeyed(to: str) -> DraftArc14:
    return proofs(ScriptedAlgod(authority=to))


# ---- who signs in


def test_the_note_names_the_realm_the_draft_and_the_nonce() -> None:
    assert proofs().note(NONCE) == NOTE


def test_one_key_signs_in_also_for_an_account_that_is_not_there_yet() -> None:
    assert proven(proofs(), SINGLE) == WalletProof(
        address=WALLET.public,
        network=NETWORK,
        nonce=NONCE,
        first_valid=HEAD,
        last_valid=HEAD + 100,
        kind="single",
    )


def test_two_of_three_sign_in_as_their_multisig() -> None:
    found = proven(proofs(), TOGETHER)
    assert (found.kind, found.address) == ("multisig", encoding.decode_address(address_of(SHARED)))


def test_a_rekeyed_account_signs_in_with_its_new_key_alone() -> None:
    checks = rekeyed(NEW.address)
    found = proven(checks, signed_by(unsigned(), NEW))
    assert (found.kind, found.address) == ("rekeyed", WALLET.public)
    assert "may sign" in refused(checks, SINGLE)
    assert "may sign" in refused(checks, signed_by(unsigned(), STRANGER))


def test_an_account_rekeyed_to_a_multisig_signs_in_with_enough_of_its_keys() -> None:
    checks = rekeyed(address_of(SHARED))
    signed = signed_together(unsigned(STRANGER.address), SHARED, [SECOND, THIRD])
    found = proven(checks, signed)
    assert (found.kind, found.address) == ("rekeyed", STRANGER.public)
    assert "may sign" in refused(checks, signed_by(unsigned(STRANGER.address), STRANGER))
    assert "may sign" in refused(proofs(), signed)


def test_a_multisig_that_was_rekeyed_signs_in_no_more() -> None:
    checks = rekeyed(NEW.address)
    assert "may sign" in refused(checks, TOGETHER)
    assert proven(checks, signed_by(unsigned(address_of(SHARED)), NEW)).kind == "rekeyed"


def test_a_key_that_was_never_named_signs_for_no_one() -> None:
    assert "may sign" in refused(proofs(), signed_by(unsigned(), STRANGER))


@pytest.mark.parametrize(
    "over",
    [
        {"fee": ABSENT},
        {"fee": 2**64 - 1},
        {"gen": "any name"},
        {"fv": HEAD - 900, "lv": HEAD},
        {"fv": HEAD, "lv": HEAD + 1000},
        {"fv": HEAD + 50, "lv": HEAD + 50},
    ],
    ids=["no fee", "any fee", "any genesis id", "last round", "longest", "one round"],
)
def test_what_is_not_looked_at_and_what_is_just_good(over: dict[str, Any]) -> None:
    assert proven(proofs(), by_hand(**over)).kind == "single"


# ---- one rule broken at a time, under a signature that holds

ZERO = bytes(32)


def unnamed() -> bytes:
    return encoded(sign(alike(), NEW, sgnr=ABSENT))


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "another type": (lambda: by_hand(type="axfer"), "not a payment"),
    "no type": (lambda: by_hand(type=ABSENT), "not a payment"),
    "another receiver": (lambda: by_hand(rcv=SECOND.public), "another than its sender"),
    "no receiver": (lambda: by_hand(rcv=ABSENT), "another than its sender"),
    "no sender": (lambda: encoded(sign(alike(snd=ZERO) | {"snd": ZERO}, WALLET)), "zero"),
    "sender left out": (
        lambda: encoded({"sig": WALLET.signature(t := clean(alike(snd=ABSENT))), "txn": t}),
        "no sender",
    ),
    "an amount": (lambda: by_hand(amt=1), "moves coins"),
    "a zero amount that is written": (lambda: as_spelled(alike(amt=0)), "moves coins"),
    "a close": (lambda: by_hand(close=SECOND.public), "closes"),
    "a rekey": (lambda: by_hand(rekey=SECOND.public), "another key"),
    "a group": (lambda: encoded(sign(grouped([alike()])[0], WALLET)), "group"),
    "a lease": (lambda: by_hand(lx=b"L" * 32), "lease"),
    "an unknown member": (lambda: by_hand(new=1), "does not have"),
    "a member of another type": (lambda: by_hand(xaid=7), "does not have"),
    "another note": (lambda: by_hand(note=NOTE + b"="), "note"),
    "a shorter note": (lambda: by_hand(note=NOTE[:-1]), "note"),
    "the draft's own note": (lambda: by_hand(note=NOTE.partition(b":")[0]), "note"),
    "another realm": (lambda: by_hand(note=b"x" + NOTE), "note"),
    "no note": (lambda: by_hand(note=ABSENT), "lacks"),
    "a note as text": (lambda: by_hand(note=NOTE.decode()), "spelling"),
    "another network": (lambda: by_hand(gh=OTHER.genesis_hash), "another network"),
    "no network": (lambda: by_hand(gh=ABSENT), "lacks"),
    "a short hash": (lambda: by_hand(gh=GENESIS[1:]), "length"),
    "over": (lambda: by_hand(fv=HEAD - 100, lv=HEAD - 1), "over"),
    "no last round": (lambda: by_hand(fv=ABSENT, lv=ABSENT), "over"),
    "too far ahead": (lambda: by_hand(fv=HEAD + 8, lv=HEAD + 1008), "too far ahead"),
    "too long": (lambda: by_hand(fv=HEAD - 1, lv=HEAD + 1000), "rounds"),
    "turned round": (lambda: by_hand(fv=HEAD + 2, lv=HEAD + 1), "rounds"),
    "a negative round": (lambda: by_hand(fv=-1), "MessagePack"),
    "a fee that is written as zero": (lambda: as_spelled(alike(fee=0)), "zero"),
    "no signature": (lambda: by_hand_as(sig=ABSENT), "one signature"),
    "two signatures": (lambda: by_hand_as(msig=told()), "one signature"),
    "a program": (lambda: by_hand_as(sig=ABSENT, lsig={"l": b"\x01"}), "program"),
    "an unknown member outside": (lambda: by_hand_as(more=1), "signed transaction"),
    "its own signer": (lambda: by_hand_as(sgnr=WALLET.public), "again"),
    "a signer of zeros": (lambda: by_hand_as(sgnr=ZERO), "zero"),
    "another signer": (lambda: by_hand_as(sgnr=SECOND.public), "hold"),
    "a new key without its name": (unnamed, "hold"),
    "a short signature": (lambda: by_hand_as(sig=b"s" * 63), "length"),
    "a signature of zeros": (lambda: by_hand_as(sig=bytes(64)), "zero"),
    "no transaction": (lambda: encoded({"sig": b"s" * 64}), "signed transaction"),
    "no map": (lambda: encoded([1]), "canonical"),
    "nothing": (lambda: b"", "MessagePack"),
    "two proofs": (lambda: SINGLE + SINGLE, "canonical"),
    "a byte after it": (lambda: SINGLE + b"\x00", "canonical"),
    "a byte too few": (lambda: SINGLE[:-1], "MessagePack"),
    "too large": (lambda: by_hand(gen="g" * 5000), "4096 bytes"),
    "a million brackets": (lambda: b"\x91" * 1_000_000, "4096 bytes"),
    "brackets": (lambda: b"\x81\xa3txn" + b"\x91" * 4000, "MessagePack"),
    "a map of 2^32": (lambda: b"\xdf\xff\xff\xff\xff", "MessagePack"),
}


def told(threshold: int = 2, keys: Sequence[Key] = (WALLET, SECOND, THIRD)) -> Txn:
    return {"subsig": [{"pk": key.public} for key in keys], "thr": threshold, "v": 1}


@pytest.mark.parametrize("broken", BROKEN)
def test_one_broken_rule_is_enough(broken: str) -> None:
    make, why = BROKEN[broken]
    node = ScriptedAlgod()
    assert why in refused(proofs(node), make())
    if why not in {"over", "too far ahead"}:
        assert node.asked == [], "rubbish costs a node nothing"


def test_only_the_one_spelling_is_read() -> None:
    whole = msgpack.unpackb(SINGLE)
    whole["txn"] = dict(reversed(whole["txn"].items()))
    assert "canonical" in refused(proofs(), encoded(whole))
    for short, long in (
        (b"\xa3sig", b"\xd9\x03sig"),
        (b"\xa3txn", b"\xd9\x03txn"),
        (b"\x82\xa3sig", b"\xde\x00\x02\xa3sig"),
        (b"\xc4\x40", b"\xc5\x00\x40"),
    ):
        assert SINGLE.count(short) == 1
        refused(proofs(), SINGLE.replace(short, long))


@pytest.mark.parametrize(
    ("short", "long", "why"),
    [
        (b"\xa2fv\xcd\x13\x88", b"\xa2fv\xce\x00\x00\x13\x88", "shorter"),
        (b"\xc4\x20" + GENESIS, b"\xc5\x00\x20" + GENESIS, "spelling"),
        (b"\xc4\x20" + GENESIS, b"\xd9\x20" + GENESIS, "spelling"),
        (b"\xa3pay", b"\xd9\x03pay", "spelling"),
        (b"\xa3pay", b"\xc4\x03pay", "spelling"),
        (b"\xa3net", b"\xc4\x03net", "spelling"),
        (b"\xa3net", b"\xda\x00\x03net", "spelling"),
        (b"\xa3net", b"\xa0", "spelling"),
        (b"\xa3net", b"\x07", "expected"),
        (b"\xa4note", b"\xd9\x04note", "canonical"),
    ],
)
def test_another_spelling_is_refused_also_where_it_is_signed(
    short: bytes, long: bytes, why: str
) -> None:
    inner = encoded(clean(alike(gen="net")))
    assert inner.count(short) == 1
    assert proven(proofs(), signed_as_it_is(inner)).kind == "single"
    assert why in refused(proofs(), signed_as_it_is(inner.replace(short, long)))


def signed_as_it_is(inner: bytes) -> bytes:
    signature = WALLET._signer.sign(b"TX" + inner).signature
    return b"\x82\xa3sig\xc4\x40" + signature + b"\xa3txn" + inner


@pytest.mark.parametrize("size", [1, 31, 32, 255])
def test_names_of_every_length_are_read(size: int) -> None:
    assert proven(proofs(), by_hand(gen="g" * size)).kind == "single"


def test_notes_and_proofs_are_read_up_to_their_largest_size() -> None:
    checks = proofs()
    for size in (255, 256, 1024):
        once = bytes((size - len(NOTE.partition(b":")[0]) - 1) * 3 // 4)
        assert len(checks.note(once)) == size
        assert checks.check(NETWORK, by_hand(note=checks.note(once)), once)
    with pytest.raises(ValueError, match="1024 bytes"):
        checks.note(once + b"1")
    assert checks.note(NONCE[:16])
    largest = filled_up_to(4096)
    assert "bytes" not in refused(checks, largest)
    assert "4096 bytes" in refused(checks, filled_up_to(4097))


def filled_up_to(size: int) -> bytes:
    """A multisig whose members fill it."""
    raw = encoded({"msig": {"subsig": [{"pk": b"k" * 32}] * 90, "thr": 1, "v": 1}, "txn": alike()})
    return raw + bytes(size - len(raw))


def test_a_proof_is_bound_to_its_nonce_and_its_network() -> None:
    checks = proofs()
    with pytest.raises(InvalidProof, match="note"):
        checks.check(NETWORK, SINGLE, NONCE[::-1])
    with pytest.raises(InvalidProof, match="this network"):
        checks.check(OTHER, SINGLE, NONCE)
    for nonce in (b"", NONCE[:15], bytes(1000)):
        with pytest.raises(ValueError, match="bytes"):
            checks.check(NETWORK, SINGLE, nonce)


def test_no_refusal_repeats_what_was_sent() -> None:
    for make, _ in BROKEN.values():
        reason = refused(proofs(), make())
        assert "\\x" not in reason
        assert reason.isascii()
        assert len(reason) < 80


# ---- multisigs


def members(threshold: int, *given: tuple[Key, bool]) -> bytes:
    """Sign for the multisig of these keys, with those that are to sign."""
    address = address_of(multisig([key for key, _ in given], threshold))
    public = encoding.decode_address(address)
    whole = clean(alike(snd=public, rcv=public))
    entries = [
        {"pk": key.public, **({"s": key.signature(whole)} if signs else {})} for key, signs in given
    ]
    return encoded({"msig": {"subsig": entries, "thr": threshold, "v": 1}, "txn": whole})


def with_msig(**over: Any) -> bytes:
    whole = msgpack.unpackb(TOGETHER)
    whole["msig"] |= over
    return encoded({**whole, "msig": {k: v for k, v in whole["msig"].items() if v is not ABSENT}})


def test_a_key_that_stands_twice_counts_twice_as_on_chain() -> None:
    assert proven(proofs(), members(2, (WALLET, True), (WALLET, True))).kind == "multisig"
    assert "hold" in refused(proofs(), members(2, (WALLET, True), (WALLET, False)))


def test_more_than_enough_is_enough_and_too_few_are_not() -> None:
    three = [(WALLET, True), (SECOND, True), (THIRD, True)]
    assert proven(proofs(), members(2, *three)).kind == "multisig"
    assert "hold" in refused(proofs(), members(2, (WALLET, True), (SECOND, False), (THIRD, False)))


def test_one_bad_signature_spoils_a_multisig() -> None:
    entries = msgpack.unpackb(TOGETHER)["msig"]["subsig"]
    entries[1]["s"] = entries[0]["s"]
    assert "hold" in refused(proofs(), with_msig(subsig=entries))


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"v": 2}, "version"),
        ({"v": 0}, "zero"),
        ({"v": ABSENT}, "whole"),
        ({"thr": 1}, "hold"),
        ({"thr": 3}, "hold"),
        ({"thr": 4}, "never"),
        ({"thr": 256}, "never"),
        ({"thr": ABSENT}, "whole"),
        ({"subsig": []}, "never"),
        ({"subsig": [{"pk": WALLET.public}]}, "never"),
        ({"subsig": [{"pk": b"short"}, {}, {}]}, "length"),
        ({"subsig": [{"s": b"s" * 64}] * 3}, "whole"),
        ({"subsig": [{"more": 1, "pk": WALLET.public}] * 3}, "whole"),
        ({"subsig": {"pk": WALLET.public}}, "canonical"),
        ({"zz": 1}, "whole"),
    ],
)
def test_a_multisig_is_whole_and_its_sender_is_its_address(over: dict[str, Any], why: str) -> None:
    assert why in refused(proofs(), with_msig(**over))


def test_members_in_another_order_are_another_account() -> None:
    entries = msgpack.unpackb(TOGETHER)["msig"]["subsig"]
    assert "hold" in refused(proofs(), with_msig(subsig=entries[::-1]))


# ---- hostile bytes


@pytest.mark.parametrize("valid", [SINGLE, TOGETHER], ids=["single", "multisig"])
def test_no_bit_can_be_turned(valid: bytes) -> None:
    checks, chance = proofs(), random.Random(14)
    for _ in range(400):
        turned = bytearray(valid)
        turned[chance.randrange(len(valid))] ^= 1 << chance.randrange(8)
        refused(checks, bytes(turned))


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else(garbage: bytes) -> None:
    refused(proofs(), garbage)


LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=70)
NAMES = st.sampled_from(["txn", "sig", "msig", "sgnr", "subsig", "thr", "v", "pk", "s", "snd"])
VALUES = st.recursive(
    LEAVES | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(), inner),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES), st.sampled_from(["txn", "sig", "msig"]), VALUES)
def test_well_formed_garbage_is_refused_and_nothing_else(
    whole: dict[str, Any], name: str, value: Any
) -> None:
    near = {**msgpack.unpackb(TOGETHER), **whole, name: value}
    refused(proofs(), encoded({key: near[key] for key in sorted(near)}))
