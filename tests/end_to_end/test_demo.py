"""The demo shows what it promises, and leaves nothing running."""

import os
import subprocess
import sys
from pathlib import Path

from tests.service_process import ROOT

PROMISED = (
    "Registered",
    "Verified by the code of",
    "Accepted",
    "completed",
    "token        0x",
    "token        1002",
    "on algorand-devnet",
    "transaction",
    "Audit trail",
    "bytes holds: COMPLETED: deployment",
    "on anvil (evm, chain 31337); key not exported",
    "on algorand-devnet (algorand); key not exported",
    "Security activity",
    "the same bytes, still two deployments",
    "IDEMPOTENCY_KEY_MISMATCH",
    "every row is what the log says",
    "Everything that was started is stopped",
)


def processes_with(marker: str) -> list[str]:
    """Return the processes that were started with this in their environment."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker.encode() in environment.read_bytes():
                found.append(environment.parent.name)
        except OSError:
            continue
    return found


def test_the_demo_shows_the_whole_line_and_stops_what_it_started() -> None:
    marker = f"PROOFMINT_DEMO_TEST={os.getpid()}"
    name, _, value = marker.partition("=")
    ran = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", "demo"],
        env=os.environ | {name: value, "COLUMNS": "200"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for said in PROMISED:
        assert said in ran.stdout, said
    assert processes_with(marker) == []
