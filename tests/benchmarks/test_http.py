"""Accepted commands over HTTP, beside the stock application and a handler that does nothing.

One run, one machine, everything on the same two cores: ratios count.
"""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infrastructure.devnet.anvil import Anvil, free_port
from tests.benchmarks.load import Send, closed_loop, create, open_loop, post
from tests.service_process import ROOT, Service, running, service_on

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]
SECONDS = 4.0
CLIENTS = (1, 16, 64)
ARRIVALS = 300


@contextmanager
def stock(url: str, threads: int = 16) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.stock", f"127.0.0.1:{port}", str(threads), url],
        cwd=ROOT,
    )
    base = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{base}/absent")
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.05)
    yield base
    process.terminate()
    process.wait()


def bench_service(url: str, folder: Path) -> Service:
    return Service(
        url=url, folder=folder, genesis=b"\7" * 32, node="http://127.0.0.1:9", network="bench"
    )


def rows(name: str, base: str, send: Send) -> None:
    for clients in CLIENTS:
        print(f"  {name:<34} {clients:>3} clients  {closed_loop(base, send, clients, SECONDS)}")


def test_accepted_commands(any_database_url: str, tmp_path: Path) -> None:
    kind = any_database_url.partition(":")[0]
    print(f"\naccepted commands, {kind}")
    other = any_database_url
    if kind == "sqlite":
        other = f"sqlite:///{tmp_path}/stock.db"
    else:
        import psycopg

        with psycopg.connect(any_database_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE stock_of_bench")
        other = any_database_url.rpartition("/")[0] + "/stock_of_bench"
    with stock(other) as base:
        rows("handler that does nothing", base, post("/nothing"))
        rows("library's stock application", base, post("/stock"))
    service = bench_service(any_database_url, tmp_path)
    with running(service, "projector"):
        client = service.registered()
        rows("Proofmint, projector running", service.base, create(client.token, "closed"))
        measured = open_loop(service.base, create(client.token, "open"), ARRIVALS, 10.0, 64)
        print(f"  {'arrivals by the clock, 300/s':<34}              {measured}")
        for name in ("api", "projector"):
            print(f"  resident memory, {name:<17} {resident(getattr(service, name).pid):7.0f} MB")
    assert measured.wrong == 0


def resident(pid: int) -> float:
    """Return megabytes of a process and its children."""
    pages = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            if int(status.parent.name) == pid or int(fields[1]) == pid:
                pages = max(pages, int(fields[21]))
        except (OSError, ValueError):
            continue
    return pages * 4096 / 1e6


def test_accept_to_completed_and_starts(sqlite_url: str, tmp_path: Path, anvil: Anvil) -> None:
    service = service_on(sqlite_url, tmp_path, anvil)
    service.api.start()
    print(f"\nstart of the API until ready: {service.wait_until_ready():.2f} s")
    service.worker.start()
    service.projector.start()
    client = service.registered()
    body = {
        "network": "anvil",
        "name": "Gold",
        "symbol": "GLD",
        "initialSupply": "1",
        "cap": "5",
    }
    took = []
    for number in range(5):
        began = time.monotonic()
        location = client.post(
            "/api/v1/token/erc20-mintable/create", body, f"key-{number}"
        ).headers["location"]
        while client.get(location).json["status"] != "completed":
            time.sleep(0.02)
        took.append(time.monotonic() - began)
    print("accept to Completed, blocks of 0.2 s: " + ", ".join(f"{one:.2f} s" for one in took))
    print(f"resident memory, worker: {resident(service.worker.pid):.0f} MB")
    for process in (service.api, service.worker, service.projector):
        process.stop()
    began = time.monotonic()
    service.proofmint("--help")
    print(f"proofmint --help: {time.monotonic() - began:.2f} s")
