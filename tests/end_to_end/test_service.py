"""The real processes over HTTP: the whole line, kill -9 anywhere, and what an operator would do."""

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pytest

from infrastructure.devnet.anvil import Anvil, free_port
from interfaces.cli.http_client import Answer, HttpClient
from tests.service_process import ROOT, running, service_on

CREATE = "/api/v1/token/erc20-mintable/create"
PATIENCE = 60.0


def token(**more: str) -> dict[str, Any]:
    body = {
        "network": "anvil",
        "name": "Gold Bond",
        "symbol": "GLD",
        "initialSupply": "1000.5",
        "cap": "5000",
    }
    return body | more


def completed(client: HttpClient, location: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        deployment: dict[str, Any] = client.get(location).json
        if deployment["status"] == "completed":
            return deployment
        assert deployment["status"] != "failed", deployment
        time.sleep(0.05)
    raise AssertionError(deployment)


def test_one_command_becomes_one_proven_token(
    any_database_url: str, tmp_path: Path, anvil: Anvil
) -> None:
    service = service_on(any_database_url, tmp_path, anvil)
    with running(service, "worker", "projector"):
        client = service.registered()
        accepted = client.post(CREATE, token(), "key-1")
        assert accepted.status == 202
        location = accepted.headers["location"]
        assert client.get(location).status == 200
        deployment = completed(client, location)
        code = anvil.ask("eth_getCode", deployment["assetIdentifier"], "latest")
        assert len(code) > 2
        assert client.post(CREATE, token(), "key-1").body == accepted.body
        history = client.get(f"{location}/history").json["history"]
        assert [entry["status"] for entry in history][-1] == "completed"
        trail = client.get(f"{location}/audit-trail?format=csv").body.decode()
        assert trail.count("\r\n") == len(history) + 1
        assert json.loads(client.get(f"{location}/audit-trail").body)["statusHistory"]
        assert service.proofmint("projections", "rebuild").returncode == 0
        assert completed(client, location) == deployment
    assert service.proofmint("projections", "verify").returncode == 0
    story = service.proofmint("events", "replay", accepted.json["deploymentId"])
    assert "completed: token" in story.stdout
    exported = service.proofmint("events", "export")
    positions = [json.loads(line)["position"] for line in exported.stdout.splitlines()]
    assert positions == list(range(1, len(positions) + 1))


def test_what_was_acknowledged_survives_kills_of_api_and_projector(
    any_database_url: str, tmp_path: Path, anvil: Anvil
) -> None:
    service, dice = service_on(any_database_url, tmp_path, anvil), random.Random(7)
    acknowledged: dict[str, bytes] = {}
    with running(service, "projector"):
        client = service.registered()
        stop = threading.Event()

        def post_until_stopped(number: int) -> None:
            for turn in range(10_000):
                if stop.is_set():
                    return
                key = f"{number}-{turn}"
                answer = persistent(client, key, stop)
                if answer is not None:
                    acknowledged[key] = answer.body

        with ThreadPoolExecutor(4) as pool:
            for number in range(4):
                pool.submit(post_until_stopped, number)
            for _ in range(4):
                time.sleep(dice.uniform(0.3, 0.9))
                victim = dice.choice([service.api, service.projector])
                victim.kill()
                victim.start()
                service.wait_until_ready()
            stop.set()
        assert len(acknowledged) > 20
        for key, body in acknowledged.items():
            again = client.post(CREATE, token(), key)
            assert (again.status, again.body) == (202, body)
            assert client.get(again.headers["location"]).status == 200
    assert service.proofmint("projections", "verify").returncode == 0


def persistent(client: HttpClient, key: str, stop: threading.Event) -> Answer | None:
    """Send with the same key until there is an answer, as a careful client does."""
    while not stop.is_set():
        try:
            answer = client.post(CREATE, token(), key)
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
            continue
        if answer.status == 202:
            return answer
        assert answer.status == 503, answer.body
    return None


def test_a_killed_worker_process_is_followed_by_another_and_each_token_lands_once(
    any_database_url: str, tmp_path: Path, anvil: Anvil
) -> None:
    service, dice = service_on(any_database_url, tmp_path, anvil), random.Random(11)
    with running(service, "projector"):
        client = service.registered()
        signer = client.get("/api/v1/account/addresses").json["evmAddress"]
        before = int(anvil.ask("eth_getTransactionCount", signer, "latest"), 16)
        accepted = [client.post(CREATE, token(), f"key-{number}") for number in range(6)]
        for _ in range(4):
            service.worker.start()
            time.sleep(dice.uniform(1.2, 2.4))
            service.worker.kill()
        service.worker.start()
        done = [completed(client, one.headers["location"]) for one in accepted]
        service.worker.stop()
    assert len({one["assetIdentifier"] for one in done}) == len(accepted)
    after = int(anvil.ask("eth_getTransactionCount", signer, "latest"), 16)
    assert after - before == len(accepted)


def test_processes_refuse_a_database_that_was_never_migrated(tmp_path: Path, anvil: Anvil) -> None:
    service = service_on(f"sqlite:///{tmp_path}/absent.db", tmp_path, anvil)
    for name in ("serve", "work", "project"):
        ran = service.proofmint(name)
        assert ran.returncode == 2
        assert "proofmint migrate" in ran.stderr
        assert "Traceback" not in ran.stderr


class Up:
    """`proofmint up --devnet` in a folder."""

    def __init__(self, folder: Path) -> None:
        import os

        self.base = f"127.0.0.1:{free_port()}"
        self.environment = os.environ | {
            "PROOFMINT_DATA": str(folder),
            "PROOFMINT_BIND": self.base,
            "PROOFMINT_LOG_LEVEL": "ERROR",
        }
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "interfaces.cli.main", "up", "--devnet"],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        while "Stop it with" not in self.said:
            line = self.process.stdout.readline()
            assert line, "up ended"
            self.said += line
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


