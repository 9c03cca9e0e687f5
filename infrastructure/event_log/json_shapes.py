"""Turns the domain's dataclasses into JSON and back: compiled once, strict both ways.

Canonical forms: bytes are lower-case hexadecimal with 0x, amounts are decimal
strings, names are camelCase, values of several shapes carry a ``type``. There
are no floats, and no integers that a double cannot hold.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from domain.slots import LeaseSlot, NonceSlot
from domain.streams import StreamId
from domain.tokens import AsaFungible, MintableErc20
from domain.values import BaseUnits
from infrastructure.event_log.json_scalars import (
    SCALARS_IN,
    SCALARS_OUT,
    BadShape,
    Decode,
    Encode,
    Json,
    amount_in,
    amount_out,
    enum_in,
    enum_out,
)

TAGS: Mapping[type, str] = {
    NonceSlot: "nonce",
    LeaseSlot: "lease",
    MintableErc20: "erc20-mintable",
    AsaFungible: "asa-ft",
}
"""Classes that stand where others may stand, too, now or later."""


@cache
def encoder(hint: Any) -> Encode:
    """Return the function that turns a value of this type into JSON."""
    if hint == BaseUnits:
        return amount_out
    origin = get_origin(hint)
    if origin is Annotated:
        return encoder(get_args(hint)[0])
    if hasattr(hint, "__supertype__"):
        return encoder(hint.__supertype__)
    if origin in (Union, types.UnionType):
        return _encode_union(get_args(hint))
    if origin is tuple:
        each = encoder(get_args(hint)[0])
        return lambda value: [each(item) for item in value]
    if is_dataclass(hint) and hint is not StreamId:
        assert isinstance(hint, type)
        return _encode_dataclass(hint)
    return SCALARS_OUT.get(hint) or enum_out(hint)


@cache
def decoder(hint: Any) -> Decode:
    """Return the function that turns JSON into a value of this type; it raises BadShape."""
    if hint == BaseUnits:
        return amount_in
    origin = get_origin(hint)
    if origin is Annotated:
        return decoder(get_args(hint)[0])
    if hasattr(hint, "__supertype__"):
        return decoder(hint.__supertype__)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(hint))
    if origin is tuple:
        return _decode_tuple(decoder(get_args(hint)[0]))
    if is_dataclass(hint) and hint is not StreamId:
        assert isinstance(hint, type)
        return _decode_dataclass(hint)
    return SCALARS_IN.get(hint) or enum_in(hint)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _encode_dataclass(cls: type) -> Encode:
    hints = get_type_hints(cls, include_extras=True)
    members = [(f.name, camel(f.name), encoder(hints[f.name])) for f in fields(cls)]
    tag = TAGS.get(cls)

    def encode(value: Any) -> Json:
        found = {spelled: out(getattr(value, name)) for name, spelled, out in members}
        return found if tag is None else found | {"type": tag}

    return encode


def _decode_dataclass(cls: type) -> Decode:
    hints = get_type_hints(cls, include_extras=True)
    members = [
        (f.name, camel(f.name), decoder(hints[f.name]), f.default is MISSING) for f in fields(cls)
    ]
    tag = TAGS.get(cls)

    def decode(value: Json) -> Any:
        if type(value) is not dict or (tag is not None and value.get("type") != tag):
            raise BadShape(f"{cls.__name__} is an object of its type")
        if len(value) >= len(members):  # the usual case, and a third faster than the careful one
            try:
                return cls(**{name: read(value[spelled]) for name, spelled, read, _ in members})
            except KeyError:
                pass
        given = {}
        for name, spelled, read, required in members:
            if spelled in value:
                given[name] = read(value[spelled])
            elif required:
                raise BadShape(f"{cls.__name__} lacks {spelled}")
        return cls(**given)

    return decode


def _encode_union(options: tuple[Any, ...]) -> Encode:
    by_type = {option: encoder(option) for option in options if option is not type(None)}
    if len(by_type) == 1:
        [only] = by_type.values()
        return lambda value: None if value is None else only(value)
    return lambda value: None if value is None else by_type[type(value)](value)


def _decode_union(options: tuple[Any, ...]) -> Decode:
    some = [option for option in options if option is not type(None)]
    nullable = len(some) < len(options)
    if len(some) == 1:
        only = decoder(some[0])
        return lambda value: None if value is None else only(value)
    by_tag = {TAGS[option]: decoder(option) for option in some}

    def decode(value: Json) -> Any:
        if value is None and nullable:
            return None
        tag = value.get("type") if type(value) is dict else None
        if type(tag) is not str or tag not in by_tag:
            raise BadShape(f"one of {sorted(by_tag)} is expected")
        return by_tag[tag](value)

    return decode


def _decode_tuple(each: Decode) -> Decode:
    def decode(value: Json) -> tuple[Any, ...]:
        if type(value) is not list:
            raise BadShape("an array is expected")
        return tuple([each(item) for item in value])

    return decode
