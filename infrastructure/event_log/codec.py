"""How events are spelled in the log: schemas and shapes, by name.

A public contract: auditors read these bytes without this code. A published
name is never reused, and a published schema is never edited.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from domain.event_names import EVENT_TYPES
from domain.events import Event
from infrastructure.event_log.json_scalars import BadShape, Decode, Encode
from infrastructure.event_log.json_shapes import decoder, encoder
from infrastructure.event_log.upcasters import UPCASTERS, JsonObject, Upcast


class UnknownEvent(Exception):
    """The log holds an event that this release does not know. It is never skipped."""

    def __init__(self, position: int, name: str, schema: int) -> None:
        super().__init__(f"position {position} holds {name}@{schema}, unknown to this release")
        self.position = position
        self.name = name
        self.schema = schema


def current_schema(name: str, upcasters: Mapping[str, tuple[Upcast, ...]] = UPCASTERS) -> int:
    return len(upcasters.get(name, ())) + 1


def encode_event(name: str, event: Event) -> JsonObject:
    encoded: JsonObject = _encoder(name)(event)
    return encoded


def decode_event(
    position: int,
    name: str,
    schema: int,
    public: JsonObject,
    upcasters: Mapping[str, tuple[Upcast, ...]] = UPCASTERS,
) -> Any:
    """Return the event, brought to the current schema.

    Raises:
        UnknownEvent: the name is not known, or the schema comes from a later release.
        BadShape: the stored value has not the shape of its schema.
    """
    known = name in EVENT_TYPES and type(schema) is int
    if not known or not 1 <= schema <= current_schema(name, upcasters):
        raise UnknownEvent(position, name, schema)
    try:
        for upcast in upcasters.get(name, ())[schema - 1 :]:
            public = upcast(public)
        return _decoder(name)(public)
    except (ValueError, TypeError, LookupError) as error:
        raise BadShape(f"position {position} holds no whole {name}@{schema}: {error}") from error


@cache
def _encoder(name: str) -> Encode:
    return encoder(EVENT_TYPES[name])


@cache
def _decoder(name: str) -> Decode:
    return decoder(EVENT_TYPES[name])
