"""Brackets without end raise, and never overflow the stack of a process that loads web3."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NESTED = """
import infrastructure.bootstrap_worker
from application.engine.chain import ChainUnavailable
from infrastructure.algorand.rest import parsed
from infrastructure.algorand.verifier import Refused, SlotFacts, verify
from infrastructure.deployment_certificate import verifier as certificates
from infrastructure.evm import verifier as evm
import json

deep = b"[" * 1_000_000
for read, refusal in (
    (lambda: parsed(deep), ChainUnavailable),
    (lambda: verify(deep, None, b""), Refused),
    (lambda: evm.verify(deep, None, b""), evm.Refused),
    (lambda: certificates.check(deep), certificates.Refused),
    (lambda: json.loads(deep), RecursionError),
):
    try:
        read()
    except refusal:
        print("refused")
"""


def test_a_worker_outlives_an_answer_of_a_million_brackets() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", NESTED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["refused"] * 5
