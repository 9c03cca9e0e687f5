"""The long ones: many more interleavings, and a service that is killed again and again."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import settings

from infrastructure.devnet.anvil import Anvil
from tests.end_to_end.test_service import CREATE, completed, token
from tests.property.test_engine import EngineMachine
from tests.service_process import running, service_on

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
TOKENS = 60
KILLS = 40

TestEngineForLong = EngineMachine.TestCase
TestEngineForLong.settings = settings(
    max_examples=5_000, stateful_step_count=80, deadline=None, print_blob=True
)


def test_a_service_under_constant_kills_lands_every_token_once(
    any_database_url: str, tmp_path: Path, anvil: Anvil
) -> None:
    service, dice = service_on(any_database_url, tmp_path, anvil), random.Random(3)
    with running(service, "worker", "projector"):
        client = service.registered("soak")
        signer = client.get("/api/v1/account/addresses").json["evmAddress"]
        before = int(anvil.ask("eth_getTransactionCount", signer, "latest"), 16)
        accepted = [client.post(CREATE, token(), f"key-{number}") for number in range(TOKENS)]
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.2, 2.0))
            victim = dice.choice([service.worker, service.worker, service.api, service.projector])
            victim.kill()
            victim.start()
        service.wait_until_ready()
        client = service.registered("soak")
        done = [completed(client, one.headers["location"]) for one in accepted]
    assert len({one["assetIdentifier"] for one in done}) == TOKENS
    after = int(anvil.ask("eth_getTransactionCount", signer, "latest"), 16)
    assert after - before == TOKENS
    assert service.proofmint("projections", "verify").returncode == 0
