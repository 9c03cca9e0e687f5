"""The table decides: the aggregate accepts exactly what it allows, from every status."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deployment import Deployment
from domain.errors import BrokenRule, IllegalTransition
from domain.events import (
    ConformityRead,
    DeploymentEvent,
    DeploymentRequested,
    Evidence,
    PlannedStep,
    StepPurpose,
    UndecidedSlot,
)
from domain.operation import Operation
from domain.signer import SignerNotReady, adopt, decide, hold, reserve
from domain.slots import Attempt, AttemptKind, Fate, Inclusion, NonceSlot, Slot
from domain.status import TRANSITIONS, Status
from domain.streams import StreamId, StreamKind
from domain.values import BlobRef, BlockRef
from tests.event_strategies import of
from tests.scripted_chain import NETWORK

BLOCK = BlockRef(number=7, hash=b"\7" * 32)
BLOB = BlobRef(sha256=b"\1" * 32, size=1)
INCLUSION = Inclusion(block=BLOCK, index=0, succeeded=True)
SLOT = Slot(
    number=1,
    key=NonceSlot(chain_id=1, genesis_hash=b"g" * 32, sender=b"s" * 20, nonce=0),
    most=1,
    attempts=(Attempt(number=1, kind=AttemptKind.EFFECT, transaction_id=b"t", raw=b"r"),),
    inclusion=INCLUSION,
    included=1,
)
CLEAN = ConformityRead(step=1, slot=1, block=BLOCK, differences=(), report=BLOB)
INTENTS: dict[Status, Callable[[Deployment], DeploymentEvent]] = {
    Status.QUEUED: lambda it: it.retry(),
    Status.CONFIRMED: lambda it: it.confirm(BLOCK, 1),
    Status.INDEXED: lambda it: it.index("reader", 9),
    Status.COMPLETED: lambda it: it.complete(SLOT, b"a", Evidence(block=BLOB, report=BLOB), None),
    Status.FAILED: lambda it: it.refuse("CODE", "why", None),
    Status.CANCELLED: lambda it: it.cancel("typo"),
}


@given(of(DeploymentRequested), st.sampled_from(Status), st.sampled_from(sorted(INTENTS)))
def test_the_table_decides(request: DeploymentRequested, status: Status, target: Status) -> None:
    deployment = Deployment(request=request, status=status, operation=Operation(conformity=CLEAN))
    intent = INTENTS[target]
    if target in TRANSITIONS[status]:
        assert deployment.apply(intent(deployment)).status is target
    else:
        with pytest.raises(IllegalTransition):
            intent(deployment)


@given(of(DeploymentRequested), st.sampled_from(Status))
def test_nothing_is_signed_for_what_is_over(request: DeploymentRequested, status: Status) -> None:
    plan = PlannedStep(number=1, purpose=StepPurpose.ISSUE)
    planned = Deployment(request=request).plan((plan,), 1)
    deployment = replace(Deployment(request=request).apply(planned), status=status)
    over = {Status.COMPLETED, Status.CANCELLED, Status.FAILED}
    if status in over:
        with pytest.raises(BrokenRule):
            deployment.sign(1, SLOT.key, 1, SLOT.attempts[0])
        return
    reserved, signed = deployment.sign(1, SLOT.key, 1, SLOT.attempts[0])
    again = deployment.apply(reserved).apply(signed)
    with pytest.raises(BrokenRule):
        again.sign(1, SLOT.key, 1, SLOT.attempts[0])


@given(of(DeploymentRequested))
def test_completed_needs_a_clean_report_for_the_very_block(request: DeploymentRequested) -> None:
    evidence = Evidence(block=BLOB, report=BLOB)
    elsewhere = replace(CLEAN, block=BlockRef(number=8, hash=b"\7" * 32))
    for report in (None, replace(CLEAN, differences=("symbol",)), elsewhere):
        deployment = Deployment(
            request=request, status=Status.CONFIRMED, operation=Operation(conformity=report)
        )
        with pytest.raises(BrokenRule):
            deployment.complete(SLOT, b"a", evidence, None)
    clean = replace(deployment, operation=Operation(conformity=CLEAN))
    with pytest.raises(BrokenRule):
        clean.complete(replace(SLOT, inclusion=None, included=0), b"a", evidence, None)


def undecided(nonce: int) -> UndecidedSlot:
    return UndecidedSlot(
        key=replace(SLOT.key, nonce=nonce),
        owner=StreamId(StreamKind.DEPLOYMENT, "one"),
        step=1,
        slot=1,
        most=5,
    )


def test_a_signer_takes_nonces_in_order_up_to_its_limit_and_frees_them_once() -> None:
    state = adopt(NETWORK, b"s" * 20, BLOCK, 3).state
    for nonce in (3, 4):
        state = reserve(state, undecided(nonce), limit=2).state
    assert (state.next_nonce, state.most) == (5, 10)
    with pytest.raises(SignerNotReady, match="2 of its slots"):
        reserve(state, undecided(5), limit=2)
    state = decide(state, undecided(3).key, Fate.LANDED).state
    with pytest.raises(BrokenRule):
        decide(state, undecided(3).key, Fate.LANDED)
    with pytest.raises(BrokenRule):
        reserve(state, undecided(7), limit=2)
    assert reserve(state, undecided(5), limit=2).state.next_nonce == 6


def test_a_held_signer_takes_nothing() -> None:
    state = hold(adopt(NETWORK, b"s" * 20, BLOCK, 0).state, BLOCK, 4).state
    with pytest.raises(SignerNotReady, match="nonce 4"):
        reserve(state, undecided(0), limit=2)
