"""A signer whose key was exported: it pays for itself, and every outcome says that the key left."""

from collections.abc import Callable
from typing import Any
from uuid import uuid5

import pytest

from application.engine.drive import Engine
from application.engine.exports import first_export
from domain.deployment import stream_of
from domain.events import (
    ApiKeyRevoked,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    SignerExposed,
    SignerSlotReserved,
    StepsPlanned,
    WaitBegan,
)
from domain.log import History
from domain.slots import CertificateKind, Fate
from domain.status import Status, SubStatus
from domain.streams import StreamId, StreamKind
from domain.values import DeploymentId, SignerId, SignerRef
from projections.story import tell
from tests.engine_world import SIGNER, SPACE, TENANT, World
from tests.exporting import (
    JustBefore,
    added,
    export_key,
    exported,
    outcomes,
    record,
    reservations,
)
from tests.lease_world import give_up, key_of, leases, let_die, slots
from tests.scripted_chain import GAS, OneChain
from tests.scripted_leases import WIDTH

WORLDS: list[Callable[[], World[Any]]] = [World, lambda: leases(coins=0)]
families = pytest.mark.parametrize("make", WORLDS, ids=["nonces", "leases"])


def drive_through(world: World[Any], log: object, deployment: DeploymentId) -> None:
    engine = Engine(log, OneChain(world.chain), world.keys, world.clock, quiet=0)  # type: ignore[arg-type]
    engine.drive(stream_of(deployment))


def waits(world: World[Any], deployment: DeploymentId) -> list[str]:
    return [event.detail for event in world.events(deployment) if isinstance(event, WaitBegan)]


def sponsored(world: World[Any]) -> list[int]:
    return reservations(world.log, world.chain.network, world.treasury)


def outcome(world: World[Any], deployment: DeploymentId) -> DeploymentCompleted | DeploymentFailed:
    event = world.events(deployment)[-1]
    assert isinstance(event, DeploymentCompleted | DeploymentFailed)
    return event


# ---- nobody pays for it


@families
def test_an_exported_signer_without_coins_is_told_what_to_send_and_where(
    make: Callable[[], World[Any]],
) -> None:
    world = make()
    deployment = world.request()
    export_key(world.log, deployment)
    state = world.settle(deployment, blocks=2 * WIDTH)
    assert (state.status, state.sub_status) == (Status.QUEUED, SubStatus.AWAITING_FUNDS)
    [said] = waits(world, deployment)
    assert said == (
        "this signer's key was exported: it pays for itself; "
        f"send {GAS} base units to {world.chain.spelled(world.user)}"
    )
    assert not sponsored(world)
    assert not world.chain.bytes_seen


@families
def test_with_coins_of_its_own_it_goes_on_and_the_outcome_names_the_export(
    make: Callable[[], World[Any]],
) -> None:
    world = make()
    deployment = world.request()
    position = export_key(world.log, deployment)
    world.settle(deployment, blocks=3)
    world.chain.balances[world.user] = GAS
    assert world.settle(deployment).status is Status.COMPLETED
    assert world.chain.created(deployment) == 1
    assert outcome(world, deployment).signer_exported == position
    assert not sponsored(world)


def test_a_funding_that_was_only_planned_is_passed_over_and_the_reason_is_said_anew() -> None:
    world = World()
    world.chain.balances[world.treasury] = 0
    deployment = world.request()
    world.settle(deployment, blocks=2)
    assert len(world.state(deployment).operation.steps) == 2
    export_key(world.log, deployment)
    world.chain.balances[world.treasury] = 10**9
    world.settle(deployment, blocks=5)
    empty, exported_now = waits(world, deployment)
    assert "is empty" in empty
    assert exported_now.startswith("this signer's key was exported")
    world.chain.balances[world.user] = GAS
    state = world.settle(deployment)
    assert state.status is Status.COMPLETED
    assert [bool(step.slots) for step in state.operation.steps] == [False, True]
    assert not sponsored(world)
    assert world.drive(deployment) is None


