"""Every verdict on Algorand certificates, recorded and ours, and what a changed byte does."""

import ast
import json
import sys
import zlib
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.algorand.blocks import read_block
from infrastructure.algorand.certificate_maker import (
    burned_lease_certificate,
    dead_slot_certificate,
    dead_slot_certificate_of_leaves,
    inclusion_certificate,
    transfer_certificate,
)
from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.verifier import Refused, SlotFacts, verify
from infrastructure.algorand.verifier.certificate import canonical
from infrastructure.algorand.verifier.commitments import TREES
from infrastructure.algorand.verifier.window import LARGEST, unpack
from tests.algorand_blocks import Chain, payment, row
from tests.algorand_own_verdicts import LEASE, SLOT, WINDOW, absence, own, window
from tests.algorand_verdicts import GOLDEN, Verdict, recorded, spellings

VERDICTS = [*recorded(), *own()]
TRUE = [verdict for verdict in VERDICTS if verdict.shown is not None]
BLOCKS = json.loads((GOLDEN / "blocks-algorand.json").read_text("utf-8"))
CREATION = next(block for block in BLOCKS if block["round"] == 257)
VERIFIER = Path(__file__).parents[2] / "infrastructure/algorand/verifier"


def judge(verdict: Verdict, data: bytes | None = None) -> dict[str, object]:
    data = verdict.data if data is None else data
    return verify(data, SlotFacts(**verdict.slot), verdict.trusted)


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.label)
def test_every_verdict_is_right(verdict: Verdict) -> None:
    if verdict.shown is None:
        with pytest.raises(Refused):
            judge(verdict)
    else:
        shown = judge(verdict)
        assert {key: shown[key] for key in verdict.shown} == verdict.shown


def test_all_recorded_verdicts_of_slots_are_among_them() -> None:
    of_slots = list(recorded())
    assert len(of_slots) == 130
    assert len([one for one in of_slots if one.shown]) == 9


@pytest.mark.parametrize("verdict", TRUE, ids=lambda verdict: verdict.label)
def test_another_spelling_of_the_same_certificate_is_refused(verdict: Verdict) -> None:
    for spelled in spellings(verdict):
        with pytest.raises(Refused):
            judge(spelled)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(TRUE), st.data())
def test_a_changed_byte_proves_nothing_else_and_raises_nothing_else(
    verdict: Verdict, data: st.DataObject
) -> None:
    certificate = bytearray(verdict.data)
    place = data.draw(st.integers(0, len(certificate) - 1))
    certificate[place] ^= data.draw(st.integers(1, 255))
    try:
        shown = judge(verdict, bytes(certificate))
    except Refused:
        return
    assert stream_of(bytes(certificate)) == stream_of(verdict.data)
    assert shown == judge(verdict)


def stream_of(certificate: bytes) -> bytes:
    """Only a compressed stream has bits that say nothing."""
    return zlib.decompress(b64decode(json.loads(certificate)["blocks"]))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TRUE), st.data())
def test_a_cut_certificate_is_refused(verdict: Verdict, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(verdict.data) - 1))
    end = data.draw(st.integers(begin + 1, len(verdict.data)))
    with pytest.raises(Refused):
        judge(verdict, verdict.data[:begin] + verdict.data[end:])


def test_the_same_blocks_compressed_otherwise_are_the_same_proof() -> None:
    chain = window()
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(raw) + packer.flush(zlib.Z_SYNC_FLUSH) for raw in chain.raw)
    stream += packer.flush()
    members = {"chain": "algorand", "kind": "dead-slot", "blocks": b64encode(stream).decode()}
    good = absence(chain)
    assert canonical(members) != good.data
    assert judge(good, canonical(members)) == judge(good)


def test_a_stream_is_not_expanded_beyond_what_blocks_can_be() -> None:
    with pytest.raises(Refused, match="ends elsewhere"):
        unpack(zlib.compress(bytes(LARGEST + 1), 9), 1)


@pytest.mark.parametrize("place", range(3))
def test_a_recorded_creation_is_proven_from_its_evidence_alone(place: int) -> None:
    block = read_block(b64decode(CREATION["response"]))
    evidence = BlockEvidence.from_bytes(BlockEvidence.of([block.raw]).to_bytes())
    one = block.rows[place]
    facts = SlotFacts(
        genesis_hash=block.genesis_hash,
        sender=one.sender,
        lease=one.lease or bytes(32),
        first_round=one.first_valid,
        last_valid=one.last_valid,
        attempts=frozenset({one.txid}),
    )
    make = inclusion_certificate if one.created else transfer_certificate
    shown = verify(make(evidence, place), facts, block.hash)
    assert shown == {
        "asset": (1210, None, None)[place],
        "application": None,
        "round": 257,
        "hash": one.txid.hex(),
        "transaction": one.transaction.hex(),
    }


