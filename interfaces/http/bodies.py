"""Reads JSON strictly, and checks it member by member, so that every refusal has its pointer."""

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar, get_args

import msgspec

from interfaces.http.problems import FieldProblem, Problem, field_problems

Body = TypeVar("Body", bound=msgspec.Struct)
LARGEST = 64 * 1024
"""Bytes of a body."""
MOST_PROBLEMS = 32
"""What more is wrong is told once these are mended: no answer grows with the request."""
LONGEST_NAME = 100


class _Duplicate(ValueError):
    pass


def read_object(raw: bytes) -> dict[str, Any]:
    """Read one JSON object in UTF-8: each member once, nothing that a reader could take otherwise.

    NaN and Infinity come through as numbers, so that `convert` refuses them with a pointer.

    Raises:
        Problem: MALFORMED_JSON.
    """
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_once)
    except _Duplicate as twice:
        again = FieldProblem(pointer=str(twice), code="MALFORMED_JSON", detail="stands twice")
        raise field_problems([again]) from None
    except (ValueError, RecursionError):
        raise Problem("MALFORMED_JSON", "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Problem("MALFORMED_JSON", "the body is not an object")
    return value


def fingerprint(value: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of received JSON in canonical form, before any default.

    Raises:
        Problem: MALFORMED_JSON, where a text is no Unicode (half a surrogate pair), a number
            is none, or the nesting has no end.
    """
    try:
        canonical = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return sha256(canonical.encode()).digest()
    except (ValueError, RecursionError):
        raise Problem("MALFORMED_JSON", "the body is not plain JSON") from None


def convert(value: Mapping[str, Any], to: type[Body], *, lax: bool = False) -> Body:
    """Check every member of an object, and make the request of it.

    Args:
        value: what was received.
        to: the request type.
        lax: read whole numbers from text, as query parameters need it.

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
            strict = not lax or int not in {one.type, *get_args(one.type)}
            members[one.name] = msgspec.convert(value[name], one.type, strict=strict)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            wrong = FieldProblem(
                pointer=pointer(name), code="INVALID_REQUEST", detail=_without_value(error)
            )
            problems.append(wrong)
    if problems:
        raise field_problems(problems[:MOST_PROBLEMS])
    return to(**members)


def pointer(name: str) -> str:
    """Return the JSON Pointer of a member (RFC 6901), spelled so that it can always be sent."""
    sendable = name[:LONGEST_NAME].encode(errors="backslashreplace").decode()
    return "/" + sendable.replace("~", "~0").replace("/", "~1")


def _without_value(error: msgspec.ValidationError | UnicodeEncodeError) -> str:
    """Say what is wrong, and never what was sent: it may be a password in the wrong member."""
    if isinstance(error, UnicodeEncodeError):
        return "holds half a surrogate pair"
    known = "Invalid enum value"
    return known if str(error).startswith(known) else str(error)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Duplicate(pointer(Counter(names).most_common(1)[0][0]))
    return found
