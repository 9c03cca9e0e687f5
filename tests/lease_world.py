"""Small words for tests of the engine on a chain of leases."""

from domain.deployment import Deployment
from domain.slots import LeaseSlot, Slot
from domain.status import Status
from domain.values import DeploymentId
from tests.engine_world import World
from tests.scripted_leases import ScriptedLeases

Leases = World[ScriptedLeases]
PLENTY = 10_000


def leases(coins: int = PLENTY, **more: object) -> Leases:
    world = World(chain=ScriptedLeases(**more))  # type: ignore[arg-type]
    world.chain.balances[world.user] = coins
    return world


def key_of(slot: Slot) -> LeaseSlot:
    assert isinstance(slot.key, LeaseSlot)
    return slot.key


def slots(state: Deployment) -> tuple[Slot, ...]:
    return state.operation.issue_slots


def let_die(world: Leases, deployment: DeploymentId) -> Deployment:
    """Let the open window pass without our bytes, and look at it."""
    world.drive(deployment)
    world.chain.full = True
    open_slot = slots(world.state(deployment))[-1]
    world.chain.mine(key_of(open_slot).last_valid - world.chain.head)
    world.drive(deployment)
    world.chain.full = False
    return world.state(deployment)


def give_up(world: Leases, deployment: DeploymentId) -> Deployment:
    """Let as many windows pass as the policy allows, one after the other."""
    for _ in range(world.chain.policy.most_slots):
        assert world.state(deployment).status is not Status.FAILED
        let_die(world, deployment)
    assert world.state(deployment).status is Status.FAILED
    return world.state(deployment)