def test_a_funding_that_was_sent_goes_on_as_it_is() -> None:
    world = World()
    deployment = world.request()
    world.drive(deployment)
    assert world.state(deployment).sub_status is SubStatus.FUNDING
    position = export_key(world.log, deployment)
    state = world.settle(deployment)
    assert state.status is Status.COMPLETED
    assert state.operation.step(1).landed
    assert not waits(world, deployment)
    assert outcome(world, deployment).signer_exported == position


def test_a_sponsored_slot_that_is_reserved_lands_all_the_same() -> None:
    world = leases(coins=0)
    deployment = world.request()
    world.drive(deployment)
    position = export_key(world.log, deployment)
    assert world.settle(deployment).status is Status.COMPLETED
    assert key_of(slots(world.state(deployment))[0]).sponsor == world.treasury
    assert outcome(world, deployment).signer_exported == position


def test_after_a_sponsored_window_that_passed_the_next_one_has_no_sponsor() -> None:
    world = leases(coins=0)
    deployment = world.request()
    world.drive(deployment)
    export_key(world.log, deployment)
    state = let_die(world, deployment)
    assert [slot.fate for slot in slots(state)] == [Fate.DEAD]
    assert state.sub_status is SubStatus.AWAITING_FUNDS
    world.chain.balances[world.user] = GAS
    state = world.settle(deployment)
    assert state.status is Status.COMPLETED
    assert [key_of(slot).sponsor for slot in slots(state)] == [world.treasury, None]


# ---- between the look and the append


@families
def test_an_export_between_the_look_and_the_append_takes_the_sponsored_slot_away(
    make: Callable[[], World[Any]],
) -> None:
    world = make()
    deployment = world.request()
    log = JustBefore(world.log, SignerSlotReserved, lambda: export_key(world.log, deployment))
    drive_through(world, log, deployment)
    assert log.happened
    assert not sponsored(world)
    assert not world.chain.bytes_seen
    assert world.state(deployment).sub_status is SubStatus.AWAITING_FUNDS


@families
@pytest.mark.parametrize("fact", [DeploymentCompleted, DeploymentFailed])
def test_an_export_right_before_an_outcome_is_in_the_outcome(
    make: Callable[[], World[Any]], fact: type[DeploymentEvent]
) -> None:
    world = make()
    world.chain.balances[world.user] = GAS
    world.chain.refusal = "reverted" if fact is DeploymentFailed else None
    deployment = world.request()
    log = JustBefore(world.log, fact, lambda: export_key(world.log, deployment))
    for _ in range(6):
        drive_through(world, log, deployment)
        world.chain.mine()
    assert log.happened
    said = outcome(world, deployment)
    assert isinstance(said, fact)
    [(position, named)] = outcomes(world.log, deployment)
    assert named is not None
    assert named < position
    assert f"exported before (position {named})" in tell(said)


def test_an_export_right_before_it_gives_up_is_in_the_outcome() -> None:
    world = leases()
    deployment = world.request()
    for _ in range(world.chain.policy.most_slots - 1):
        let_die(world, deployment)
    world.chain.full = True
    world.chain.mine(2 * WIDTH)
    log = JustBefore(world.log, DeploymentFailed, lambda: export_key(world.log, deployment))
    drive_through(world, log, deployment)
    assert log.happened
    said = outcome(world, deployment)
    assert isinstance(said, DeploymentFailed)
    assert said.cause == "TRANSACTION_EXPIRED"
    assert said.signer_exported is not None


@families
def test_a_funding_is_not_planned_for_a_key_that_has_just_left(
    make: Callable[[], World[Any]],
) -> None:
    world = make()
    deployment = world.request()
    log = JustBefore(world.log, StepsPlanned, lambda: export_key(world.log, deployment))
    drive_through(world, log, deployment)
    assert log.happened
    assert all(step.plan.amount == 0 for step in world.state(deployment).operation.steps)
    assert world.state(deployment).sub_status is SubStatus.AWAITING_FUNDS


