"""How single values are spelled in the log: one spelling each, strict both ways."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from domain.streams import StreamId

Json = Any
Encode = Callable[[Any], Json]
Decode = Callable[[Json], Any]
Value = TypeVar("Value")
LARGEST_EXACT = 2**53 - 1
"""The largest integer that every reader of JSON keeps (RFC 7493)."""


class BadShape(ValueError):
    """A stored value has not the shape of its schema."""


def amount_out(value: int) -> str:
    return str(value)


def amount_in(value: Json) -> int:
    if type(value) is not str:
        raise BadShape("an amount is a decimal string")
    return _canonical(value, int(value), str)


def _int_out(value: int) -> int:
    if not -LARGEST_EXACT <= value <= LARGEST_EXACT:
        raise ValueError(f"{value} is not exact in every JSON reader")
    return value


def _int_in(value: Json) -> int:
    if type(value) is not int:
        raise BadShape(f"an integer is expected, got {type(value).__name__}")
    return _int_out(value)


def _bytes_in(value: Json) -> bytes:
    if type(value) is not str:
        raise BadShape("bytes are hexadecimal with 0x")
    return _canonical(value, bytes.fromhex(value[2:]), _bytes_out)


def _bytes_out(value: bytes) -> str:
    return "0x" + value.hex()


def _uuid_in(value: Json) -> UUID:
    if type(value) is not str:
        raise BadShape("a UUID is text")
    return _canonical(value, UUID(value), str)


def spell_time(time: datetime) -> str:
    """Spell a time with fixed width, so that text order is time order."""
    utc = time.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _time_out(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a time has its zone")
    return spell_time(value)


def _time_in(value: Json) -> datetime:
    if type(value) is not str:
        raise BadShape("a time is text")
    return _canonical(value, datetime.fromisoformat(value), spell_time)


def _canonical(spelled: str, value: Value, spell: Callable[[Value], str]) -> Value:
    """Return the value, if nothing else is spelled like it."""
    if spell(value) != spelled:
        raise BadShape(f"{spelled!r} is not the canonical spelling of its value")
    return value


def _exactly(kind: type) -> Decode:
    def read(value: Json) -> Any:
        if type(value) is not kind:
            raise BadShape(f"{kind.__name__} is expected, got {type(value).__name__}")
        return value

    return read


def _text(read: Callable[[str], Any]) -> Decode:
    def decode(value: Json) -> Any:
        if type(value) is not str:
            raise BadShape("text is expected")
        return read(value)

    return decode


def enum_out(hint: Any) -> Encode:
    assert issubclass(hint, StrEnum), f"no JSON shape for {hint}"
    return lambda value: value.value


def enum_in(hint: Any) -> Decode:
    assert issubclass(hint, StrEnum), f"no JSON shape for {hint}"
    return _text(hint)


SCALARS_OUT: Mapping[Any, Encode] = {
    str: lambda value: value,
    bool: lambda value: value,
    int: _int_out,
    bytes: _bytes_out,
    UUID: str,
    datetime: _time_out,
    StreamId: str,
}
SCALARS_IN: Mapping[Any, Decode] = {
    str: _exactly(str),
    bool: _exactly(bool),
    int: _int_in,
    bytes: _bytes_in,
    UUID: _uuid_in,
    datetime: _time_in,
    StreamId: _text(StreamId.parse),
}
