"""Every recorded verdict on certificates from real chains, and what a changed byte does."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.evm.certificate_maker import _trie
from infrastructure.evm.verifier import Refused, SlotFacts, verify
from infrastructure.evm.verifier.certificate import canonical
from infrastructure.evm.verifier.primitives import rlp
from infrastructure.evm.verifier.trie import climb, prove

CASES = json.loads(
    (Path(__file__).parents[1] / "golden/certificates/cases-evm.json").read_text("utf-8")
)
IN_ITS_OWN_BLOCK = "inclusion, ERC-20 in the trusted block itself, index 332 of 338"
BASES = CASES["accepted"] | CASES.get("refused whole", {})
Case = dict[str, Any]


def judge(case: Case, data: bytes | None = None) -> Case:
    slot = case["slot"]
    facts = SlotFacts(
        chain=slot["chain"],
        sender=bytes.fromhex(slot["sender"]),
        nonce=slot["nonce"],
        attempts=frozenset(bytes.fromhex(attempt) for attempt in slot["attempts"]),
    )
    text = data or canonical(case["certificate"])
    return verify(text, facts, bytes.fromhex(case["trusted"]))


def changed(refusal: Case) -> Case:
    case = copy.deepcopy(BASES[refusal["of"]])
    for edit in refusal["edits"]:
        *way, key = edit["at"]
        place = case
        for step in way:
            place = place[step]
        if "set" in edit:
            place[key] = edit["set"]
        elif "from" in edit:
            place[key] = copy.deepcopy(BASES[edit["from"]]["certificate"][key])
        elif "flip" in edit:
            data = bytearray.fromhex(place[key])
            data[edit["flip"]] ^= 1
            place[key] = data.hex()
        elif "drop" in edit:
            del place[key]
        elif "add" in edit:
            place[key].append(edit["add"])
    return case


def other_spellings(case: Case) -> Iterator[bytes]:
    plain = json.dumps(case["certificate"]).encode()
    yield canonical(case["certificate"]) + b"\n"
    yield plain
    yield plain[:-1] + b',"kind":"x"}'


@pytest.mark.parametrize("label", CASES["accepted"])
def test_true_certificates_of_real_chains_verify(label: str) -> None:
    case = CASES["accepted"][label]
    shown = judge(case)
    expected = {key: value for key, value in case["expect"].items() if key in shown}
    assert expected == case["expect"]
    assert {key: shown[key] for key in expected} == expected


@pytest.mark.parametrize("label", CASES["accepted"])
def test_another_spelling_of_the_same_certificate_is_refused(label: str) -> None:
    case = CASES["accepted"][label]
    for text in other_spellings(case):
        with pytest.raises(Refused):
            judge(case, text)


@pytest.mark.parametrize("other", [None, False, 0, "", {}])
@pytest.mark.parametrize("member", ["hop", "blocks"])
def test_nothing_is_spelled_as_an_empty_list(member: str, other: object) -> None:
    case = copy.deepcopy(CASES["accepted"][IN_ITS_OWN_BLOCK])
    assert case["certificate"][member] == []
    case["certificate"][member] = other
    with pytest.raises(Refused):
        judge(case)


@pytest.mark.parametrize("label", CASES.get("refused whole", {}))
def test_a_certificate_that_proves_something_else_is_refused(label: str) -> None:
    with pytest.raises(Refused):
        judge(BASES[label])


@pytest.mark.parametrize("number", range(len(CASES["refused"])))
def test_a_single_change_is_refused(number: int) -> None:
    with pytest.raises(Refused):
        judge(changed(CASES["refused"][number]))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(CASES["accepted"])), st.data())
def test_a_changed_byte_is_refused_and_nothing_else_is_raised(
    label: str, data: st.DataObject
) -> None:
    case = CASES["accepted"][label]
    certificate = bytearray(canonical(case["certificate"]))
    place = data.draw(st.integers(0, len(certificate) - 1))
    certificate[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused):
        judge(case, bytes(certificate))


def test_a_hop_is_to_one_block_alone() -> None:
    case = copy.deepcopy(CASES["accepted"]["inclusion, block of 144"])
    case["certificate"]["blocks"] *= 2
    with pytest.raises(Refused, match="to one block"):
        judge(case)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 300), st.integers(0, 400), st.integers(1, 40))
def test_a_trie_proves_what_stands_at_an_index_and_that_nothing_does(
    size: int, index: int, length: int
) -> None:
    values = [bytes([at % 251 + 1]) * length for at in range(size)]
    root, store = _trie(values)
    nodes: list[bytes] = []

    def fetch(digest: bytes) -> bytes:
        nodes.append(store[digest])
        return store[digest]

    expected = values[index] if index < size else None
    assert climb(root, rlp(index), fetch) == expected
    assert prove(root, rlp(index), nodes) == expected
    with pytest.raises(Refused):
        prove(root, rlp(index), [*nodes, nodes[-1]])
    with pytest.raises(Refused):
        prove(root, rlp(index), nodes[:-1])
