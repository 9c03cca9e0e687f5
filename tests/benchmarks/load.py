"""Load for benchmarks: closed loops of clients, and arrivals that do not wait for answers."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from urllib.parse import urlsplit

TOKEN = {
    "network": "bench",
    "name": "Gold",
    "symbol": "GLD",
    "initialSupply": "1000.5",
    "cap": "5000",
}
Send = Callable[[http.client.HTTPConnection, int], int]


@dataclass(frozen=True)
class Measured:
    per_second: float
    p50: float
    p99: float
    """Milliseconds."""
    wrong: int

    def __str__(self) -> str:
        wrong = f", {self.wrong} wrong" if self.wrong else ""
        return f"{self.per_second:7.0f}/s  p50 {self.p50:6.1f} ms  p99 {self.p99:6.1f} ms{wrong}"


def create(token: str, run: str) -> Send:
    """Return a client's step: a create with a key of its own."""
    body = json.dumps(TOKEN)

    def send(connection: http.client.HTTPConnection, number: int) -> int:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{run}-{number}",
        }
        connection.request("POST", "/api/v1/token/erc20-mintable/create", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return send


def post(path: str) -> Send:
    """Return a client's step against a server of another kind."""

    def send(connection: http.client.HTTPConnection, number: int) -> int:
        connection.request("POST", path, json.dumps(TOKEN), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return send


def closed_loop(base: str, send: Send, clients: int, seconds: float) -> Measured:
    """So many clients, each with one request under way, for so long."""
    opened = connections(base, clients)
    measured = looped(opened, send, seconds)
    for connection in opened:
        connection.close()
    return measured


def connections(base: str, clients: int) -> list[http.client.HTTPConnection]:
    netloc = urlsplit(base).netloc
    return [http.client.HTTPConnection(netloc, timeout=30) for _ in range(clients)]


def looped(clients: list[http.client.HTTPConnection], send: Send, seconds: float) -> Measured:
    """The same, of clients that stay: each with the process that took its connection."""
    numbers, took, wrong = count(), list[float](), list[int]()
    end = time.monotonic() + seconds

    def client(connection: http.client.HTTPConnection) -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            status = send(connection, next(numbers))
            took.append(time.monotonic() - began)
            if status >= 300:
                wrong.append(status)

    began = time.monotonic()
    _run([partial(client, connection) for connection in clients])
    return _measured(took, wrong, time.monotonic() - began)


def open_loop(base: str, send: Send, per_second: int, seconds: float, threads: int) -> Measured:
    """Arrivals by the clock; the time counts from when a request should have been sent."""
    numbers, took, wrong = count(), list[float](), list[int]()
    total, began = int(per_second * seconds), time.monotonic() + 0.2

    def client() -> None:
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
        while (number := next(numbers)) < total:
            due = began + number / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            status = send(connection, number)
            took.append(time.monotonic() - due)
            if status >= 300:
                wrong.append(status)
        connection.close()

    _run([client] * threads)
    return _measured(took, wrong, time.monotonic() - began)


def _run(clients: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=client) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _measured(took: list[float], wrong: list[int], seconds: float) -> Measured:
    ordered = sorted(took)
    return Measured(
        per_second=len(ordered) / seconds,
        p50=ordered[len(ordered) // 2] * 1000,
        p99=ordered[int(len(ordered) * 0.99)] * 1000,
        wrong=len(wrong),
    )
