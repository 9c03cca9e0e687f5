"""What tests start, and stop by process id. A missing component fails; nothing is skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import infrastructure.evm.node  # noqa: F401 - takes back what web3 does to the limit of frames
from infrastructure.devnet.anvil import Anvil
from infrastructure.migrate import migrate
from tests.postgres_cluster import Cluster

# Machines are noisy: what takes long is no finding. Benchmarks measure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    cluster = Cluster()
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def postgres_url(postgres: Cluster) -> str:
    url = postgres.fresh_database()
    migrate(url)
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/proofmint.db"
    migrate(url)
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def any_database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with Anvil(block_time="0.2") as chain:
        yield chain
