"""Every event survives its spelling, and the spelling is canonical to the letter."""

from dataclasses import MISSING, fields
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.event_names import EVENT_TYPES
from domain.events import Event
from domain.log import Draft, SealedPersonal
from domain.streams import StreamId, StreamKind
from domain.values import Actor
from infrastructure.event_log.codec import current_schema, decode_event, encode_event
from infrastructure.event_log.envelope import Sealable, open_envelope
from infrastructure.event_log.json_scalars import BadShape, spell_time
from infrastructure.event_log.json_shapes import camel
from tests.event_strategies import EVENT_TYPES as DOMAIN_TYPES
from tests.event_strategies import events

KINDS = {event_type: StreamKind(name.partition(".")[0]) for name, event_type in EVENT_TYPES.items()}
NAMES = {event_type: name for name, event_type in EVENT_TYPES.items()}


def test_every_event_of_the_domain_has_a_name() -> None:
    assert set(EVENT_TYPES.values()) == set(DOMAIN_TYPES)


@settings(max_examples=400, deadline=None)
@given(events, st.booleans())
def test_an_event_is_read_back_as_it_was_written(event: Event, personal: bool) -> None:
    sealed = SealedPersonal(person=uuid4(), nonce=b"n" * 12, ciphertext=b"c")
    draft = Draft(
        id=uuid4(),
        stream=StreamId(KINDS[type(event)], str(uuid4())),
        event=event,
        actor=Actor("tester"),
        command=uuid4(),
        correlation="c-1",
        cause=uuid4() if personal else None,
        personal=sealed if personal else None,
    )
    time = spell_time(datetime(2026, 1, 1, tzinfo=UTC))
    stored = Sealable.of(draft).seal(7, 3, time)
    recorded = open_envelope(stored)
    assert recorded == Sealable.of(draft).recorded(7, 3, time)
    assert recorded.event == event
    assert (recorded.position, recorded.version, recorded.personal) == (7, 3, draft.personal)
    assert stored == rfc8785.dumps(orjson.loads(stored))


NUMBERS = (0, 1, -1, 1.0, 1.5, 2**53, -(2**53), 2**70)
WORDS = """
    0 1 -1 -0 01 +1 1.0 1_0 \u0661 0x 0x0 0xAB 0X00 0x00 landed Landed evm type tenant/x nothing/x /
    00000000-0000-4000-8000-00000000000A {00000000-0000-4000-8000-000000000000}
"""
TREES: tuple[Any, ...] = ([], {}, [[]], [None], {"type": "nonce"}, {"type": []}, {"type": "lease"})
ODD: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, True, False, "", " 1", "0x 00", "9" * 5000, *NUMBERS, *WORDS.split(), *TREES]
    ),
    st.binary(max_size=33).map(lambda value: "0x" + value.hex()),
    st.uuids().map(str),
    st.integers(),
    st.text("01af\u00e9-", max_size=4),
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place of a JSON value: what it is in, and its key there."""
    keys = value if isinstance(value, dict) else range(len(value))
    found = [(value, key) for key in keys]
    inside = [value[key] for key in keys if isinstance(value[key], dict | list)]
    return found + [place for one in inside for place in places(one)]


@settings(max_examples=1000, deadline=None)
@given(events.filter(fields), st.data())
def test_what_is_odd_is_refused_or_means_exactly_what_it_says(
    event: Event, data: st.DataObject
) -> None:
    name = NAMES[type(event)]
    public = encode_event(name, event)
    inside, key = data.draw(st.sampled_from(places(public)))
    inside[key] = data.draw(ODD)
    try:
        read = decode_event(1, name, current_schema(name), public)
    except BadShape as refused:
        assert f"position 1 holds no whole {name}@" in str(refused)  # noqa: PT017
    else:
        assert orjson.dumps(encode_event(name, read)) == orjson.dumps(public)


@settings(max_examples=200, deadline=None)
@given(events.filter(fields), st.data())
def test_what_lacks_a_member_is_refused_unless_the_member_has_a_default(
    event: Event, data: st.DataObject
) -> None:
    name = NAMES[type(event)]
    public = encode_event(name, event)
    member = data.draw(st.sampled_from(fields(event)))
    spelled = camel(member.name)
    del public[spelled]
    if member.default is MISSING:
        with pytest.raises(BadShape, match=f"lacks {spelled}"):
            decode_event(1, name, current_schema(name), public)
    else:
        assert (
            getattr(decode_event(1, name, current_schema(name), public), member.name)
            == member.default
        )
