"""`proofmint demo`: the whole line on a real ledger, as an issuer would see it."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from infrastructure.devnet.anvil import free_port
from interfaces.cli.http_client import Answer, HttpClient

START_PATIENCE = 40.0
DEPLOY_PATIENCE = 60.0
STOP_PATIENCE = 60.0
CREATE = "/api/v1/token/erc20-mintable/create"
TOKEN = {
    "network": "anvil",
    "name": "Gold Bond 2030",
    "symbol": "GOLD",
    "decimals": 18,
    "initialSupply": "1000000.5",
    "cap": "5000000",
}


class DemoFailed(click.ClickException):
    """The demo did not show what it should have shown."""


@click.command("demo")
def command() -> None:
    """Deploy a token on a real ledger, and show that it happened once."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="proofmint-demo-") as folder:
        base = f"127.0.0.1:{free_port()}"
        environment = os.environ | {"PROOFMINT_DATA": folder, "PROOFMINT_BIND": base}
        environment["PROOFMINT_LOG_LEVEL"] = "ERROR"
        console.print("[bold]Starting[/] an EVM chain, the API, a worker and a projector ...")
        with _service(environment):
            client = HttpClient(f"http://{base}")
            _wait_until_ready(client)
            _show(console, client, environment)
    console.print("[bold green]Done.[/] Everything that was started is stopped.")


def _show(console: Console, client: HttpClient, environment: dict[str, str]) -> None:
    _register(console, client)
    key = f"demo-{secrets.token_hex(4)}"
    first = client.post(CREATE, TOKEN, key)
    _expect(first, 202)
    console.print(f"[bold]Accepted[/] {first.json['deploymentId']} with key {key}")
    deployment = _follow(console, client, first.headers["location"])
    console.print(f"  token        [bold]{deployment['assetIdentifier']}[/]")
    console.print(f"  transaction  {deployment['transactionHash']}")
    console.print(f"  block        {deployment['blockNumber']} {deployment['blockHash']}")
    _trail(console, client, first.headers["location"])
    _repeat(console, client, key, first)
    _rebuild(console, environment)


def _register(console: Console, client: HttpClient) -> None:
    credentials = {
        "email": f"issuer-{secrets.token_hex(3)}@example.com",
        "password": secrets.token_urlsafe(18),
    }
    registered = client.post("/api/v1/auth/register", credentials)
    _expect(registered, 201)
    client.token = registered.json["accessToken"]
    console.print(f"[bold]Registered[/] {credentials['email']}")
    console.print(f"  EVM address       {registered.json['evmAddress']}")
    console.print(f"  Algorand address  {registered.json['algorandAddress']}")


def _follow(console: Console, client: HttpClient, location: str) -> Any:
    """Show every change of status until the outcome is said."""
    shown, deadline = "", time.monotonic() + DEPLOY_PATIENCE
    with console.status("waiting for the chain ...") as spinner:
        while time.monotonic() < deadline:
            deployment = client.get(location).json
            state = f"{deployment['status']:<10} {deployment['subStatus'] or ''}"
            if state != shown:
                console.print(f"  {time.strftime('%H:%M:%S')}  {state}")
                shown = state
            if deployment["decidableAt"]:
                spinner.update(f"the outcome will be known {deployment['decidableAt']}")
            if deployment["status"] == "completed":
                return deployment
            if deployment["status"] == "failed":
                raise DemoFailed(f"the deployment failed: {deployment['failure']}")
            time.sleep(0.1)
    raise DemoFailed(f"no outcome after {DEPLOY_PATIENCE:.0f} s")


def _trail(console: Console, client: HttpClient, location: str) -> None:
    table = Table("#", "status", "what happened", title="Audit trail")
    for entry in client.get(f"{location}/history").json["history"]:
        table.add_row(str(entry["version"]), entry["status"], entry["message"][:110])
    console.print(table)


def _repeat(console: Console, client: HttpClient, key: str, first: Answer) -> None:
    again = client.post(CREATE, TOKEN, key)
    listed = client.get("/api/v1/token/deployments").json["deployments"]
    if again.body != first.body or len(listed) != 1:
        raise DemoFailed("the repeated request did not give the same answer")
    console.print("[bold]Repeated[/] with the same key: the same bytes, still one deployment")
    other = client.post(CREATE, TOKEN | {"symbol": "SILV"}, key)
    _expect(other, 422)
    console.print(f"[bold]Refused[/] another request with that key: {other.json['code']}")


def _rebuild(console: Console, environment: dict[str, str]) -> None:
    for arguments in (["verify"], ["rebuild"], ["verify"]):
        ran = _proofmint(["projections", *arguments], environment)
        for line in ran.splitlines():
            console.print(f"  projections {arguments[0]}: {line}")


def _proofmint(arguments: list[str], environment: dict[str, str]) -> str:
    ran = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "interfaces.cli.main", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise DemoFailed(f"proofmint {' '.join(arguments)}: {ran.stdout}{ran.stderr}")
    return ran.stdout


def _wait_until_ready(client: HttpClient) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline:
        try:
            if client.get("/readyz").status == 200:  # noqa: PLR2004
                return
        except OSError:
            time.sleep(0.1)
    raise DemoFailed("the service does not start")


@contextmanager
def _service(environment: dict[str, str]) -> Generator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli.main", "up", "--devnet"],
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise DemoFailed(f"{answer.status} instead of {status}: {answer.body.decode()[:500]}")
