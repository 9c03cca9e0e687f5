"""Clients that are slow, or stop in the middle, keep nobody else waiting."""

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from interfaces.http.patient_worker import SENDING
from interfaces.http.waiting_room import BODY, HEAD, MOST_WAITING
from tests.service_process import Service, running

MANY = 32
"""Of each kind: twice the threads of an API process."""
PROMPT = 5.0
"""Seconds: less than any deadline, and more than a busy machine needs."""
MARGIN = 10.0
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
NOBODY = json.dumps({"email": "nobody@example.com", "password": "a wrong password"}).encode()
HALF_HEADERS = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A"
HALF_BODY = LOGIN + b"Content-Length: 1000\r\n\r\n{"
CHUNKED = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n{"
HUGE = LOGIN + b"Content-Length: 1000000\r\n\r\n{"
CLOSING = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[Service]:
    service = Service(url=sqlite_url, folder=tmp_path, genesis=bytes(32))
    with running(service):
        yield service


def connected(service: Service, first: bytes) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", service.port), timeout=BODY + MARGIN)
    made.sendall(first)
    return made


def alive_after(service: Service) -> float:
    """Return the seconds that /livez takes on a connection of its own."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as asking:
        asking.request("GET", "/livez")
        assert asking.getresponse().status == 200
    return time.monotonic() - began


def answered(connection: socket.socket) -> bytes:
    """Return all that comes until the other end hangs up."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def status(connection: socket.socket) -> int:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def test_slow_requests_hold_no_thread_and_are_sent_off(service: Service) -> None:
    with ExitStack() as opened:
        began = time.monotonic()
        silent, headers, bodies = (
            [opened.enter_context(connected(service, first)) for _ in range(MANY)]
            for first in (b"", HALF_HEADERS, HALF_BODY)
        )
        assert alive_after(service) < PROMPT
        for one in headers:
            assert answered(one).startswith(b"HTTP/1.1 408 ")
        assert HEAD * 0.9 < time.monotonic() - began < HEAD + MARGIN
        for one in bodies:
            assert answered(one).startswith(b"HTTP/1.1 408 ")
        assert BODY * 0.9 < time.monotonic() - began < BODY + MARGIN
        for one in silent:
            assert answered(one) == b""
        assert alive_after(service) < PROMPT


def test_of_too_many_that_wait_the_oldest_goes(service: Service) -> None:
    with ExitStack() as opened:
        many = [
            opened.enter_context(connected(service, HALF_BODY)) for _ in range(MOST_WAITING + 50)
        ]
        assert alive_after(service) < PROMPT
        for one in many[:50]:
            one.settimeout(PROMPT)
            assert answered(one).startswith(b"HTTP/1.1 408 ")
        many[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            many[-1].recv(1)


def test_a_drop_at_a_time_is_no_longer_time(service: Service) -> None:
    with connected(service, b"GET /livez HTTP/1.1\r\n") as dripping:
        began = time.monotonic()
        dripping.settimeout(0.5)
        answer = b""
        while not answer and time.monotonic() - began < HEAD + MARGIN:
            dripping.sendall(b"X")
            try:
                answer = dripping.recv(1000)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("first", [CHUNKED, HUGE, CLOSING], ids=["chunked", "huge", "closing"])
def test_clients_that_do_not_hang_up_hold_nothing(service: Service, first: bytes) -> None:
    with ExitStack() as opened:
        many = [opened.enter_context(connected(service, first)) for _ in range(2 * MANY)]
        assert alive_after(service) < PROMPT
        for one in many:
            assert answered(one).startswith(b"HTTP/1.1 ")


def test_answers_that_nobody_fetches_hold_threads_for_a_time_only(service: Service) -> None:
    document = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as opened:
        for _ in range(MANY):
            opened.enter_context(connected(service, document * 1000))
        began = time.monotonic()
        while time.monotonic() - began < 2 * SENDING:
            assert alive_after(service) < 2 * SENDING + MARGIN


def test_a_request_in_pieces_is_answered_as_any_other(service: Service) -> None:
    whole = LOGIN + b"Content-Length: %d\r\n\r\n" % len(NOBODY) + NOBODY
    with connected(service, b"") as slow:
        for at in range(0, len(whole), 20):
            slow.sendall(whole[at : at + 20])
            time.sleep(0.05)
        assert status(slow) == 401
        slow.sendall(whole + CLOSING)
        answers = answered(slow)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answers) == [b"401", b"200"]


def test_a_client_that_waits_for_a_word_before_it_sends_the_body_gets_it(service: Service) -> None:
    head = LOGIN + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(NOBODY)
    with connected(service, head) as polite:
        assert polite.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        polite.sendall(NOBODY)
        assert status(polite) == 401


def test_headers_without_an_end_are_refused(service: Service) -> None:
    with connected(service, b"GET / HTTP/1.1\r\nX: " + b"x" * 140_000) as endless:
        assert answered(endless).startswith(b"HTTP/1.1 431 ")


def test_a_server_that_stops_does_not_wait_for_the_silent(service: Service) -> None:
    with connected(service, b""):
        assert alive_after(service) < PROMPT
        began = time.monotonic()
        service.api.stop()
        assert time.monotonic() - began < HEAD
    assert service.api.process is not None
    assert service.api.process.returncode == 0
