"""Every event survives its spelling, and the spelling is canonical to the letter."""

from datetime import UTC, datetime
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
from infrastructure.event_log.codec import decode_event, encode_event
from infrastructure.event_log.envelope import Sealable, open_envelope, spell_time
from infrastructure.event_log.json_shapes import BadShape
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
    assert recorded.event == event
    assert (recorded.position, recorded.version, recorded.personal) == (7, 3, draft.personal)
    assert stored == rfc8785.dumps(orjson.loads(stored))


@settings(max_examples=200, deadline=None)
@given(events, st.data())
def test_a_member_of_another_type_is_refused_not_guessed(event: Event, data: st.DataObject) -> None:
    name = NAMES[type(event)]
    public = encode_event(name, event)
    member = data.draw(st.sampled_from(sorted(public)))
    public[member] = 1.5
    with pytest.raises((BadShape, TypeError)):
        decode_event(1, name, 1, public)
