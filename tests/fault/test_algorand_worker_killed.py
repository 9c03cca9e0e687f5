"""kill -9 of worker and node on Algorand, and two workers at once: the ledger has one asset."""

import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import uuid4

import pytest

from domain.deployment import Deployment, replay, stream_of
from domain.events import AttemptSigned, BroadcastAnswered, DeploymentCompleted
from domain.status import Status
from domain.values import DeploymentId, SignerId
from infrastructure.devnet.algod import Algod
from infrastructure.event_log import open_log
from tests.algorand_hands import chain_at
from tests.algorand_world import address_of, assets_of, make_engine, reference, request
from tests.victim import ended, start

MOST_STEPS = 60
A_ROUND = 0.15
WIDE = 40
"""Rounds of a window: production's own."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=A_ROUND) as one:
        yield one


def worker(url: str, node: Algod, deployments: list[DeploymentId], steps: int = -1) -> BaseProcess:
    chain = partial(chain_at, reference(node), node.urls[:1], node.token, WIDE)
    return start(url, chain, make_engine, deployments, steps)


def asked_for(url: str, node: Algod, signer: SignerId) -> DeploymentId:
    deployment = DeploymentId(uuid4())
    with open_log(url) as log:
        request(log, reference(node), signer, deployment)
    return deployment


def state_in(url: str, deployment: DeploymentId) -> Deployment:
    with open_log(url) as log:
        events = [one.event for one in log.read(stream_of(deployment)).events]
    assert sum(isinstance(event, DeploymentCompleted) for event in events) <= 1
    state = replay(events)
    assert state is not None
    return state


def landed_once(url: str, node: Algod, signer: SignerId, deployments: list[DeploymentId]) -> None:
    """Ask the log for the outcomes, and the ledger itself for what the signer created."""
    states = [state_in(url, deployment) for deployment in deployments]
    assert {state.status for state in states} == {Status.COMPLETED}
    assets = sorted(int.from_bytes(one.completed.asset) for one in states if one.completed)
    found = assets_of(node, address_of(signer))
    assert sorted(int(str(one["index"])) for one in found) == assets
    assert len(set(assets)) == len(deployments)


@pytest.mark.timeout(400)
def test_a_worker_killed_at_any_durable_step_leaves_one_asset(
    any_database_url: str, node: Algod
) -> None:
    """All are killed first, each one step later than the one before; then one worker goes on."""
    killed: list[tuple[SignerId, DeploymentId]] = []
    for steps in range(MOST_STEPS):
        signer = SignerId(uuid4())
        deployment = asked_for(any_database_url, node, signer)
        code = ended(worker(any_database_url, node, [deployment], steps))
        if code == 0:
            landed_once(any_database_url, node, signer, [deployment])
            break
        assert code == -signal.SIGKILL
        killed.append((signer, deployment))
        assert len(assets_of(node, address_of(signer))) <= 1
    assert len(killed) >= 14, "fewer durable steps than a sponsored deployment has"
    assert ended(worker(any_database_url, node, [one for _, one in killed])) == 0
    for signer, deployment in killed:
        landed_once(any_database_url, node, signer, [deployment])


def test_a_node_killed_while_it_has_the_bytes_comes_back_and_has_one_asset(
    any_database_url: str, tmp_path: Path
) -> None:
    with Algod(tmp_path, round_seconds=A_ROUND) as node:
        node.ask("POST", "/devnet/pause")
        signer = SignerId(uuid4())
        deployment = asked_for(any_database_url, node, signer)
        process = worker(any_database_url, node, [deployment])
        try:
            wait_until_in_pool(any_database_url, deployment)
            node.kill()
            assert state_in(any_database_url, deployment).status is not Status.COMPLETED
            node.start()
        finally:
            code = ended(process)
        assert code == 0
        landed_once(any_database_url, node, signer, [deployment])
        with open_log(any_database_url) as log:
            events = [one.event for one in log.read(stream_of(deployment)).events]
        assert sum(isinstance(event, AttemptSigned) for event in events) == 1
        assert any(isinstance(event, BroadcastAnswered) for event in events)


def wait_until_in_pool(url: str, deployment: DeploymentId) -> None:
    deadline = time.monotonic() + 30
    while state_in(url, deployment).status is not Status.PENDING:
        assert time.monotonic() < deadline, "the bytes came into no pool"
        time.sleep(0.05)


def test_a_node_killed_again_and_again_under_a_worker_has_one_asset_each(
    any_database_url: str, tmp_path: Path
) -> None:
    with Algod(tmp_path, round_seconds=A_ROUND) as node:
        signer = SignerId(uuid4())
        deployments = [asked_for(any_database_url, node, signer) for _ in range(3)]
        process = worker(any_database_url, node, deployments)
        over = threading.Event()
        try:
            for _ in range(4):
                over.wait(0.7)
                node.kill()
                node.start()
        finally:
            code = ended(process)
        assert code == 0
        landed_once(any_database_url, node, signer, deployments)


def test_two_workers_on_one_signer_freeze_nothing_and_double_nothing(
    any_database_url: str, node: Algod
) -> None:
    signer = SignerId(uuid4())
    deployments = [asked_for(any_database_url, node, signer) for _ in range(5)]
    workers = [worker(any_database_url, node, deployments) for _ in range(2)]
    assert [ended(one) for one in workers] == [0, 0]
    landed_once(any_database_url, node, signer, deployments)
