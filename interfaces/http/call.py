"""One request: who asks, what for, under which ids. The only place that reads headers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import falcon
import msgspec

from application.accounts.ports import Visitor
from application.accounts.principals import Principal
from application.commands import Origin, command_id
from application.credentials import UnknownAccount
from domain.values import Actor, SessionId
from infrastructure.client_addresses import caller_address
from interfaces.http.ports import ApiService
from interfaces.http.problems import FieldProblem, Problem

KEY = re.compile(r'"([!#-\[\]-~]{1,255})"|([!#-+\--~]{1,255})', re.ASCII)
"""An Idempotency-Key: 1 to 255 visible ASCII characters, bare or as a quoted RFC 8941 string.

Bare ones hold no comma: servers join two headers of one name by it. Quoted ones hold no
backslash, so that no key has two spellings inside its quotes.
"""
LONGEST_AGENT = 200
"""Characters of a user agent that are kept."""
CORRELATION = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
BEARER = re.compile(r"(?i:Bearer) +([A-Za-z0-9._~+/=-]{1,4096})", re.ASCII)
"""One set of credentials (RFC 9110, section 11.4): the scheme's name is one in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a handler gets: everything checked, nothing to parse."""

    service: ApiService
    bearer: Principal | None
    path: Mapping[str, str]
    body: Any
    """Of the route's request type, from JSON or from the query."""
    fingerprint: bytes
    correlation: str
    key: str | None
    address: str
    """Network address of the caller, as far as it can be told."""
    user_agent: str
    canonical: str
    """The route with its parameters filled in: part of what a key means."""

    @property
    def who(self) -> Principal:
        assert self.bearer is not None, "the route says that it is not for everybody"
        return self.bearer

    @property
    def session(self) -> SessionId:
        """The session that asks; the route lets in persons alone."""
        assert self.who.session is not None, "Right.SELF is a person's"
        return self.who.session

    def visitor(self, device: str | None = None) -> Visitor:
        return Visitor(address=self.address, user_agent=self.user_agent, device=device)

    @property
    def command(self) -> UUID:
        """The id of this command: the same for the same key, for ever."""
        if self.key is None:
            return uuid4()
        return command_id(self.who.tenant, self.canonical, self.key)

    @property
    def origin(self) -> Origin:
        actor = self.bearer.actor if self.bearer else Actor("anonymous")
        person = self.bearer.account if self.bearer and not self.bearer.key else None
        return Origin(
            actor=actor, command=self.command, correlation=self.correlation, person=person
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    body: msgspec.Struct | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    """Another status than the route's."""
    stream: Iterable[bytes] | None = None
    content_type: str = falcon.MEDIA_JSON


def bearer_of(request: falcon.Request, service: ApiService) -> Principal:
    """Return who asks, as the log has it now.

    Raises:
        Problem: UNAUTHORIZED, for whatever reason.
    """
    found = BEARER.fullmatch(request.get_header("Authorization") or "")
    try:
        who = _principal(found.group(1), service) if found else None
    except UnknownAccount:
        who = None
    if who is None:
        raise Problem("UNAUTHORIZED", headers={"WWW-Authenticate": "Bearer"})
    return who


def _principal(text: str, service: ApiService) -> Principal | None:
    principals = service.identity.principals
    if (named := service.api_keys.read(text)) is not None:
        tenant, key = named
        return principals.of_key(tenant, key, service.api_keys.digest(text))
    bearer = service.tokens.verify(text)
    if bearer is None:
        return None
    return principals.of_session(bearer.account, bearer.tenant, bearer.session)


def address_of(request: falcon.Request, service: ApiService) -> str:
    """Return the caller's network address, as far as it can be told; "" if it is none."""
    forwarded = request.get_header("X-Forwarded-For") or ""
    return caller_address(request.remote_addr or "", forwarded, service.is_proxy)


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
