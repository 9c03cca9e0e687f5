"""Who is refused for trying too often waits on that connection, and nobody else does."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from interfaces.http.patient_worker import MOST_RESTING, REST
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


def asked(connection: http.client.HTTPConnection, method: str, path: str) -> tuple[int, float]:
    """Return the status, and how long it took."""
    began = time.monotonic()
    connection.request(method, path, TRY, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.monotonic() - began


def tried(connection: http.client.HTTPConnection) -> tuple[int, float]:
    return asked(connection, "POST", "/api/v1/auth/login")


def test_a_refused_connection_rests_and_then_is_heard_again(service: Service) -> None:
    with opened(service) as mine, opened(service) as other:
        assert tried(mine)[0] == 401
        status, took = tried(mine)
        assert (status, took < AT_ONCE) == (429, True), "the refusal itself comes at once"
        mine.request("GET", "/livez")
        assert asked(other, "GET", "/livez")[1] < AT_ONCE, "others do not wait"
        began = time.monotonic()
        answer = mine.getresponse()
        answer.read()
        assert answer.status == 200
        assert time.monotonic() - began > REST / 2
        assert asked(mine, "GET", "/livez")[1] < AT_ONCE


def test_what_is_not_refused_never_rests(service: Service) -> None:
    with opened(service) as mine:
        for _ in range(3):
            status, took = asked(mine, "POST", "/api/v1/auth/nothing")
            assert (status, took < AT_ONCE) == (404, True)


def test_more_refusals_than_may_rest_keep_nobody_out(service: Service) -> None:
    many = [http.client.HTTPConnection("127.0.0.1", service.port) for _ in range(MOST_RESTING + 50)]
    for one in many:
        tried(one)
    with opened(service) as other:
        assert asked(other, "GET", "/livez")[1] < 3 * REST
    for one in many:
        assert asked(one, "GET", "/livez")[0] == 200
        one.close()


def test_a_server_that_stops_does_not_wait_for_who_rests(service: Service) -> None:
    with opened(service) as mine:
        tried(mine)
        assert tried(mine)[0] == 429
        began = time.monotonic()
        service.api.stop()
        assert time.monotonic() - began < 10
    assert service.api.process is not None
    assert service.api.process.returncode == 0


def test_a_proxys_connection_never_rests(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"PROOFMINT_TRIES_PER_MINUTE": "1", "PROOFMINT_TRUSTED_PROXIES": "127.0.0.0/8"}
    with service_with(sqlite_url, tmp_path, **settings) as service, opened(service) as proxy:
        tried(proxy)
        assert tried(proxy)[0] == 429
        assert asked(proxy, "GET", "/livez")[1] < AT_ONCE
