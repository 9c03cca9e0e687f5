"""One request: who asks, what for, under which ids. The only place that reads headers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import falcon
import msgspec

from application.commands import Origin, command_id
from domain.values import Actor
from interfaces.http.ports import ApiService, Bearer
from interfaces.http.problems import FieldProblem, Problem

KEY = re.compile(r'"([!#-\[\]-~]{1,255})"|([!#-+\--~]{1,255})', re.ASCII)
"""An Idempotency-Key: 1 to 255 visible ASCII characters, bare or as a quoted RFC 8941 string.

Bare ones hold no comma: servers join two headers of one name by it. Quoted ones hold no
backslash, so that no key has two spellings inside its quotes.
"""
CORRELATION = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/=-]{1,4096})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a handler gets: everything checked, nothing to parse."""

    service: ApiService
    bearer: Bearer | None
    path: Mapping[str, str]
    body: Any
    """Of the route's request type, from JSON or from the query."""
    fingerprint: bytes
    correlation: str
    key: str | None
    canonical: str
    """The route with its parameters filled in: part of what a key means."""

    @property
    def who(self) -> Bearer:
        assert self.bearer is not None, "the route says that it is not for everybody"
        return self.bearer

    @property
    def command(self) -> UUID:
        """The id of this command: the same for the same key, for ever."""
        if self.key is None:
            return uuid4()
        return command_id(self.who.tenant, self.canonical, self.key)

    @property
    def origin(self) -> Origin:
        actor = Actor(f"account:{self.bearer.account}" if self.bearer else "anonymous")
        return Origin(actor=actor, command=self.command, correlation=self.correlation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    body: msgspec.Struct | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    """Another status than the route's."""
    stream: Iterable[bytes] | None = None
    content_type: str = falcon.MEDIA_JSON


def bearer_of(request: falcon.Request, service: ApiService) -> Bearer:
    """Return who asks.

    Raises:
        Problem: UNAUTHORIZED, for whatever reason.
    """
    found = BEARER.fullmatch(request.get_header("Authorization") or "")
    bearer = service.tokens.verify(found.group(1)) if found else None
    if bearer is None:
        raise Problem("UNAUTHORIZED", headers={"WWW-Authenticate": "Bearer"})
    return bearer


def key_of(request: falcon.Request) -> str:
    """Return the Idempotency-Key, quotes removed.

    Raises:
        Problem: there is none, or not exactly one in the grammar.
    """
    raw = request.env.get("HTTP_IDEMPOTENCY_KEY")
    if raw is None:
        raise _bad_key("IDEMPOTENCY_KEY_REQUIRED", "is missing")
    found = KEY.fullmatch(raw)
    if found is None:
        raise _bad_key("IDEMPOTENCY_KEY_INVALID", "is not one key in the grammar")
    return str(found.group(1) or found.group(2))


def _bad_key(code: str, detail: str) -> Problem:
    header = FieldProblem(pointer="Idempotency-Key", code=code, detail=detail)
    return Problem(code, errors=(header,))


def correlation_of(request: falcon.Request) -> str:
    """Return the caller's correlation id, or a new one where it sent none that is fit for logs."""
    given = request.get_header("X-Correlation-ID") or ""
    return given if CORRELATION.fullmatch(given) else str(uuid4())


def replayed(*, repeated: bool) -> dict[str, str]:
    """Return the header that tells a repeat from the first answer: the bodies are the same."""
    return {"Idempotency-Replayed": "true"} if repeated else {}
