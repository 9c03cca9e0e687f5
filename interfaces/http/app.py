"""The WSGI application: one resource for each path of the route table, and one way through it."""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import falcon
import msgspec
import structlog
from falcon import App, Request, Response

from application.engine.chain import ChainUnavailable
from domain.errors import DomainError
from domain.log import ConcurrentChange, KeysUnavailable, LogUnavailable
from domain.sign_in import AccountLocked
from infrastructure.client_addresses import network_of
from interfaces.http.bodies import (
    LARGEST,
    MOST_PROBLEMS,
    convert,
    fingerprint,
    pointer,
    read_object,
)
from interfaces.http.call import (
    LONGEST_AGENT,
    Call,
    Reply,
    address_of,
    bearer_of,
    correlation_of,
    key_of,
)
from interfaces.http.openapi import openapi
from interfaces.http.ports import ApiService
from interfaces.http.problems import FieldProblem, Problem, catalogue, field_problems
from interfaces.http.route import Route
from interfaces.http.routes import ROUTES

PROBLEM = "application/problem+json"
Responder = Callable[..., None]
log = structlog.get_logger("api")
FRAMEWORK = {
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
"""What the framework refuses by itself, in words of the catalogue."""


class Resource:
    """Answers the methods of one path."""

    def __init__(self, service: ApiService, routes: list[Route]) -> None:
        for route in routes:
            setattr(self, f"on_{route.method.lower()}", _responder(service, route))


class Document:
    def __init__(self) -> None:
        self._document = msgspec.json.encode(openapi())

    def on_get(self, _: Request, resp: Response) -> None:
        resp.data = self._document
        resp.content_type = falcon.MEDIA_JSON


class Journal:
    """Gives every request its ids, and writes one line for each."""

    def process_request(self, req: Request, resp: Response) -> None:
        req.context.correlation = correlation_of(req)
        req.context.began = time.monotonic()
        resp.set_header("X-Correlation-ID", req.context.correlation)
        resp.set_header("Cache-Control", "no-store")
        resp.set_header("X-Content-Type-Options", "nosniff")

    def process_response(self, req: Request, resp: Response, _: object, *__: object) -> None:
        log.info(
            "request",
            method=req.method,
            route=req.uri_template,
            status=resp.status_code,
            ms=round((time.monotonic() - req.context.began) * 1000, 1),
            correlation=req.context.correlation,
        )


def create_app(service: ApiService) -> App[Request, Response]:
    app: App[Request, Response] = App(middleware=[Journal()])
    app.req_options.strip_url_path_trailing_slash = False
    by_path: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        by_path[route.path].append(route)
    for path, routes in by_path.items():
        app.add_route(path, Resource(service, routes))
    app.add_route("/openapi.json", Document())
    # The framework has handlers of its own for both, and the nearest class wins.
    for kind in (Exception, falcon.HTTPError):
        app.add_error_handler(kind, _refuse)
    return app


def _responder(service: ApiService, route: Route) -> Responder:
    def respond(req: Request, resp: Response, **path: str) -> None:
        call = _call(service, route, req, path)
        _answer(resp, route, route.handler(call))

    return respond


def _call(service: ApiService, route: Route, req: Request, path: dict[str, str]) -> Call:
    """Check a request from the outside inwards: from where, who, under which key, then what.

    All of it is received first: whose session ended while a body came is nobody any more.
    """
    address = address_of(req, service)
    if (wait := _wait(service, route, address)) > 0:
        raise Problem("RATE_LIMIT_EXCEEDED", retry_after=math.ceil(wait))
    raw = _received(req) if route.body is not None else b""
    bearer = None
    if route.needs is not None:
        bearer = bearer_of(req, service)
        bearer.require(route.needs)
    key = key_of(req) if route.keyed else None
    value: dict[str, Any] = {}
    if route.body is not None:
        value = read_object(_fit(req, raw))
    elif route.query is not None:
        value = _single(req)
    wanted = route.body or route.query
    return Call(
        service=service,
        bearer=bearer,
        path=path,
        body=convert(value, wanted, lax=route.query is not None) if wanted else None,
        fingerprint=fingerprint(value),
        correlation=req.context.correlation,
        key=key,
        address=address,
        user_agent=(req.user_agent or "")[:LONGEST_AGENT],
        canonical=f"{route.method} {req.path}",
    )


def _wait(service: ApiService, route: Route, address: str) -> float:
    """Return the seconds until a request may be made; 0 where it may now, and is counted."""
    if not route.throttled:
        return 0.0
    wait = service.throttle.take(network_of(address).encode(), route.cost)
    if wait == 0 and route.rationed:
        return service.rations.take(route.operation.encode())
    return wait


def _received(req: Request) -> bytes:
    """Return the body; of one that is too large, what shows it, or nothing if it says so itself."""
    if (req.content_length or 0) > LARGEST:
        return b""
    return bytes(req.bounded_stream.read(LARGEST + 1))


def _fit(req: Request, raw: bytes) -> bytes:
    """Return a body that may be parsed.

    Raises:
        Problem: it is of another type, too large, or its end did not come.
    """
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    if kind != falcon.MEDIA_JSON:
        raise Problem("UNSUPPORTED_MEDIA_TYPE")
    if max(req.content_length or 0, len(raw)) > LARGEST:
        raise Problem("PAYLOAD_TOO_LARGE")
    if len(raw) < (req.content_length or 0):
        raise Problem("MALFORMED_JSON", "the body ends early")
    return raw


def _single(req: Request) -> dict[str, Any]:
    """Return query parameters; one that stands twice is refused rather than guessed."""
    twice = [
        FieldProblem(pointer=pointer(name), code="INVALID_REQUEST", detail="stands twice")
        for name, value in req.params.items()
        if isinstance(value, list)
    ]
    if twice:
        raise field_problems(twice[:MOST_PROBLEMS])
    return dict(req.params)


def _answer(resp: Response, route: Route, reply: Reply) -> None:
    resp.status = reply.status or route.status
    for name, value in reply.headers.items():
        resp.set_header(name, value)
    resp.content_type = reply.content_type
    if reply.stream is not None:
        resp.stream = iter(reply.stream)
    elif reply.body is not None:
        resp.data = msgspec.json.encode(reply.body)


def _refuse(req: Request, resp: Response, ex: Exception, _: dict[str, Any]) -> None:
    problem = _problem(ex)
    correlation = getattr(req.context, "correlation", "")
    if problem.code == "INTERNAL_SERVER_ERROR":
        log.error("fault", correlation=correlation, route=req.uri_template, exc_info=ex)
    document = problem.document(req.path, correlation)
    for name, value in problem.headers.items():
        resp.set_header(name, value)
    if document.retry_after_seconds is not None:
        resp.set_header("Retry-After", str(document.retry_after_seconds))
    resp.status = document.status
    resp.content_type = PROBLEM
    resp.stream = None
    resp.data = msgspec.json.encode(document)


def _problem(error: Exception) -> Problem:
    """Say a refusal in the catalogue's words; what is not foreseen says nothing of itself."""
    match error:
        case Problem():
            return error
        case AccountLocked(until=until):
            wait = math.ceil((until - datetime.now(UTC)).total_seconds())
            return Problem(error.code, str(error), retry_after=max(1, wait))
        case DomainError():
            unknown = catalogue()[error.code].status == HTTPStatus.UNAUTHORIZED
            headers = {"WWW-Authenticate": "Bearer"} if unknown else {}
            return Problem(error.code, str(error), headers=headers)
        case ChainUnavailable():
            return Problem("BLOCKCHAIN_CONNECTION_ERROR")
        case ConcurrentChange():
            return Problem("CONFLICT")
        case LogUnavailable() | KeysUnavailable():
            return Problem("SERVICE_UNAVAILABLE")
        case falcon.HTTPError():
            headers = dict(error.headers or {})
            known = FRAMEWORK.get(error.status_code, "INVALID_REQUEST")
            if error.status_code >= 500:  # noqa: PLR2004
                return Problem("INTERNAL_SERVER_ERROR")
            return Problem(known, headers={"Allow": headers["Allow"]} if "Allow" in headers else {})
        case _:
            return Problem("INTERNAL_SERVER_ERROR")
