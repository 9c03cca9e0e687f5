"""The real API under gunicorn, two processes of it, on both databases, without any chain."""

import json
import random
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from infrastructure.event_log import open_log
from infrastructure.migrate import migrate
from interfaces.cli.http_client import HttpClient
from interfaces.http.problems import catalogue
from tests.postgres_cluster import Cluster
from tests.service_process import ROOT, Service, running

CREATE = "/api/v1/token/erc20-mintable/create"
DEPLOYMENTS = "/api/v1/token/deployments"
TOKEN = {
    "name": "Gold",
    "symbol": "GLD",
    "initialSupply": "1000.5",
    "cap": "2000000",
    "network": "anvil",
}
CLIENTS = 32
HOSTILE = 500
LEAKS = re.compile(rb"Traceback|File \"|\.py\b|SELECT |psycopg|sqlite|/work/|/tmp/", re.IGNORECASE)


@pytest.fixture
def service(any_database_url: str, tmp_path: Path) -> Iterator[Service]:
    nobody = "http://127.0.0.1:9"
    made = Service(url=any_database_url, folder=tmp_path, genesis=bytes(range(32)), node=nobody)
    made.api.arguments = ["serve", "--workers", "2"]
    with running(made) as started:
        yield started


def deployments_in(service: Service) -> list[str]:
    with open_log(service.url) as log:
        return [one.stream.id for one in log.read_all() if one.stream.kind == "deployment"]


