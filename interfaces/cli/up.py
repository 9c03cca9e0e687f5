"""`proofmint up`: every process on one machine, started, watched and stopped together."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import click

from infrastructure.devnet.network import devnet
from infrastructure.migrate import migrate
from infrastructure.settings import Settings
from interfaces.cli.stopping import Stopping

PROCESSES = ("serve", "work", "project", "mail")
START_PATIENCE = 30.0
STOP_PATIENCE = 40.0
AGAIN_AFTER = 1.0
"""Seconds until a process that ended by itself is started again."""


@dataclass
class Child:
    """One process of the service."""

    name: str
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    since: float = field(default=0.0)

    def start(self) -> None:
        self.since = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "interfaces.cli.main", self.name],
            env=self.environment,
            start_new_session=True,
        )

    def keep_running(self) -> None:
        """Start it again if it ended by itself."""
        assert self.process is not None
        ended = self.process.poll()
        if ended is not None and time.monotonic() - self.since > AGAIN_AFTER:
            click.echo(f"{self.name} ended with {ended}, starting it again", err=True)
            self.start()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@click.command("up")
@click.option("--devnet", "with_devnet", is_flag=True, help="Start the development chains, too.")
def command(with_devnet: bool) -> None:  # noqa: FBT001 - click's way
    """Run API, worker, projector and postman until SIGTERM; nothing else is needed."""
    stopping = Stopping()
    with ExitStack() as started:
        environment = dict(os.environ)
        if with_devnet:
            data = Path(environment.get("PROOFMINT_DATA", ".proofmint")).absolute()
            network = started.enter_context(devnet(data))
            environment |= network.environment
            for name in network.replaced:
                click.echo(f"{name}: another chain than last time, its old deployments stay held")
        settings = Settings.from_environment(environment)
        migrate(settings.database_url)
        children = [Child(name, environment) for name in PROCESSES]
        for child in children:
            child.start()
            started.callback(child.stop)
        base = f"http://{settings.bind}"
        if _ready(base, stopping):
            click.echo(_invitation(base))
            sys.stdout.flush()
        while not stopping:
            for child in children:
                child.keep_running()
            stopping.wait(0.2)


def _ready(base: str, stopping: Stopping) -> bool:
    """Wait until the API answers that it is ready."""
    deadline = time.monotonic() + START_PATIENCE
    while not stopping and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=2):  # noqa: S310 - our own http
                return True
        except (urllib.error.URLError, OSError):
            stopping.wait(0.1)
    return False


def _invitation(base: str) -> str:
    return f"""Proofmint is up: {base}

  curl -s {base}/api/v1/auth/register -H 'Content-Type: application/json' \\
    -d '{{"email": "issuer@example.com", "password": "correct horse battery staple"}}'

  TOKEN=$(curl -s {base}/api/v1/auth/login -H 'Content-Type: application/json' \\
    -d '{{"email": "issuer@example.com", "password": "correct horse battery staple"}}' \\
    | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')

  curl -s {base}/api/v1/token/erc20-mintable/create -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: my-first-token' \\
    -d '{{"network": "anvil", "name": "Gold", "symbol": "GLD",
         "initialSupply": "1000.5", "cap": "5000"}}'

  curl -s {base}/api/v1/token/asa-ft/create -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: my-first-asset' \\
    -d '{{"network": "algorand-devnet", "name": "Silver", "unitName": "SLV",
         "totalSupply": "100000"}}'

Stop it with Ctrl-C."""
