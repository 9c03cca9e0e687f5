"""The real processes of the service, for tests over HTTP: started, killed and stopped by id."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.anvil import DEVELOPMENT_KEY, Anvil, free_port
from infrastructure.devnet.entries import TOKEN, algorand_entry, anvil_entry
from infrastructure.devnet.indexer import Indexer
from infrastructure.keys.provider import make_development_key
from infrastructure.networks import write_catalogue
from interfaces.cli.http_client import HttpClient

ROOT = Path(__file__).parents[1]
NOBODY = "http://127.0.0.1:9"
ALGORAND = "algorand"
POLL = 0.05
START_PATIENCE = 30.0
STOP_PATIENCE = 40.0


@dataclass
class Process:
    """One `proofmint` process."""

    arguments: list[str]
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "interfaces.cli.main", *self.arguments],
            env=dict(self.environment),
            cwd=ROOT,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """kill -9, with the whole group: an API has children."""
        os.killpg(self.pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.wait(STOP_PATIENCE)


@dataclass
class Service:
    """API, worker and projector over one database and a chain of each family that a test names."""

    url: str
    folder: Path
    genesis: bytes = bytes(32)
    node: str = NOBODY
    chain_id: int = 31337
    network: str = "anvil"
    algod: Algod | None = None
    """Makes a second network of its chain."""
    indexer: Indexer | None = None
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        make_development_key(self.folder / "master.key")
        entries = [anvil_entry(self.network, self.chain_id, self.genesis, self.node, POLL)]
        secrets = {f"PROOFMINT_TREASURY_KEY_{self.network.upper()}": DEVELOPMENT_KEY.hex()}
        if (algod := self.algod) is not None:
            reader = self.indexer and self.indexer.url
            entries.append(algorand_entry(ALGORAND, algod.genesis_hash, algod.url, reader, POLL))
            secrets[f"PROOFMINT_NODE_TOKEN_{TOKEN.upper()}"] = algod.token
            secrets[f"PROOFMINT_TREASURY_KEY_{ALGORAND.upper()}"] = algod.treasury.hex()
        write_catalogue(self.folder / "networks.toml", *entries)
        self.environment = os.environ | {
            "PROOFMINT_DATA": str(self.folder),
            "PROOFMINT_DATABASE_URL": self.url,
            "PROOFMINT_BIND": f"127.0.0.1:{self.port}",
            "PROOFMINT_LOG_LEVEL": "ERROR",
            **secrets,
        }
        self.api = Process(["serve"], self.environment)
        self.worker = Process(["work"], self.environment)
        self.projector = Process(["project"], self.environment)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str = "") -> HttpClient:
        return HttpClient(self.base, token)

    def registered(self, name: str = "issuer") -> HttpClient:
        """Return a client that has signed up."""
        body = {"email": f"{name}@example.com", "password": "correct horse battery staple"}
        answer = self.client().post("/api/v1/auth/register", body)
        if answer.status == 409:
            answer = self.client().post("/api/v1/auth/login", body)
        assert answer.status in {200, 201}, answer.body
        return self.client(answer.json["accessToken"])

    def wait_until_ready(self) -> float:
        """Return the seconds until the API was ready."""
        began = time.monotonic()
        while time.monotonic() - began < START_PATIENCE:
            try:
                with urllib.request.urlopen(f"{self.base}/readyz", timeout=2):
                    return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        raise AssertionError("the API does not start")

    def proofmint(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "interfaces.cli.main", *arguments],
            env=dict(self.environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def running(service: Service, *names: str) -> Iterator[Service]:
    """Run the API and the named processes (`worker`, `projector`), and stop them all."""
    with ExitStack() as started:
        for name in ("api", *names):
            process: Process = getattr(service, name)
            process.start()
            started.callback(process.stop)
        service.wait_until_ready()
        yield service


def service_on(
    url: str,
    folder: Path,
    anvil: Anvil,
    algod: Algod | None = None,
    indexer: Indexer | None = None,
) -> Service:
    return Service(
        url=url,
        folder=folder,
        genesis=anvil.genesis_hash,
        node=anvil.url,
        algod=algod,
        indexer=indexer,
    )
