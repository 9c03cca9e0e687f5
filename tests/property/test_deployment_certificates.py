"""A certificate with one member removed, added or changed is refused, but for what is listed."""

import copy
import json
import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infrastructure.deployment_certificate.verifier import Refused, check
from infrastructure.deployment_certificate.verifier.form import canonical

GOLDEN = Path(__file__).parents[1] / "golden/deployment-certificates"
FILES = {path.stem: json.loads(path.read_bytes()) for path in sorted(GOLDEN.glob("*.json"))}
SAID = (
    # Where and when the outcome stands in the log, and what it says beside the proofs.
    r"/outcome/(position|time|cause|leftovers(/\d+)?)",
    # Another position before the outcome; whether there is one goes with the sentence on it.
    r"/signerExported",
    # The catalogue's name; EVM proofs name the chain's id and not its genesis.
    r"/network/id",
    r"evm.*/network/genesisHash",
    # That an attempt more was signed.
    r"/proofs/\d+/facts/attempts(/\d+)?",
    # That a slot more was signed, after those of its step or in a step of its own.
    r"/proofs/\d+",
    # Numbers of steps, as long as they are in order. A lease has its step in it.
    r"evm.*/proofs/\d+/step",
    # Nothing at all is proven of what was never signed.
    r"never-signed/(deploymentId|signerAddress|network/(chainId|genesisHash))",
)
"""Members that say what only the log knows: another value may be believed, or is."""
SIMPLE = (None, True, False, 0, 1, -1, 2, 1.5, "", "x", "00", [], {}, 2**64)
Json = Any


def places(value: Json, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every member, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in items:
        yield (*way, name)
        if isinstance(one, dict | list):
            yield from places(one, (*way, name))


WAYS = {name: list(places(document)) for name, document in FILES.items()}


def nearby(value: Json) -> st.SearchStrategy[Json]:
    """Return values that a careful forger would try in the place of one."""
    tries: list[st.SearchStrategy[Json]] = [st.sampled_from(SIMPLE)]
    if type(value) is int:
        tries.append(st.integers(-2, 2).map(lambda by: value + by))
    if isinstance(value, str) and value:
        at = st.integers(0, len(value) - 1)
        letter = st.sampled_from("0123456789abcdefABCDEF-x \n")
        tries.append(
            st.tuples(at, letter).map(lambda one: value[: one[0]] + one[1] + value[one[0] + 1 :])
        )
        tries.append(at.map(lambda end: value[:end]))
        tries.append(st.sampled_from([value.upper(), value.lower(), value + "00", value * 2]))
    if isinstance(value, list) and value:
        tries.append(st.sampled_from([value * 2, value[::-1]]))
    return st.one_of(tries)


def is_said(name: str, way: tuple[Any, ...]) -> bool:
    spelled = name + "".join(f"/{one}" for one in way)
    return any(re.search(f"{pattern}$", spelled) for pattern in SAID)


def same_blocks(before: Json, after: Json, way: tuple[Any, ...]) -> bool:
    """A compressed stream has bits that say nothing."""
    if way[-1] != "blocks" or not isinstance(after, str):
        return False
    return zlib.decompress(b64decode(before)) == zlib.decompress(b64decode(after))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_change_in_one_place_is_refused_or_is_of_what_is_only_said(
    name: str, data: st.DataObject
) -> None:
    document = copy.deepcopy(FILES[name])
    way = data.draw(st.sampled_from(WAYS[name]))
    place = document
    for one in way[:-1]:
        place = place[one]
    before = copy.deepcopy(place[way[-1]])
    deed = data.draw(st.sampled_from(["change", "change", "remove", "add"]))
    if deed == "change":
        place[way[-1]] = data.draw(nearby(before))
    elif deed == "remove":
        del place[way[-1]]
    elif isinstance(place, dict):
        place[data.draw(st.sampled_from(["a", "zz", "Format", way[-1] + "2"]))] = before
    else:
        place.insert(way[-1], before)
    assume(canonical(document) != canonical(FILES[name]))
    try:
        check(canonical(document))
    except Refused:
        return
    after = place[way[-1]] if deed == "change" else None
    assert is_said(name, way) or same_blocks(before, after, way)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_changed_or_missing_byte_raises_nothing_but_a_refusal(
    name: str, data: st.DataObject
) -> None:
    raw = bytearray(canonical(FILES[name]))
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw[at] ^= data.draw(st.integers(1, 255))
    else:
        del raw[at : data.draw(st.integers(at + 1, len(raw)))]
    try:
        check(bytes(raw))
    except Refused:
        return
    assert json.loads(raw) != FILES[name]
