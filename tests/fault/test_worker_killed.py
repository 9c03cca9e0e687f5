"""kill -9 of the worker at each durable step, and two workers at once: the chain has one token."""

import signal
from functools import partial
from multiprocessing.process import BaseProcess
from uuid import uuid4

import pytest

from domain.deployment import replay, stream_of
from domain.events import DeploymentCompleted
from domain.status import Status
from domain.values import DeploymentId, SignerId
from infrastructure.addresses import create_address
from infrastructure.devnet.anvil import Anvil
from infrastructure.event_log import open_log
from tests.evm_world import adapter, address_of, make_engine, reference, request
from tests.victim import ended, start

MOST_STEPS = 80


def worker(url: str, anvil: Anvil, deployments: list[DeploymentId], steps: int = -1) -> BaseProcess:
    return start(
        url, partial(adapter, reference(anvil), anvil.url), make_engine, deployments, steps
    )


def landed_once(url: str, anvil: Anvil, signer: SignerId, deployment: DeploymentId) -> None:
    """Ask the log for the outcome, and the chain for nonce and contracts."""
    with open_log(url) as log:
        events = [one.event for one in log.read(stream_of(deployment)).events]
    state = replay(events)
    assert state is not None
    assert state.status is Status.COMPLETED
    assert sum(isinstance(event, DeploymentCompleted) for event in events) == 1
    account = address_of(signer)
    nonce = anvil.ask("eth_getTransactionCount", "0x" + account.hex(), "latest")
    assert int(nonce, 16) == 1
    contracts = [
        number
        for number in range(3)
        if anvil.ask("eth_getCode", "0x" + create_address(account, number).hex(), "latest") != "0x"
    ]
    assert contracts == [0]
    assert state.completed is not None
    assert state.completed.asset == create_address(account, 0)


@pytest.mark.timeout(400)
def test_a_worker_killed_at_any_durable_step_leaves_one_token(
    any_database_url: str, anvil: Anvil
) -> None:
    killed = 0
    for steps in range(MOST_STEPS):
        signer, deployment = SignerId(uuid4()), DeploymentId(uuid4())
        with open_log(any_database_url) as log:
            request(log, reference(anvil), signer, deployment)
        code = ended(worker(any_database_url, anvil, [deployment], steps))
        if code == 0:
            landed_once(any_database_url, anvil, signer, deployment)
            break
        assert code == -signal.SIGKILL
        killed += 1
        assert ended(worker(any_database_url, anvil, [deployment])) == 0
        landed_once(any_database_url, anvil, signer, deployment)
    assert killed >= 20, "fewer durable steps than a funded deployment has"


def test_two_workers_on_one_signer_freeze_nothing_and_double_nothing(
    any_database_url: str, anvil: Anvil
) -> None:
    signer = SignerId(uuid4())
    deployments = [DeploymentId(uuid4()) for _ in range(6)]
    with open_log(any_database_url) as log:
        for deployment in deployments:
            request(log, reference(anvil), signer, deployment)
    workers = [worker(any_database_url, anvil, deployments) for _ in range(2)]
    assert [ended(one) for one in workers] == [0, 0]
    with open_log(any_database_url) as log:
        states = [
            replay(one.event for one in log.read(stream_of(deployment)).events)
            for deployment in deployments
        ]
    assets = {state.completed.asset for state in states if state and state.completed}
    assert len(assets) == len(deployments)
    account = "0x" + address_of(signer).hex()
    assert int(anvil.ask("eth_getTransactionCount", account, "latest"), 16) == len(deployments)
