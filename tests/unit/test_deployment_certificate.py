"""What a deployment's certificate says, and that nothing which comes later changes a byte of it."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.events import SignerExposed
from domain.log import digest_of
from domain.values import DeploymentId
from infrastructure.deployment_certificate.document import (
    OutcomeNotProven,
    ProofDamaged,
    deployment_certificate,
)
from infrastructure.deployment_certificate.verifier import check
from infrastructure.deployment_certificate.verifier.words import tell
from tests.engine_world import START
from tests.exporting import export_key, record, request_of
from tests.memory_log import MemoryLog
from tests.proven import FUND, ISSUE, OnAlgorand, OnEvm, Proven, Slotted

GOLDEN = Path(__file__).parents[1] / "golden/deployment-certificates"
families = pytest.mark.parametrize("make", [OnEvm, OnAlgorand])


def created(make: type[Proven]) -> tuple[Any, Slotted]:
    """Return a deployment whose token was created, before the outcome is said."""
    world: Any = make()
    world.plan(ISSUE)
    return world, world.created()


def certified(world: Proven) -> dict[str, Any]:
    data = deployment_certificate(world.log, world.id)
    document: dict[str, Any] = json.loads(data)
    assert check(data).certificate.exported == document["signerExported"]
    return document


@families
def test_a_completed_deployment_has_its_token_and_the_proof(make: type[Proven]) -> None:
    world, one = created(make)
    world.decide(one)
    position = world.complete(one)
    said = certified(world)
    assert said["outcome"]["status"] == "completed"
    assert said["outcome"]["position"] == position
    assert said["deploymentId"] == str(world.id)
    assert (said["signerExported"], len(said["proofs"])) == (None, 1)
    [shown] = check(deployment_certificate(world.log, world.id)).shown
    assert shown.asset == said["outcome"]["assetIdentifier"]
    assert shown.transaction == said["outcome"]["transactionHash"]
    assert shown.sender == said["signerAddress"]


@families
def test_an_export_before_the_outcome_is_in_it_and_said_aloud(make: type[Proven]) -> None:
    world, one = created(make)
    position = export_key(world.log, world.id)
    world.decide(one)
    world.complete(one, exported=position)
    assert certified(world)["signerExported"] == position
    lines = list(tell(check(deployment_certificate(world.log, world.id))))
    assert any(f"KEY EXPORTED at position {position}" in line for line in lines)
    assert not any("NOT EXPORTED" in line for line in lines)


@families
def test_whatever_comes_after_the_outcome_changes_no_byte(make: type[Proven]) -> None:
    world, one = created(make)
    world.decide(one)
    world.complete(one)
    before = deployment_certificate(world.log, world.id)
    export_key(world.log, world.id)
    record(world.log, world.tenant, SignerExposed(signer=request_of(world.log, world.id).signer.id))
    assert deployment_certificate(world.log, world.id) == before
    assert json.loads(before)["signerExported"] is None


def test_a_funding_that_is_decided_after_the_outcome_is_not_in_it() -> None:
    world = OnEvm()
    world.plan(FUND, ISSUE)
    funded, one = world.funded(), world.created()
    world.sign(funded, 1, 1)
    world.decide(one)
    world.complete(one)
    before = deployment_certificate(world.log, world.id)
    assert [proof["purpose"] for proof in json.loads(before)["proofs"]] == ["issue"]
    world.settle(funded, 1, 1)
    assert deployment_certificate(world.log, world.id) == before


def test_a_funding_that_landed_before_is_proven_too() -> None:
    world = OnEvm()
    world.plan(FUND, ISSUE)
    world.decide(world.funded(), 1)
    one = world.created()
    world.decide(one)
    world.complete(one)
    proofs = certified(world)["proofs"]
    assert [(one["purpose"], one["fate"]) for one in proofs] == [
        ("fund", "landed"),
        ("issue", "landed"),
    ]


@families
def test_never_signed_is_said_plainly_and_proven_by_nothing(make: type[Proven]) -> None:
    world = make()
    position = export_key(world.log, world.id)
    world.fail(exported=position)
    said = certified(world)
    assert (said["outcome"]["neverSigned"], said["proofs"]) == (True, [])
    assert said["signerExported"] == position
    lines = list(tell(check(deployment_certificate(world.log, world.id))))
    assert "Nothing here is proven by a chain." in lines
    assert "  that nothing was ever signed to issue this token" in lines


@families
def test_a_later_release_builds_the_very_bytes_that_an_earlier_one_did(make: type[Proven]) -> None:
    world: Any = make(log=MemoryLog(clock=lambda: START), id=DeploymentId(UUID(int=23)))
    position = export_key(world.log, world.id)
    if make is OnEvm:
        world.plan(FUND, ISSUE)
        world.decide(world.funded(), 1)
    else:
        world.plan(ISSUE)
    one = world.created()
    world.decide(one)
    world.complete(one, exported=position)
    published = GOLDEN / f"{world.network.family}-built-at-a-fixed-hour.json"
    assert deployment_certificate(world.log, world.id) == published.read_bytes()


def unused_slots(world: Any) -> list[Slotted]:
    if isinstance(world, OnEvm):
        return [world.reverted(0), world.burned(1), world.burned(2, by_state=True)]
    return [world.dead(0), world.dead(1, of_leaves=True), world.burned(2)]


@families
def test_a_failure_after_signed_slots_has_a_proof_for_each(make: type[Proven]) -> None:
    world = make()
    world.plan(ISSUE)
    proofs = [world.decide(one, number=at) for at, one in enumerate(unused_slots(world), 1)]
    world.fail(*proofs)
    said = certified(world)
    assert (said["outcome"]["neverSigned"], len(said["proofs"])) == (False, 3)
    assert {proof["fate"] for proof in said["proofs"]} <= {"reverted", "burned", "dead"}
    assert said["outcome"]["leftovers"]


@families
def test_a_retry_takes_the_certificate_back_until_there_is_another_outcome(
    make: type[Proven],
) -> None:
    world: Any = make()
    world.plan(ISSUE)
    world.fail(world.decide(unused_slots(world)[0]))
    failed = deployment_certificate(world.log, world.id)
    world.retry()
    with pytest.raises(OutcomeNotProven, match="queued"):
        deployment_certificate(world.log, world.id)
    world.plan(ISSUE)
    one = world.created(5)
    world.decide(one)
    world.complete(one)
    said = certified(world)
    assert [proof["fate"] for proof in said["proofs"]][-1] == "landed"
    assert said["proofs"][0] == json.loads(failed)["proofs"][0]


@families
def test_what_is_open_or_cancelled_has_no_certificate(make: type[Proven]) -> None:
    world, one = created(make)
    with pytest.raises(OutcomeNotProven, match="queued"):
        deployment_certificate(world.log, world.id)
    world.sign(one, 1, 1)
    with pytest.raises(OutcomeNotProven, match="submitted; the outcome will be known when"):
        deployment_certificate(world.log, world.id)
    cancelled = make()
    cancelled.cancel()
    with pytest.raises(OutcomeNotProven, match="cancelled"):
        deployment_certificate(cancelled.log, cancelled.id)


@families
def test_a_proof_that_is_gone_or_changed_is_no_certificate(make: type[Proven]) -> None:
    for damage, told in ((None, "missing"), (b"{}", "other bytes")):
        world, one = created(make)
        world.decide(one)
        world.complete(one)
        blobs: Any = world.log._head.blobs
        if damage is None:
            del blobs[digest_of(one.proof)]
        else:
            blobs[digest_of(one.proof)] = damage
        with pytest.raises(ProofDamaged, match=told):
            deployment_certificate(world.log, world.id)


def test_an_outcome_that_its_proofs_do_not_show_is_no_certificate() -> None:
    world, one = created(OnEvm)
    world.decide(one)
    other = OnEvm().created(3)
    world.complete(other)
    with pytest.raises(ProofDamaged, match="another token"):
        deployment_certificate(world.log, world.id)
