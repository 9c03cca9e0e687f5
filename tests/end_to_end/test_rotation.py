"""Keys of the running service: changed under it without anybody noticing, and refused at start."""

import time
from pathlib import Path

import pytest

from infrastructure.devnet.anvil import Anvil
from infrastructure.keys.provider import DEVELOPMENT
from interfaces.cli.http_client import HttpClient
from tests.service_process import Service, running, service_on

CREATE = "/api/v1/token/erc20-mintable/create"
TOKEN = {
    "network": "anvil",
    "name": "Gold Bond",
    "symbol": "GLD",
    "initialSupply": "1",
    "cap": "5000",
}
OLD, NEW = "0a" * 32, "0b" * 32
PATIENCE = 60.0


def with_keys(service: Service, current: str, previous: str = "") -> Service:
    service.environment["PROOFMINT_MASTER_KEY"] = current
    service.environment["PROOFMINT_MASTER_KEY_PREVIOUS"] = previous
    return service


def deployed(client: HttpClient, key: str) -> None:
    accepted = client.post(CREATE, TOKEN, key)
    assert accepted.status == 202, accepted.body
    deadline = time.monotonic() + PATIENCE
    while client.get(accepted.headers["location"]).json["status"] != "completed":
        assert time.monotonic() < deadline, "a worker that cannot open seeds signs nothing"
        time.sleep(0.05)


def test_keys_are_changed_and_nobody_signs_in_again_or_waits_for_a_signature(
    any_database_url: str, tmp_path: Path, anvil: Anvil
) -> None:
    service = service_on(any_database_url, tmp_path, anvil)
    with running(with_keys(service, OLD, NEW), "worker", "projector"):
        client = service.registered("ada")
        deployed(client, "one")
    with running(with_keys(service, NEW, OLD), "worker", "projector"):
        service.registered("grace")
        assert client.get("/readyz").json["checks"]["keys"] == "pass"
        done = service.proofmint("keys", "rewrap")
        assert done.returncode == 0, done.stderr
        deployed(client, "two")
    with running(with_keys(service, NEW), "worker", "projector"):
        deployed(client, "three")
        deployed(service.registered("ada"), "four")
        deployed(service.registered("grace"), "five")
        assert client.get("/readyz").json["checks"]["keys"] == "pass"
    status = service.proofmint("keys", "status")
    assert status.stdout.endswith("current\n")
    assert status.stdout.count("\n") == 1
    with_keys(service, OLD)
    for process in ("serve", "work"):
        refused = service.proofmint(process)
        assert refused.returncode == 2
        assert refused.stderr.count("\n") == 1
        assert "not among those given" in refused.stderr
        assert OLD not in refused.stderr


@pytest.mark.parametrize("process", ["serve", "work", "keys status"])
@pytest.mark.parametrize(
    ("current", "previous", "named"),
    [
        (DEVELOPMENT + OLD, "", "PROOFMINT_MASTER_KEY is a development key"),
        (OLD, DEVELOPMENT + NEW, "PROOFMINT_MASTER_KEY_PREVIOUS is a development key"),
    ],
)
def test_production_does_not_start_with_a_development_key(
    sqlite_url: str, tmp_path: Path, process: str, current: str, previous: str, named: str
) -> None:
    service = with_keys(Service(url=sqlite_url, folder=tmp_path), current, previous)
    service.environment["PROOFMINT_MODE"] = "production"
    refused = service.proofmint(*process.split())
    assert refused.returncode == 2
    assert refused.stderr == f"proofmint: {named}, and this is production\n"
