"""The long ones: many more interleavings, and a service that is killed again and again."""

import random
import time
from pathlib import Path

import pytest
from algosdk import encoding
from hypothesis import settings

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.anvil import Anvil
from infrastructure.devnet.indexer import Indexer
from tests.algorand_world import assets_of
from tests.end_to_end.test_service import CREATE, completed, token
from tests.property.test_engine import EngineMachine
from tests.service_process import ALGORAND, running, service_on

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
TOKENS = 60
ASSETS = 30
KILLS = 40
CREATE_ASSET = "/api/v1/token/asa-ft/create"
ASSET = {"network": ALGORAND, "name": "Gold Bond", "unitName": "GLD", "totalSupply": "1000"}


class EngineForLong(EngineMachine):
    """A machine of its own: the settings of a `TestCase` belong to its class, which is shared."""


TestEngineForLong = EngineForLong.TestCase
TestEngineForLong.settings = settings(
    max_examples=5_000, stateful_step_count=80, deadline=None, print_blob=True
)


def test_a_service_under_constant_kills_lands_every_token_once(
    any_database_url: str, tmp_path: Path, anvil: Anvil
) -> None:
    """Both families at once; the chains are asked how many there are."""
    dice = random.Random(3)
    with (
        Algod(tmp_path / "algod", round_seconds=0.5) as algod,
        Indexer(tmp_path / "indexer.db", algod.url, algod.token) as indexer,
    ):
        service = service_on(any_database_url, tmp_path, anvil, algod, indexer)
        with running(service, "worker", "projector"):
            client = service.registered("soak")
            addresses = client.get("/api/v1/account/addresses").json
            signer, creator = addresses["evmAddress"], addresses["algorandAddress"]
            before = int(anvil.ask("eth_getTransactionCount", signer, "latest"), 16)
            accepted = [client.post(CREATE, token(), f"key-{number}") for number in range(TOKENS)]
            accepted += [client.post(CREATE_ASSET, ASSET, f"asset-{n}") for n in range(ASSETS)]
            for _ in range(KILLS):
                time.sleep(dice.uniform(0.2, 2.0))
                victim = dice.choice(
                    [service.worker, service.worker, service.api, service.projector]
                )
                victim.kill()
                victim.start()
            service.wait_until_ready()
            client = service.registered("soak")
            done = [completed(client, one.headers["location"]) for one in accepted]
        made = {str(one["index"]) for one in assets_of(algod, encoding.decode_address(creator))}
    assert len({one["assetIdentifier"] for one in done}) == TOKENS + ASSETS
    assert {one["assetIdentifier"] for one in done[TOKENS:]} == made
    after = int(anvil.ask("eth_getTransactionCount", signer, "latest"), 16)
    assert after - before == TOKENS
    assert service.proofmint("projections", "verify").returncode == 0
