"""The engine on a real algod, read by a real indexer: what the suite of the devnet claims holds."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from algosdk import encoding
from algosdk.error import AlgodHTTPError

from domain.events import ConformityRead, DeploymentCompleted, IssueIndexed
from domain.slots import CertificateKind
from domain.status import Status
from domain.values import DeploymentId
from infrastructure.algorand.certificate_maker import inclusion_certificate
from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.verifier import verify
from tests.algod_wallet import Wallet
from tests.algorand_hands import Hands
from tests.algorand_holder import ROLES, Holding, texts
from tests.lying_algod import Asked, Forward, Said, lying, said
from tests.real_node import RealNode

pytestmark = [pytest.mark.node, pytest.mark.timeout(900)]
MOST_ROUNDS = 120
RESERVE = 100_000
LEAST_FEE = 1_000


@pytest.fixture(scope="module")
def real() -> RealNode:
    node = RealNode.of_environment()
    kind = "DevMode" if node.is_devmode else "consensus"
    print(f"\n{kind}, genesis {node.genesis_hash.hex()}, round {node.round}")
    return node


def deployed(hands: Hands, **terms: Any) -> DeploymentId:
    deployment = hands.request(**terms)
    hands.rounds_until(deployment, Status.COMPLETED, most=MOST_ROUNDS)
    hands.landed_once(deployment)
    return deployment


def holding(real: RealNode, hands: Hands) -> Holding:
    asset = int(str(hands.assets()[0]["index"]))
    return Holding(real, real.indexer, asset, hands.keys.seed_of(hands.signer))


def test_a_sponsored_asset_is_landed_indexed_and_proven(real: RealNode) -> None:
    hands = real.world()
    deployment = deployed(hands, **dict.fromkeys(ROLES), name="€" * 10 + "é", unit_name="🪙🪙")
    assert hands.slot(deployment).shape == ("pay", "acfg")
    assert hands.balance() == 2 * RESERVE
    events = hands.events(deployment)
    (indexed,) = (one for one in events if isinstance(one, IssueIndexed))
    (completed,) = (one for one in events if isinstance(one, DeploymentCompleted))
    (read,) = (one for one in events if isinstance(one, ConformityRead))
    assert read.differences == ()
    assert indexed.at >= completed.inclusion.block.number
    (asset,) = hands.assets()
    assert hands.shown(deployment)["asset"] == asset["index"]
    blob = hands.log.blob(completed.evidence.block.sha256)
    assert blob is not None
    certificate = inclusion_certificate(BlockEvidence.from_bytes(blob), completed.inclusion.index)
    at = completed.inclusion.block
    shown = verify(certificate, hands.facts(deployment), at.hash)
    assert shown["asset"] == asset["index"]
    stated = real.ask("GET", f"/v2/blocks/{at.number}/hash")["blockHash"]
    assert encoding.base64.b32decode(stated + "====") == at.hash
    assert texts(asset["params"])[:2] == (("€" * 10 + "é").encode(), "🪙🪙".encode())


def test_a_self_paid_asset_leaves_the_treasury_alone(real: RealNode) -> None:
    hands = real.world()
    wallet = Wallet(real, hands.keys.seed_of(hands.signer))  # type: ignore[arg-type]
    real.give(wallet.address, 1_000_000)
    deployment = deployed(hands)
    slot = hands.slot(deployment)
    assert (slot.sponsor, slot.shape) == (None, ("acfg",))
    assert hands.balance() == 1_000_000 - LEAST_FEE
    assert hands.shown(deployment)["asset"] == hands.assets()[0]["index"]


def test_two_deployments_of_one_signer_land_both(real: RealNode) -> None:
    hands = real.world()
    deployments = [hands.request(unit_name=name) for name in ("ONE", "TWO")]
    for deployment in deployments:
        hands.look(deployment)
    for deployment in deployments:
        hands.rounds_until(deployment, Status.COMPLETED, most=MOST_ROUNDS)
    made = [hands.shown(deployment)["asset"] for deployment in deployments]
    assert len(set(made)) == 2
    assert {one["index"] for one in hands.assets()} == set(made)


def test_what_landed_is_never_called_refused_for_ever_when_it_is_sent_again(
    real: RealNode,
) -> None:
    hands = real.world()
    deployment = deployed(hands)
    assert hands.chain is not None
    last = hands.slot(deployment).last_valid
    for rounds in (0, last + 1 - hands.head):
        if rounds > 0:
            real.tick(rounds)
        for answer in hands.chain.broadcast(hands.signed(deployment)[0].raw):
            assert answer.verdict in {"says-nothing", "already-known"}, answer
            assert not answer.alarm, answer


@pytest.fixture
def kept_back(real: RealNode) -> Iterator[tuple[Hands, list[bool], list[bytes]]]:
    """A world whose node takes no bytes and says that it has, until the switch is cleared."""
    keeps, bodies = [True], list[bytes]()

    def rule(asked: Asked, forward: Forward) -> Said | None:
        if asked.submits and keeps:
            bodies.append(asked.body)
            return said({"txId": "A" * 52})
        return None

    with lying(real.url, rule) as thief:
        yield real.world(thief.url), keeps, bodies


def test_a_window_without_its_bytes_is_proven_dead_and_the_next_one_lands(
    real: RealNode, kept_back: tuple[Hands, list[bool], list[bytes]]
) -> None:
    hands, keeps, bodies = kept_back
    deployment = hands.request()
    hands.begin_window()
    hands.look(deployment)
    first = hands.slot(deployment)
    while not hands.decided(deployment):
        assert hands.head <= first.last_valid + 5
        hands.step(deployment)
    assert bodies[0] == hands.signed(deployment)[0].raw
    (dead,) = hands.decided(deployment)
    assert dead.certificate.kind is CertificateKind.DEAD_SLOT
    hands.shown(deployment, 1)
    with pytest.raises(AlgodHTTPError, match="txn dead"):
        real.client.send_raw_transaction(b64encode(bodies[0]).decode())
    keeps.clear()
    hands.rounds_until(deployment, Status.COMPLETED, most=MOST_ROUNDS)
    hands.landed_once(deployment)
    kinds = [one.certificate.kind for one in hands.decided(deployment)]
    assert kinds[0] is CertificateKind.DEAD_SLOT
    assert kinds[-1] is CertificateKind.FINALIZED_INCLUSION
    assert hands.shown(deployment, len(kinds))["asset"] == hands.assets()[0]["index"]


def test_algosdk_uses_the_asset(real: RealNode) -> None:
    hands = real.world()
    deployment = deployed(hands)
    held = holding(real, hands)
    assert held.indexed(hands.head) == held.parameters()
    held.use()
    story = hands.events(deployment)
    held.reconfigure(manager=held.owner.address)
    assert held.indexed(hands.head) == held.parameters()
    hands.look(deployment)
    assert hands.events(deployment) == story
    assert hands.shown(deployment)["asset"] == held.asset


def test_a_frozen_asset_is_frozen_for_whoever_opts_in(real: RealNode) -> None:
    hands = real.world()
    deployed(hands, default_frozen=True)
    held = holding(real, hands)
    held.transfer(held.holder, held.holder, 0)
    assert held.held_by(held.holder) == (0, True)
    assert held.indexed(hands.head)["default-frozen"] is True