@families
def test_whatever_else_moves_in_the_tenant_costs_a_second_look_and_no_more(
    make: Callable[[], World[Any]],
) -> None:
    world = make()
    deployment = world.request()
    other = ApiKeyRevoked(key=uuid5(SPACE, "key"))
    log = JustBefore(world.log, SignerSlotReserved, lambda: record(world.log, TENANT, other))
    drive_through(world, log, deployment)
    assert log.happened
    assert len(sponsored(world)) == 1
    assert world.settle(deployment).status is Status.COMPLETED


# ---- what outcomes say


@families
def test_an_outcome_before_the_export_names_none(make: Callable[[], World[Any]]) -> None:
    world = make()
    deployment = world.request()
    world.settle(deployment)
    export_key(world.log, deployment)
    said = outcome(world, deployment)
    assert said.signer_exported is None
    assert "exported" not in tell(said)


@families
def test_a_refused_creation_still_fails_with_never_signed_and_names_the_export(
    make: Callable[[], World[Any]],
) -> None:
    world = make()
    world.chain.refusal = "reverted: cap"
    deployment = world.request()
    position = export_key(world.log, deployment)
    assert world.settle(deployment).status is Status.FAILED
    said = outcome(world, deployment)
    assert isinstance(said, DeploymentFailed)
    assert [proof.kind for proof in said.certificates] == [CertificateKind.NEVER_SIGNED]
    assert said.signer_exported == position


def test_windows_that_passed_are_proven_for_an_exported_key_too() -> None:
    world = leases()
    deployment = world.request()
    position = export_key(world.log, deployment)
    give_up(world, deployment)
    said = outcome(world, deployment)
    assert isinstance(said, DeploymentFailed)
    assert {proof.kind for proof in said.certificates} == {CertificateKind.DEAD_SLOT}
    assert said.signer_exported == position


def test_the_first_export_is_named_however_often_the_key_was_shown() -> None:
    world = leases()
    deployment = world.request()
    positions = [export_key(world.log, deployment) for _ in range(2)]
    world.settle(deployment)
    assert outcome(world, deployment).signer_exported == positions[0]


@families
def test_a_key_that_somebody_else_may_have_derived_counts_as_exported(
    make: Callable[[], World[Any]],
) -> None:
    world = make()
    deployment = world.request()
    position = record(world.log, TENANT, SignerExposed(signer=SIGNER))
    world.chain.balances[world.user] = GAS
    assert world.settle(deployment).status is Status.COMPLETED
    assert outcome(world, deployment).signer_exported == position
    assert not sponsored(world)


# ---- whose key it is


def test_the_export_of_another_signer_of_the_tenant_changes_nothing() -> None:
    world = leases(coins=0)
    other = SignerId(uuid5(SPACE, "other"))
    record(world.log, TENANT, added(SIGNER), added(other, b"b" * 32, b"f" * 20), exported(other))
    deployment = world.request()
    assert world.settle(deployment).status is Status.COMPLETED
    assert outcome(world, deployment).signer_exported is None
    assert sponsored(world)


@pytest.mark.parametrize("address", [b"a" * 32, b"e" * 20])
def test_the_same_key_under_another_id_is_the_same_key(address: bytes) -> None:
    world = World()
    again = SignerId(uuid5(SPACE, "again"))
    position = record(world.log, TENANT, added(SIGNER), exported(SIGNER), added(again)) - 1
    history = world.log.read(StreamId(StreamKind.TENANT, str(TENANT)))
    assert first_export(history, SignerRef(id=again, address=address)) == position
    assert first_export(history, SignerRef(id=again, address=b"x" * 20)) is None
    assert first_export(History(history.stream), SignerRef(id=SIGNER, address=address)) is None