def raw(service: Service, head: str, body: bytes = b"") -> bytes:
    """Send bytes as they are, and return what comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def head_of(client: HttpClient, body: bytes, *more: str) -> str:
    return "\n".join(
        [
            f"POST {CREATE} HTTP/1.1",
            "Host: localhost",
            "Connection: close",
            "Content-Type: application/json",
            f"Authorization: Bearer {client.token}",
            f"Content-Length: {len(body)}",
            *more,
        ]
    )


def test_many_clients_with_one_key_at_once_make_one_deployment(service: Service) -> None:
    client = service.registered()
    for round_ in range(5):
        together = Barrier(CLIENTS)

        def ask(
            _: int, key: str = f"round-{round_}", line: Barrier = together
        ) -> tuple[int, bytes]:
            line.wait(30)
            answer = client.post(CREATE, TOKEN, key)
            return answer.status, answer.body

        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = set(pool.map(ask, range(CLIENTS)))
        assert len(answers) == 1
        assert answers.pop()[0] == 202
        assert len(deployments_in(service)) == round_ + 1


def test_a_key_outlives_kill_9_and_a_restart(service: Service) -> None:
    client = service.registered()
    first = client.post(CREATE, TOKEN, "one")
    service.api.kill()
    service.api.start()
    service.wait_until_ready()
    again = client.post(CREATE, TOKEN, "one")
    assert (first.status, again.status) == (202, 202)
    assert first.body == again.body
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post(CREATE, TOKEN | {"name": "Silver"}, "one")
    assert (other.status, other.json["code"]) == (422, "IDEMPOTENCY_KEY_MISMATCH")
    assert client.get(first.headers["location"]).status == 200
    assert len(deployments_in(service)) == 1


def test_a_client_that_hung_up_finds_what_became_of_its_request(service: Service) -> None:
    client = service.registered()
    body = json.dumps(TOKEN).encode()
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        head = head_of(client, body, "Idempotency-Key: gone").replace("\n", "\r\n")
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
    answer = client.post(CREATE, TOKEN, "gone")
    assert answer.status == 202
    assert deployments_in(service) == [answer.json["deploymentId"]]


def test_two_keys_in_one_request_are_refused(service: Service) -> None:
    client = service.registered()
    body = json.dumps(TOKEN).encode()
    for keys in (("a", "b"), ('"a"', '"b"'), ("a", "a")):
        lines = [f"Idempotency-Key: {key}" for key in keys]
        answer = raw(service, head_of(client, body, *lines), body)
        assert b" 400 " in answer.splitlines()[0]
        assert b"IDEMPOTENCY_KEY_INVALID" in answer
    assert raw(service, head_of(client, body, "Idempotency-Key:   a  "), body).startswith(
        b"HTTP/1.1 202"
    )
    for long in ("x" * 10_000, "x" * 60_000):
        answer = raw(service, head_of(client, body, f"Idempotency-Key: {long}"), body)
        assert b"IDEMPOTENCY_KEY_INVALID" in answer
    assert len(deployments_in(service)) == 1


def test_hostile_requests_are_refused_in_the_catalogues_words(service: Service) -> None:
    client = service.registered()
    before = client.post(CREATE, TOKEN, "first").json["deploymentId"]
    source = random.Random(2026)
    seen = set()
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=30)) as connection:
        for number in range(HOSTILE):
            method, path, body = hostile(source, before)
            headers = {
                "Authorization": f"Bearer {client.token}",
                "Content-Type": source.choice(["application/json"] * 9 + ["text/html"]),
                "Idempotency-Key": f"hostile-{number}",
            }
            connection.request(method, path, body, headers)
            with connection.getresponse() as answer:
                text = answer.read()
            assert answer.status < 500, (path, body, text)
            assert not LEAKS.search(text), (path, body, text)
            if answer.status == 413:
                connection.close()  # the server has not read what was too much, and hangs up
            if answer.status >= 400:
                problem = json.loads(text)
                assert problem["code"] in catalogue(), (path, body, text)
                assert problem["status"] == answer.status
                seen.add(problem["code"])
    assert len(seen) >= 8, seen


def test_a_database_that_is_gone_is_a_503_and_the_same_key_tells_afterwards(
    postgres: Cluster, tmp_path: Path
) -> None:
    url = postgres.fresh_database()
    migrate(url)
    nobody = "http://127.0.0.1:9"
    service = Service(url=url, folder=tmp_path, genesis=bytes(32), node=nobody)
    with running(service):
        client = service.registered()
        with unreachable(postgres, url):
            answer = client.post(CREATE, TOKEN, "one")
            assert (answer.status, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert int(answer.headers["retry-after"]) > 0
            assert not LEAKS.search(answer.body)
            assert client.get("/readyz").status == 503
            assert client.get("/livez").status == 200
        answer = client.post(CREATE, TOKEN, "one")
        assert answer.status == 202
        assert deployments_in(service) == [answer.json["deploymentId"]]


@contextmanager
def unreachable(postgres: Cluster, url: str) -> Iterator[None]:
    name = url.rpartition("/")[2]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as operator:
        operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        operator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        try:
            yield
        finally:
            operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def hostile(source: random.Random, deployment: str) -> tuple[str, str, bytes | None]:
    kind = source.randrange(5)
    if kind == 0:
        name = source.choice(
            ["network", "tokenType", "status", "fromDate", "toDate", "cursor", "pageSize", "x"]
        )
        return "GET", f"{DEPLOYMENTS}?{name}={quote(odd_text(source), errors='replace')}", None
    if kind == 1:
        where = source.choice(["", "/history", "/audit-trail", "/cancel", "/retry"])
        odd = quote(odd_text(source), safe="", errors="replace")
        return source.choice(["GET", "POST"]), f"{DEPLOYMENTS}/{odd}{where}", b"{}"
    if kind == 2:
        body = {"reason": odd_value(source)}
        return "POST", f"{DEPLOYMENTS}/{deployment}/cancel", json.dumps([body, {}][0]).encode()
    spoiled: dict[str, Any] = TOKEN | {
        source.choice([*TOKEN, "owner", "decimals", "chainId", odd_text(source)]): odd_value(source)
        for _ in range(source.randrange(1, 4))
    }
    encoded = json.dumps(spoiled).encode()
    if kind == 4:
        at = source.randrange(len(encoded))
        encoded = encoded[:at] + source.randbytes(source.randrange(4)) + encoded[at + 1 :]
    return "POST", CREATE, encoded


def odd_text(source: random.Random) -> str:
    return source.choice(
        [
            "",
            "\0",
            "' OR 1=1 --",
            "=cmd|' /C calc'!A0",
            "../../etc/passwd",
            "\x1b[31m",
            "\u202e",
            "\ud800",
            "\uffff",
            "%s%n{0}${jndi:x}",
            "NaN",
            "-1",
            "9" * 400,
            "9999-12-31T23:59:59.999999999-23:59",
            "0001-01-01T00:00:00+23:59",
            "\U000e0001",
            "".join(chr(source.randrange(0x110000)) for _ in range(source.randrange(60))),
        ]
    )


def odd_value(source: random.Random, depth: int = 0) -> Any:
    if depth < 3 and source.random() < 0.2:
        return [odd_value(source, depth + 1) for _ in range(source.randrange(4))]
    return source.choice(
        [
            None,
            True,
            -1,
            2**256,
            10**300,
            1e308,
            float("nan"),
            float("inf"),
            18.0,
            {},
            {odd_text(source): odd_text(source)},
            str(2**256),
            "0." + "0" * 80,
            odd_text(source),
            "x" * 60_000,
        ]
    )


def test_the_api_loads_no_chains_library() -> None:
    script = (
        "import sys, interfaces.cli.serve; "
        "print(*{'web3', 'algosdk', 'eth_account'} & {*sys.modules})"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not found.stdout.strip()


def test_the_api_starts_within_two_seconds_and_ends_when_told(
    sqlite_url: str, tmp_path: Path
) -> None:
    nobody = "http://127.0.0.1:9"
    service = Service(url=sqlite_url, folder=tmp_path, genesis=bytes(32), node=nobody)
    service.api.start()
    try:
        assert service.wait_until_ready() < 2
    finally:
        service.api.stop()
    assert service.api.process is not None
    assert service.api.process.returncode == 0
