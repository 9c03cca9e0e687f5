"""Who is refused for trying too often waits, on whatever connection, and nobody else does."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from interfaces.http.held_requests import MOST_HELD, PACE, REST
from tests.service_process import Service, running

TRY = json.dumps({"email": "nobody@example.com", "password": "a wrong password"})
AT_ONCE = 0.8 * REST


@contextmanager
def service_with(url: str, folder: Path, **settings: str) -> Iterator[Service]:
    service = Service(url=url, folder=folder, genesis=bytes(32))
    service.api.environment = dict(service.environment) | settings
    with running(service):
        yield service


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[Service]:
    with service_with(sqlite_url, tmp_path, PROOFMINT_TRIES_PER_MINUTE="1") as made:
        yield made


def opened(service: Service) -> "closing[http.client.HTTPConnection]":
    return closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30))


def asked(
    connection: http.client.HTTPConnection, method: str, path: str, **headers: str
) -> tuple[int, float]:
    """Return the status, and how long it took."""
    began = time.monotonic()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, TRY, {"Content-Type": "application/json"} | headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.monotonic() - began


def tried(connection: http.client.HTTPConnection, **headers: str) -> tuple[int, float]:
    return asked(connection, "POST", "/api/v1/auth/login", **headers)


def refused(service: Service) -> http.client.HTTPConnection:
    """Return a connection whose last try was refused, at once."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    assert tried(connection)[0] == 401
    status, took = tried(connection)
    assert (status, took < AT_ONCE) == (429, True), "the refusal itself comes at once"
    return connection


def test_the_next_try_of_who_was_refused_waits_and_nothing_else_does(service: Service) -> None:
    with closing(refused(service)) as mine, opened(service) as other:
        assert asked(mine, "GET", "/livez")[1] < AT_ONCE, "on the same connection"
        assert asked(other, "GET", "/livez")[1] < AT_ONCE, "on another one"
        status, took = tried(mine)
        assert (status, took > REST / 2) == (429, True)
        time.sleep(REST)
        assert tried(mine)[1] < AT_ONCE, "who waits by himself is not made to"


def test_a_new_connection_does_not_help(service: Service) -> None:
    with closing(refused(service)), opened(service) as other:
        status, took = tried(other)
        assert (status, took > REST / 2) == (429, True)


def test_other_routes_do_not_wait_for_it(service: Service) -> None:
    with closing(refused(service)) as mine:
        for path, status in (("/api/v1/auth/nothing", 404), ("/api/v1/auth/refresh", 429)):
            answered, took = asked(mine, "POST", path)
            assert (answered, took < AT_ONCE) == (status, True)


def test_behind_a_proxy_each_network_waits_for_itself(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"PROOFMINT_TRIES_PER_MINUTE": "1", "PROOFMINT_TRUSTED_PROXIES": "127.0.0.0/8"}
    with service_with(sqlite_url, tmp_path, **settings) as service, opened(service) as proxy:
        assert [tried(proxy, X_Forwarded_For="198.51.100.1")[0] for _ in "12"] == [401, 429]
        status, took = tried(proxy, X_Forwarded_For="192.0.2.1")
        assert (status, took < AT_ONCE) == (401, True)
        status, took = tried(proxy, X_Forwarded_For="198.51.100.99")
        assert (status, took > REST / 2) == (429, True), "the same network"


def test_a_flood_is_answered_at_a_pace_however_it_connects(service: Service) -> None:
    """So reads keep the interpreter: nothing here is asked of the machine's speed."""
    seconds, answers, lock = 4.0, Counter[int](), threading.Lock()
    end = time.monotonic() + seconds

    def client() -> None:
        while time.monotonic() < end:
            with opened(service) as connection:
                status, _ = tried(connection)
            with lock:
                answers[status] += 1

    clients = [threading.Thread(target=client) for _ in range(50)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    at_once = len(clients)
    assert at_once < answers.total() <= at_once + (seconds + 2 * REST) / PACE + at_once
    assert set(answers) == {401, 429}


def test_more_than_may_be_held_keep_nobody_out(service: Service) -> None:
    refused(service).close()
    many = [http.client.HTTPConnection("127.0.0.1", service.port) for _ in range(MOST_HELD + 50)]
    for one in many:
        one.request("POST", "/api/v1/auth/login", TRY, {"Content-Type": "application/json"})
    with opened(service) as other:
        assert asked(other, "GET", "/livez")[1] < 3 * REST
    for one in many:
        assert one.getresponse().status == 429
        one.close()


def test_a_server_that_stops_does_not_wait_for_who_is_held(service: Service) -> None:
    with closing(refused(service)) as mine:
        mine.request("POST", "/api/v1/auth/login", TRY, {"Content-Type": "application/json"})
        began = time.monotonic()
        service.api.stop()
        assert time.monotonic() - began < 10
        assert mine.getresponse().status == 429, "what was received is answered"
    assert service.api.process is not None
    assert service.api.process.returncode == 0
