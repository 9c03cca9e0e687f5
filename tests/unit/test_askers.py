"""Who asks is read from a request's bytes as the application reads it, however it is spelled."""

import socket

import pytest
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.client_addresses import network_of
from interfaces.http.askers import Asker, Askers
from interfaces.http.request_bytes import RequestBytes
from interfaces.http.routes import ROUTES
from tests.api_world import OpenThrottle, World

PROXY, PEER, OTHER, SERVER = "10.1.0.1", "203.0.113.66", "198.51.100.7", ("127.0.0.1", 80)
LOGIN = b"/api/v1/auth/login"
ROLE = b"/api/v1/tenant/members/0190a6a5-0000-7000-8000-000000000001/role"
ASKERS = Askers(ROUTES, {PROXY}.__contains__)


class Full(OpenThrottle):
    """Refuses everybody, and remembers whom last."""

    wait = 9.0
    refused: str | None = None

    def take(self, client: bytes, cost: int = 1) -> float:
        self.refused = client.decode()
        return self.wait


FULL = Full()
APP = World(proxies={PROXY}, throttle=FULL).client.app


def request(path: bytes, *headers: bytes, method: bytes = b"POST") -> bytes:
    start = method + b" " + path + b" HTTP/1.1"
    return b"\r\n".join([start, b"Host: x", *headers, b"Content-Length: 0", b"", b""])


def refused_by_the_application(peer: str, raw: bytes) -> str | None:
    """Return the network that it refuses; None if the request is for no throttled route."""
    parsed = next(RequestParser(Config(), iter([raw]), (peer, 1)))
    with socket.socket() as unused:
        _, environ = wsgi.create(parsed, unused, (peer, 1), SERVER, Config())
    FULL.refused = None
    APP(dict(environ), lambda *_: lambda _: None)
    return FULL.refused


def head_of(raw: bytes) -> bytes:
    coming = RequestBytes()
    coming.take(raw)
    return coming.head


def network_that_asks(peer: str, raw: bytes) -> str | None:
    asker = ASKERS.of(peer, head_of(raw))
    return None if asker is None else asker.network


SPELLED = (
    LOGIN,
    b"/api/v1/auth/logi%6e",
    b"/api/v1/auth/login?next=%2F",
    b"/api/v1/auth/login#here",
    b"http://elsewhere.example/api/v1/auth/login",
    b"//api/v1/auth/login",
    b"/%2Fapi/v1/auth/login",
    b"/api//v1/auth/login",
    b"api/v1/auth/login",
    b"/api/v1/tenant/members//role",
    b"/api/v1/tenant/members/%2F/role",
    b"/api/v1/auth/login/",
    b"/api/v1/auth/LOGIN",
    b"/api/v1/auth/login%2F",
    b"/api/v1/auth%2Flogin",
    b"/api/v1/auth/refresh",
    b"/api/v1/auth/sessions",
    b"/api/v1/auth/login%C3%A9",
    b"/api/v1/auth/login%",
    b"http://[::1/api/v1/auth/login",
    b"*",
    b"/",
    ROLE,
    ROLE.replace(b"-", b"%2D"),
    ROLE + b"/more",
    b"/livez",
    b"/api/v1/token/deployments",
)
FORWARDED = (
    b"X-Forwarded-For: " + OTHER.encode(),
    b"x-forwarded-for:" + OTHER.encode(),
    b"X-Forwarded-For: 192.0.2.1, 198.51.100.9:443 ",
    b"X-Forwarded-For: unknown",
    b"X-Forwarded-For: " + PROXY.encode(),
    b"X-Forwarded-For:",
    b"X_Forwarded_For: 192.0.2.77",
    b"Forwarded: for=192.0.2.78",
    b"X-Other: X-Forwarded-For: 192.0.2.79",
)


@given(
    peer=st.sampled_from([PROXY, PEER, "::ffff:10.1.0.1", "2001:db8::1"]),
    path=st.sampled_from(SPELLED),
    headers=st.lists(st.sampled_from(FORWARDED), max_size=3),
    method=st.sampled_from([b"POST", b"GET", b"PUT", b"post"]),
)
def test_both_readers_see_the_same(
    peer: str, path: bytes, headers: list[bytes], method: bytes
) -> None:
    raw = request(path, *headers, method=method)
    try:
        expected = refused_by_the_application(peer, raw)
    except (ParseException, ValueError):
        return  # the parser refuses it
    assert network_that_asks(peer, raw) == expected


@pytest.mark.parametrize("path", [LOGIN, b"/api/v1/auth/logi%6E", ROLE])
def test_who_asks_for_what_may_be_refused_is_told(path: bytes) -> None:
    method = b"PUT" if path == ROLE else b"POST"
    raw = request(path, b"X-Forwarded-For: " + OTHER.encode(), method=method)
    assert refused_by_the_application(PROXY, raw) == network_that_asks(PROXY, raw)
    assert network_that_asks(PROXY, raw) == network_of(OTHER)
    assert network_that_asks(PEER, raw) == network_of(PEER)


def test_what_follows_the_headers_is_not_read() -> None:
    raw = b"\r\n" + request(LOGIN) + b"x-forwarded-for: 192.0.2.1\r\n\r\n" + request(b"/livez")
    assert ASKERS.of(PROXY, head_of(raw)) == Asker(network_of(PROXY), "login")


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\xff\x00 \xff\r\n\r\n", b"POST\r\n\r\n"])
def test_what_is_no_request_is_nobodys(raw: bytes) -> None:
    assert ASKERS.of(PEER, head_of(raw)) is None
