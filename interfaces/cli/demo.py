"""`proofmint demo`: the whole line on a real ledger, as an issuer would see it."""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from infrastructure.devnet.anvil import free_port
from interfaces.cli.http_client import Answer, HttpClient

START_PATIENCE = 40.0
DEPLOY_PATIENCE = 60.0
STOP_PATIENCE = 60.0
ERC20 = "/api/v1/token/erc20-mintable/create"
ASA = "/api/v1/token/asa-ft/create"
CODE = re.compile(r"^[\w-]{86}$", re.MULTILINE)
"""What a mail's link holds, on a line of its own."""
TOKENS = {
    ERC20: {
        "network": "anvil",
        "name": "Gold Bond 2030",
        "symbol": "GOLD",
        "decimals": 18,
        "initialSupply": "1000000.5",
        "cap": "5000000",
    },
    ASA: {
        "network": "algorand-devnet",
        "name": "Silver Note 2031",
        "unitName": "SILVER",
        "decimals": 2,
        "totalSupply": "100000000",
        "url": "https://example.com/silver",
    },
}
"""What is asked for, by where: one token for each family of chains, side by side."""


class DemoFailed(click.ClickException):
    """The demo did not show what it should have shown."""


@click.command("demo")
def command() -> None:
    """Deploy tokens on two real ledgers, and show that each happened once."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="proofmint-demo-") as folder:
        base = f"127.0.0.1:{free_port()}"
        environment = os.environ | {"PROOFMINT_DATA": folder, "PROOFMINT_BIND": base}
        environment["PROOFMINT_LOG_LEVEL"] = "ERROR"
        console.print(
            "[bold]Starting[/] an EVM and an Algorand chain, a mail server, the API, a worker, "
            "a projector and a postman ..."
        )
        with _service(environment):
            client = HttpClient(f"http://{base}")
            _wait_until_ready(client)
            _register(console, client)
            _verify(console, client, Path(folder) / "mails")
            _show(console, client, environment)
    console.print("[bold green]Done.[/] Everything that was started is stopped.")


def _show(console: Console, client: HttpClient, environment: dict[str, str]) -> None:
    key = f"demo-{secrets.token_hex(4)}"
    first = {create: client.post(create, token, key) for create, token in TOKENS.items()}
    for create, answer in first.items():
        _expect(answer, 202)
        where = TOKENS[create]["network"]
        console.print(f"[bold]Accepted[/] {answer.json['deploymentId']} on {where}, key {key}")
    locations = [answer.headers["location"] for answer in first.values()]
    for deployment in _follow(console, client, locations):
        console.print(f"[bold]{deployment['name']}[/] on {deployment['network']}")
        console.print(f"  token        [bold]{deployment['assetIdentifier']}[/]")
        console.print(f"  transaction  {deployment['transactionHash']}")
        console.print(f"  block        {deployment['blockNumber']} {deployment['blockHash']}")
    for location in locations:
        _trail(console, client, location)
    for location in locations:
        _certificate(console, client, location, environment)
    _repeat(console, client, key, first)
    _activity(console, client)
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


def _verify(console: Console, client: HttpClient, mails: Path) -> None:
    """Open the mail that the service sent, and give its code."""
    deadline = time.monotonic() + START_PATIENCE
    while not (found := sorted(mails.glob("*-verify-email.eml"))):
        if time.monotonic() > deadline:
            raise DemoFailed("no mail came")
        time.sleep(0.1)
    codes = CODE.findall(found[0].read_text(encoding="utf-8"))
    _expect(client.post("/api/v1/auth/verify-email", {"token": codes[0]}), 200)
    console.print(f"[bold]Verified[/] by the code of {found[0].name}")


def _activity(console: Console, client: HttpClient) -> None:
    """Show that the account's history is kept like the tokens' own."""
    activity = client.get("/api/v1/security/activity").json["activity"]
    if not any(one["eventType"] == "account.email-verified" for one in activity):
        raise DemoFailed("the security activity does not know of the verified address")
    console.print(
        f"[bold]Security activity[/] {len(activity)} facts, such as: {activity[0]['summary']}"
    )


def _follow(console: Console, client: HttpClient, locations: list[str]) -> list[Any]:
    """Show every change of status until all outcomes are said."""
    shown, deadline = dict.fromkeys(locations, ""), time.monotonic() + DEPLOY_PATIENCE
    with console.status("waiting for the chains ...") as spinner:
        while time.monotonic() < deadline:
            deployments = [client.get(location).json for location in locations]
            for location, deployment in zip(locations, deployments, strict=True):
                state = f"{deployment['status']:<10} {deployment['subStatus'] or ''}"
                if state != shown[location]:
                    shown[location] = state
                    console.print(
                        f"  {time.strftime('%H:%M:%S')}  {deployment['network']:<16} {state}"
                    )
                if deployment["decidableAt"]:
                    spinner.update(f"the outcome will be known {deployment['decidableAt']}")
                if deployment["status"] == "failed":
                    raise DemoFailed(f"a deployment failed: {deployment['failure']}")
            if all(deployment["status"] == "completed" for deployment in deployments):
                return deployments
            time.sleep(0.1)
    raise DemoFailed(f"no outcome after {DEPLOY_PATIENCE:.0f} s")


def _trail(console: Console, client: HttpClient, location: str) -> None:
    table = Table("#", "status", "what happened", title="Audit trail")
    for entry in client.get(f"{location}/history").json["history"]:
        table.add_row(str(entry["version"]), entry["status"], entry["message"][:110])
    console.print(table)


def _certificate(
    console: Console, client: HttpClient, location: str, environment: dict[str, str]
) -> None:
    """Check a certificate as an auditor does: from the file alone."""
    answer = client.get(f"{location}/certificate")
    _expect(answer, 200)
    file = Path(environment["PROOFMINT_DATA"]) / "certificate.json"
    file.write_bytes(answer.body)
    said = _proofmint(["certificate", "check", str(file)], environment).splitlines()
    exported = next(line for line in said if line.startswith("KEY ")).partition(":")[0]
    console.print(
        f"[bold]Certificate[/] of {len(answer.body)} bytes holds: {said[0]}; {exported.lower()}"
    )


def _repeat(console: Console, client: HttpClient, key: str, first: dict[str, Answer]) -> None:
    again = {create: client.post(create, token, key).body for create, token in TOKENS.items()}
    listed = client.get("/api/v1/token/deployments").json["deployments"]
    same = again == {create: answer.body for create, answer in first.items()}
    if not same or len(listed) != len(TOKENS):
        raise DemoFailed("the repeated requests did not give the same answers")
    console.print("[bold]Repeated[/] with the same key: the same bytes, still two deployments")
    other = client.post(ERC20, TOKENS[ERC20] | {"symbol": "SILV"}, key)
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
