"""Algorand assets through the real processes, beside the same groups sent to the ledger alone.

One run, one machine, one chain, everything on the same cores: ratios count.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from domain.deployment import stream_of
from domain.tokens import AsaFungible
from domain.values import DeploymentId
from infrastructure.algorand import groups
from infrastructure.algorand.grid import lease_of
from infrastructure.algorand.node import Algod as Node
from infrastructure.devnet.algod import Algod
from infrastructure.devnet.indexer import Indexer
from interfaces.cli.http_client import HttpClient
from tests.service_process import ALGORAND, Service, running

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]
CREATE = "/api/v1/token/asa-ft/create"
ASSET = {"network": ALGORAND, "name": "Gold Bond", "unitName": "GLD", "totalSupply": "1000"}
BLOCKS = 60
MANY = 40
ROUND = 1.0
WINDOW = 40
"""Rounds, by policy."""
WIDTH = 8
"""Operations that a worker drives at once; so many clients send what is sent raw."""
MEMBERS = 200_000
"""Microalgos that a sponsor gives for an asset of a new account."""
PATIENCE = 300.0


@contextmanager
def chain(folder: Path, round_seconds: float) -> Iterator[tuple[Algod, Indexer]]:
    with (
        Algod(folder / "algod", round_seconds=round_seconds) as algod,
        Indexer(folder / "indexer.db", algod.url, algod.token) as indexer,
    ):
        yield algod, indexer


def wait_for(client: HttpClient, location: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (status := client.get(location).json["status"]) != "completed":
        assert status != "failed"
        assert time.monotonic() < deadline, status
        time.sleep(0.02)


@pytest.mark.parametrize("round_seconds", [0.2, 1.0])
def test_accept_to_completed(sqlite_url: str, tmp_path: Path, round_seconds: float) -> None:
    with chain(tmp_path, round_seconds) as (algod, indexer):
        service = Service(url=sqlite_url, folder=tmp_path, algod=algod, indexer=indexer)
        with running(service, "worker", "projector"):
            client, took = service.registered(), list[float]()
            for number in range(12):
                began = time.monotonic()
                wait_for(client, client.post(CREATE, ASSET, f"key-{number}").headers["location"])
                took.append(time.monotonic() - began)
    ordered = sorted(took)
    print(
        f"\naccept to Completed, rounds of {round_seconds} s, 12 in a row: "
        f"median {statistics.median(took):.2f} s, {ordered[0]:.2f} to {ordered[-1]:.2f} s"
        " (what is accepted in a window's last quarter waits for the next)"
    )


def test_blocks_per_second(tmp_path: Path) -> None:
    with Algod(tmp_path / "algod", round_seconds=0) as algod:
        began = time.monotonic()
        algod.tick(BLOCKS)
        print(f"\nempty blocks of the ledger: {BLOCKS / (time.monotonic() - began):.0f}/s")


def test_deployments_beside_the_same_groups_sent_raw(any_database_url: str, tmp_path: Path) -> None:
    kind = any_database_url.partition(":")[0]
    with chain(tmp_path, ROUND) as (algod, indexer):
        raw = groups_per_second(algod, MANY)
        ours = deployments_per_second(any_database_url, tmp_path, algod, indexer)
        again = groups_per_second(algod, MANY)
    ledger = (raw + again) / 2
    print(
        f"\n{kind}: {MANY} sponsored assets, rounds of {ROUND} s: sent raw {raw:.1f}/s, then "
        f"{again:.1f}/s; through the service, one worker {ours:.1f}/s ({ours / ledger:.2f})"
    )


def deployments_per_second(url: str, folder: Path, algod: Algod, indexer: Indexer) -> float:
    """From the first POST to the last Completed."""
    service = Service(url=url, folder=folder, algod=algod, indexer=indexer)
    with running(service, "worker", "projector"):
        client = service.registered()
        head = algod.ask("GET", "/v2/status")["last-round"]
        algod.tick(WINDOW - head % WINDOW)  # what a window's last quarter waits is no work
        began = time.monotonic()
        with ThreadPoolExecutor(WIDTH) as pool:
            answers = pool.map(lambda one: client.post(CREATE, ASSET, f"k-{one}"), range(MANY))
            locations = [one.headers["location"] for one in answers]
        for location in locations:
            wait_for(client, location)
        return MANY / (time.monotonic() - began)


def groups_per_second(algod: Algod, number: int) -> float:
    """From the first POST until the last one's id is in a block; all were signed before."""
    node = Node(algod.url, algod.token, "raw", 30.0)
    signed = made(algod, node, number)
    began = time.monotonic()
    with ThreadPoolExecutor(WIDTH) as pool:
        statuses = list(pool.map(lambda one: node.send(one[1])[0], signed))
    assert set(statuses) == {200}
    for name, _ in signed:
        while not (node.pending(name) or {}).get("confirmed-round"):
            time.sleep(0.02)
    return number / (time.monotonic() - began)


def made(algod: Algod, node: Node, number: int) -> Sequence[tuple[str, bytes]]:
    """Make and sign the groups that the engine makes: a new account's lease, paid for inside."""
    head = node.status()["last-round"]
    validity = groups.Validity(algod.genesis_hash, head, head + 900)
    sponsor = groups.public_key(algod.treasury)
    seed = uuid4().bytes * 2
    creator = groups.public_key(seed)
    token = AsaFungible(name="Gold Bond", unit_name="GLD", decimals=6, total=1000, manager=creator)
    keys = {sponsor: algod.treasury, creator: seed}
    found = []
    for _ in range(number):
        deployment = DeploymentId(uuid4())
        lease = lease_of(stream_of(deployment), 1, 0)
        members = groups.creation_group(
            validity,
            token,
            groups.Creator(creator, lease, groups.note_of(deployment)),
            1_000,
            groups.Payment(sponsor, MEMBERS),
        )
        found.append((members[-1].get_txid(), groups.signed_group(members, keys)))
    return found
