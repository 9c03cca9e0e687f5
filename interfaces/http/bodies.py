"""Reads JSON strictly, and checks it member by member, so that every refusal has its pointer."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NoReturn, TypeVar

import msgspec

from interfaces.http.problems import FieldProblem, Problem, field_problems

Body = TypeVar("Body", bound=msgspec.Struct)
LARGEST = 64 * 1024
"""Bytes of a body."""


class _Duplicate(ValueError):
    pass


def read_object(raw: bytes) -> dict[str, Any]:
    """Read one JSON object: each member once, no NaN, nothing that a reader could take otherwise.

    Raises:
        Problem: MALFORMED_JSON.
    """
    try:
        value = json.loads(raw, object_pairs_hook=_once, parse_constant=_refuse)
    except _Duplicate as twice:
        raise Problem("MALFORMED_JSON", f"the member {twice} stands twice") from None
    except (ValueError, RecursionError):
        raise Problem("MALFORMED_JSON", "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Problem("MALFORMED_JSON", "the body is not an object")
    return value


def fingerprint(value: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of received JSON in canonical form, before any default.

    Raises:
        Problem: MALFORMED_JSON, where a text is no Unicode (half a surrogate pair).
    """
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return sha256(canonical.encode()).digest()
    except UnicodeEncodeError:
        raise Problem("MALFORMED_JSON", "a text holds half a surrogate pair") from None


def convert(value: Mapping[str, Any], to: type[Body], *, lax: bool = False) -> Body:
    """Check every member of an object, and make the request of it.

    Args:
        value: what was received.
        to: the request type.
        lax: read numbers from text, as query parameters need it.

    Raises:
        Problem: with every member that is missing, unknown or of the wrong type.
    """
    fields = {one.encode_name: one for one in msgspec.structs.fields(to)}
    problems = [
        FieldProblem(pointer=pointer(name), code="INVALID_REQUEST", detail="is not known here")
        for name in value
        if name not in fields
    ]
    members = {}
    for name, one in fields.items():
        if name not in value:
            if one.required:
                missing = FieldProblem(
                    pointer=pointer(name), code="MISSING_REQUIRED_FIELD", detail="is missing"
                )
                problems.append(missing)
            continue
        try:
            members[one.name] = msgspec.convert(value[name], one.type, strict=not lax)
        except msgspec.ValidationError as error:
            problems.append(
                FieldProblem(pointer=pointer(name), code="INVALID_REQUEST", detail=str(error))
            )
    if problems:
        raise field_problems(problems)
    return to(**members)


def pointer(name: str) -> str:
    """Return the JSON Pointer of a member (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")[:100]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Duplicate(next(name for name in names if names.count(name) > 1)[:100])
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
