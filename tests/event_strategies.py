"""Any event, drawn at random: every field from what its type allows."""

import types
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from domain.events import Event
from domain.streams import StreamId, StreamKind
from domain.tokens import AsaFungible, MintableErc20
from domain.values import LARGEST_UINT64, LARGEST_UINT256, BaseUnits, BlockRef, Family, NetworkRef

WORDS = st.text('ab é漢",\n\\\u2028\x00', max_size=12)
HASHES = st.binary(min_size=32, max_size=32)
WHOLE = st.integers(0, 2**53 - 1)
ADDRESSES = st.binary(min_size=20, max_size=20).filter(any)
NETWORKS = st.one_of(
    st.builds(
        NetworkRef,
        id=st.just("one"),
        family=st.just(Family.EVM),
        genesis_hash=HASHES,
        chain_id=WHOLE,
    ),
    st.builds(
        NetworkRef,
        id=st.just("two"),
        family=st.just(Family.ALGORAND),
        genesis_hash=HASHES,
        chain_id=st.none(),
    ),
)
TOKENS = st.builds(
    MintableErc20,
    name=st.text("aé漢", min_size=1, max_size=50),
    symbol=st.text("AÉ", min_size=1, max_size=10),
    decimals=st.integers(0, 18),
    cap=st.integers(2**255, LARGEST_UINT256),
    initial_supply=st.integers(0, 2**255),
    receiver=ADDRESSES,
    owner=ADDRESSES,
)
KEYS = st.none() | HASHES.filter(any)
ASSETS = st.builds(
    AsaFungible,
    name=st.text("aé", min_size=1, max_size=16),
    unit_name=st.text("AÉ", min_size=1, max_size=4),
    decimals=st.integers(0, 19),
    total=st.integers(1, 10) | st.integers(2**53, LARGEST_UINT64),
    manager=KEYS,
    reserve=KEYS,
    clawback=KEYS,
    url=st.none() | st.text("/:é", min_size=1, max_size=48),
    metadata_hash=KEYS,
)
FREEZABLE = st.builds(replace, ASSETS, default_frozen=st.booleans(), freeze=HASHES.filter(any))
STREAMS = st.builds(StreamId, st.sampled_from(StreamKind), st.uuids().map(str))
SPECIAL: dict[Any, st.SearchStrategy[Any]] = {
    BaseUnits: st.integers(0, LARGEST_UINT256),
    MintableErc20: TOKENS,
    AsaFungible: ASSETS | FREEZABLE,
    NetworkRef: NETWORKS,
    StreamId: STREAMS,
    BlockRef: st.builds(BlockRef, number=WHOLE, hash=HASHES),
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    int: WHOLE,
    str: WORDS,
    type(None): st.none(),
}


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a type, as events use types."""
    if hint in SPECIAL:
        return SPECIAL[hint]
    origin = get_origin(hint)
    if origin is Annotated:
        return of(get_args(hint)[0])
    if hasattr(hint, "__supertype__"):
        return of(hint.__supertype__)
    if origin in (Union, types.UnionType):
        return st.one_of([of(option) for option in get_args(hint)])
    if origin is tuple:
        return st.lists(of(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert is_dataclass(hint), hint
    hints = get_type_hints(hint, include_extras=True)
    return st.builds(hint, **{one.name: of(hints[one.name]) for one in fields(hint)})


EVENT_TYPES = get_args(Event)
events = st.one_of([of(event_type) for event_type in EVENT_TYPES])
