"""Cursors of lists: a position, bound to whose list it is and how it is filtered."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from hashlib import sha256

from interfaces.http.problems import Problem

TAG = 8
"""Bytes of the tag that makes a cursor ours."""


def make_cursor(key: bytes, bound: Sequence[str], before: int) -> str:
    position = before.to_bytes(8, "big")
    return base64.urlsafe_b64encode(position + _tag(key, bound, position)).decode().rstrip("=")


def read_cursor(key: bytes, bound: Sequence[str], cursor: str) -> int:
    """Return the position to go on from.

    Raises:
        Problem: INVALID_CURSOR, where it was made up, or for another tenant or other filters.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Problem("INVALID_CURSOR") from None
    position, tag = raw[:8], raw[8:]
    if not hmac.compare_digest(_tag(key, bound, position), tag):
        raise Problem("INVALID_CURSOR")
    return int.from_bytes(position, "big")


def _tag(key: bytes, bound: Sequence[str], position: bytes) -> bytes:
    parts = "".join(f"{len(part)}:{part}" for part in bound).encode()
    return hmac.new(key, parts + position, sha256).digest()[:TAG]