def sign_in(client: HttpClient, path: str) -> None:
    body = {"email": "issuer@example.com", "password": "correct horse battery staple"}
    client.token = client.post(f"/api/v1/auth/{path}", body).json["accessToken"]


def deploy_both(client: HttpClient, key: str) -> list[str]:
    """Complete a token on each chain, and return where they are."""
    asset = {
        "network": "algorand-devnet",
        "name": "Silver",
        "unitName": "SLV",
        "totalSupply": "18446744073709551615",
    }
    asked = {CREATE: token(), "/api/v1/token/asa-ft/create": asset}
    answers = [client.post(route, body, key) for route, body in asked.items()]
    locations = [answer.headers["location"] for answer in answers]
    assert all(completed(client, location) for location in locations)
    return locations


def test_up_started_again_meets_the_old_chains_or_knows_that_they_are_others(
    tmp_path: Path,
) -> None:
    with Up(tmp_path) as first:
        assert first.said.count("curl") == 4
        client = HttpClient(f"http://{first.base}")
        sign_in(client, "register")
        old = deploy_both(client, "first")
    with Up(tmp_path) as second:
        client = HttpClient(f"http://{second.base}")
        sign_in(client, "login")
        assert all(completed(client, location) for location in old)
        deploy_both(client, "second")
    (tmp_path / "anvil.json").unlink()
    shutil.rmtree(tmp_path / "algorand")
    with Up(tmp_path) as third:
        assert third.said.count("another chain") == 2
        client = HttpClient(f"http://{third.base}")
        sign_in(client, "login")
        assert all(completed(client, location) for location in old)
        deploy_both(client, "third")


@pytest.mark.parametrize("flag", ["--help", "events --help", "projections --help"])
def test_help_needs_no_database(flag: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", *flag.split()],
        env={"PATH": "", "PROOFMINT_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert "Usage" in ran.stdout
