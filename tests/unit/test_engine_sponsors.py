"""Who pays on a chain of leases: the user, or a treasury inside the very slot."""

from dataclasses import replace
from uuid import uuid5

import pytest

from domain.slots import Fate
from domain.status import Status, SubStatus
from domain.values import SignerId
from tests.engine_world import SPACE
from tests.lease_world import key_of, leases, let_die, slots
from tests.scripted_chain import GAS
from tests.scripted_leases import FEE, FINAL_AT_ONCE, RESERVE, WIDTH


def test_a_sponsor_pays_in_the_very_slot_and_both_are_freed_when_it_lands() -> None:
    world = leases(coins=0)
    deployment = world.request()
    world.drive(deployment)
    (slot,) = slots(world.state(deployment))
    assert len(world.state(deployment).operation.steps) == 1
    assert key_of(slot).signers == (world.user, world.treasury)
    assert key_of(slot).shape == ("pay", "acfg")
    states = [world.signer(address) for address in (world.user, world.treasury)]
    assert [[one.key for one in s.undecided] for s in states if s] == [[slot.key], [slot.key]]
    assert [s.most for s in states if s] == [0, RESERVE + 2 * FEE]
    assert slot.most == RESERVE + 2 * FEE
    assert world.settle(deployment).status is Status.COMPLETED
    states = [world.signer(address) for address in (world.user, world.treasury)]
    assert [s.undecided for s in states if s] == [(), ()]
    assert world.chain.coins(world.user) == 0
    assert world.chain.coins(world.treasury) == 10**9 - RESERVE - 2 * FEE


def test_both_are_freed_by_a_window_that_passes_too() -> None:
    world = leases(coins=0)
    deployment = world.request()
    state = let_die(world, deployment)
    first, second = slots(state)
    for address in (world.user, world.treasury):
        signer = world.signer(address)
        assert signer is not None
        assert [one.key for one in signer.undecided] == [second.key]
    assert first.fate is Fate.DEAD


def test_a_user_with_coins_of_its_own_has_no_sponsor() -> None:
    world = leases(coins=GAS)
    deployment = world.request()
    assert world.settle(deployment).status is Status.COMPLETED
    assert key_of(slots(world.state(deployment))[0]).sponsor is None
    assert world.signer(world.treasury) is None


def test_two_deployments_of_one_user_do_not_promise_the_same_coins() -> None:
    world = leases(coins=GAS + 40)
    deployments = [world.request(name) for name in ("one", "two")]
    for deployment in deployments:
        world.drive(deployment)
    sponsors = [key_of(slots(world.state(d))[0]).sponsor for d in deployments]
    assert sponsors == [None, world.treasury]
    assert {world.settle(d).status for d in deployments} == {Status.COMPLETED}
    assert world.chain.coins(world.user) >= 0


def test_the_treasury_has_only_so_many_undecided_slots() -> None:
    world = leases(coins=0)
    limit = world.chain.policy.undecided_limit
    signers = [SignerId(uuid5(SPACE, f"signer {n}")) for n in range(limit + 2)]
    deployments = [world.request(f"of {n}", signer) for n, signer in enumerate(signers)]
    world.chain.full = True
    for deployment in deployments:
        world.drive(deployment)
    signed = [bool(slots(world.state(deployment))) for deployment in deployments]
    assert signed == [True] * limit + [False, False]
    treasury = world.signer(world.treasury)
    assert treasury is not None
    assert len(treasury.undecided) == limit
    world.chain.full = False
    for _ in range(3 * WIDTH):
        for deployment in deployments:
            world.drive(deployment)
        world.chain.mine()
    assert {world.state(deployment).status for deployment in deployments} == {Status.COMPLETED}
    assert all(world.chain.created(deployment) == 1 for deployment in deployments)


@pytest.mark.parametrize("reason", ["empty", "none", "not allowed"])
def test_without_coins_and_a_sponsor_it_waits_and_goes_on_when_they_are_there(reason: str) -> None:
    world = leases(coins=0)
    if reason == "empty":
        world.chain.balances[world.treasury] = RESERVE + FEE
    elif reason == "none":
        world.keys.rich = False
    else:
        world.chain.policy = replace(FINAL_AT_ONCE, sponsored=False)
    deployment = world.request()
    state = world.settle(deployment, blocks=5)
    assert (state.status, state.sub_status) == (Status.QUEUED, SubStatus.AWAITING_FUNDS)
    assert not world.chain.bytes_seen
    world.chain.balances[world.user] = GAS
    assert world.settle(deployment).status is Status.COMPLETED


def test_an_empty_treasury_is_said_once_however_many_windows_pass() -> None:
    world = leases(coins=0)
    world.chain.balances[world.treasury] = 0
    deployment = world.request()
    assert world.settle(deployment, blocks=5 * WIDTH).sub_status is SubStatus.AWAITING_FUNDS
    assert world.names(deployment).count("WaitBegan") == 1


def test_what_the_treasury_promised_it_does_not_promise_again() -> None:
    world = leases(coins=0)
    world.chain.balances[world.treasury] = RESERVE + 2 * FEE
    signers = [SignerId(uuid5(SPACE, f"signer {n}")) for n in range(2)]
    one, two = (world.request(f"of {n}", signer) for n, signer in enumerate(signers))
    world.drive(one)
    world.drive(two)
    assert slots(world.state(one))
    assert not slots(world.state(two))
    assert world.state(two).sub_status is SubStatus.AWAITING_FUNDS