def test_what_inner_transactions_made_is_no_burned_lease() -> None:
    block = read_block(b64decode(next(one["response"] for one in BLOCKS if one["round"] == 266)))
    one = block.rows[0]
    facts = SlotFacts(
        genesis_hash=block.genesis_hash,
        sender=one.sender,
        lease=bytes(32),
        first_round=one.first_valid,
        last_valid=one.last_valid,
        attempts=frozenset(),
    )
    with pytest.raises(Refused, match="it created something"):
        verify(burned_lease_certificate(BlockEvidence.of([block.raw]), 0), facts, block.hash)


def test_certificates_are_made_anew_from_evidence_byte_by_byte() -> None:
    evidence = BlockEvidence.of(window().raw)
    again = BlockEvidence.from_bytes(evidence.to_bytes())
    assert again.blocks == window().raw
    for make in (dead_slot_certificate, dead_slot_certificate_of_leaves):
        assert make(again) == make(evidence)


@pytest.mark.parametrize("make", [inclusion_certificate, burned_lease_certificate])
def test_a_place_outside_of_the_block_has_no_certificate(make: object) -> None:
    assert callable(make)
    chain = Chain()
    chain.add(row(payment()))
    chain.add()
    one, both = BlockEvidence.of(chain.raw[:1]), BlockEvidence.of(chain.raw)
    for evidence, index in ((one, 1), (one, -1), (both, 0)):
        with pytest.raises(Refused):
            make(evidence, index)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=40), st.data())
def test_every_leaf_of_a_tree_climbs_to_its_root_and_nowhere_else(
    rows: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    for tree in TREES.values():
        leaves = [tree.leaf(b"%d" % at, raw) for at, raw in enumerate(rows)]
        root, path = tree.levels(leaves)[-1][0], tree.path(leaves, index)
        for other in range(1 << len(path)):
            assert (tree.climb(leaves[index], other, path) == root) == (other == index)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=5), min_size=6, max_size=6), st.data())
def test_a_slot_is_dead_exactly_if_no_row_of_its_window_used_the_lease(
    rounds: list[list[str]], data: st.DataObject
) -> None:
    us, lease = SLOT["sender"], {"lx": LEASE}
    made = {
        "a": payment(us, **WINDOW),
        "b": payment(b"p" * 32, **lease),
        "c": payment(us, lx=b"M" * 32, grp=b"g" * 32),
        "d": payment(us, **lease),
    }
    names = data.draw(st.sampled_from(["abc", "abcd"]))
    kept = [[one for one in names_ if one in names] for names_ in rounds]
    chain = window([[row(made[one]) for one in names_] for names_ in kept])
    good = absence(chain)
    if any("d" in names_ for names_ in kept):
        with pytest.raises(Refused, match="was used"):
            judge(good)
    else:
        assert judge(good)["rounds"] == [SLOT["first_round"], SLOT["last_valid"]]


@pytest.mark.parametrize("recorded_block", BLOCKS, ids=lambda block: block["round"])
def test_paths_are_those_that_algod_gives(recorded_block: dict[str, Any]) -> None:
    block = read_block(b64decode(recorded_block["response"]))
    proofs = recorded_block["algod proofs"]
    assert len(proofs) == (2 if block.rows else 0)
    for proof in proofs:
        tree = TREES["txn" if proof["hashtype"] == "sha512_256" else "txn256"]
        leaves = [tree.leaf(one.transaction, one.raw) for one in block.rows]
        assert b"".join(tree.path(leaves, proof["idx"])) == b64decode(proof["proof"])
        stib = tree.digest(b"STIB" + block.rows[proof["idx"]].raw)
        assert stib == b64decode(proof["stibhash"])


def test_the_verifier_imports_nothing_else_of_ours() -> None:
    for path in VERIFIER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                top = name.split(".")[0]
                own_ = name.startswith("infrastructure.algorand.verifier")
                assert own_ or top == "Crypto" or top in sys.stdlib_module_names, (path, name)
