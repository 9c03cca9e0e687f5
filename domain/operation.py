"""An operation: anything that owns slots. It knows steps, slots and attempts, and no chain.

Facts fold in and are never refused; what may be added is asked before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, assert_never

from domain.errors import BrokenRule
from domain.events import (
    AttemptIncluded,
    AttemptSeen,
    AttemptSigned,
    BroadcastAnswered,
    ConformityRead,
    InclusionRevoked,
    OperationEvent,
    PlannedStep,
    SlotDecided,
    SlotReserved,
    StepPurpose,
    StepsPlanned,
    WaitBegan,
    WaitEnded,
)
from domain.slots import Attempt, Fate, Slot
from domain.status import SubStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    plan: PlannedStep
    slots: tuple[Slot, ...] = ()

    @property
    def undecided(self) -> Slot | None:
        """The one slot whose fate is open, if there is one (I5)."""
        return next((slot for slot in self.slots if slot.fate is None), None)

    @property
    def landed(self) -> bool:
        return any(slot.fate is Fate.LANDED for slot in self.slots)

    @property
    def underway(self) -> bool:
        """Seen in a block with success: good enough to build on, not to decide by."""
        slot = self.undecided
        return slot is not None and slot.inclusion is not None and slot.inclusion.succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    steps: tuple[Step, ...] = ()
    wait: WaitBegan | None = None
    conformity: ConformityRead | None = None
    revoked: bool = False
    """A reorganisation took the last inclusion away and none has followed."""

    def step(self, number: int) -> Step:
        return self.steps[number - 1]

    @property
    def issue(self) -> Step | None:
        """The last issuing step; None before there is a plan."""
        return self._issues[-1] if self._issues else None

    @property
    def signed_to_issue(self) -> bool:
        """Whether anything was ever signed that could make the token appear."""
        return bool(self.issue_slots)

    @property
    def undecided(self) -> Sequence[tuple[Step, Slot]]:
        return [(step, slot) for step in self.steps if (slot := step.undecided)]

    @property
    def next_step(self) -> Step | None:
        """The first step, funding before issuing, that neither landed nor is on its way.

        None where there is nothing to begin: an undecided slot forbids a next one (I5).
        """
        funds = [step for step in self.steps if step.plan.purpose is StepPurpose.FUND]
        return _next_of([*funds, *self._issues])

    @property
    def next_issue(self) -> Step | None:
        """As `next_step`, where no funding is begun any more: only what was sent is waited for."""
        sent = [step for step in self.steps if step.undecided]
        funds = [step for step in sent if step.plan.purpose is StepPurpose.FUND]
        return _next_of([*funds, *self._issues])

    @property
    def issue_slots(self) -> tuple[Slot, ...]:
        """Every slot that was ever signed to make the token appear."""
        return tuple(slot for step in self._issues for slot in step.slots)

    @property
    def slot_status(self) -> SubStatus | None:
        """Where the newest slot of the issuing step stands; None where nothing was signed."""
        if self.issue is None or not self.issue.slots:
            return None
        slot = self.issue.slots[-1]
        if slot.fate is Fate.DEAD:
            return SubStatus.SLOT_DEAD
        if slot.inclusion is not None or slot.fate is Fate.LANDED:
            return SubStatus.INCLUDED
        if self.revoked:
            return SubStatus.REORG
        if slot.seen:
            return SubStatus.IN_POOL
        return SubStatus.MAYBE_SENT if slot.answered else SubStatus.SIGNED_UNSENT

    @property
    def decidable_at(self) -> str | None:
        """When the issuing slot's fate will be known; None where none is open."""
        slot = self.issue.undecided if self.issue else None
        if slot is None:
            return None
        if slot.inclusion is not None:
            return f"when block {slot.inclusion.block.number} is final"
        return slot.key.decidable

    def next_slot(self, step: int) -> int:
        """Return the number of the slot to reserve for a step.

        Raises:
            BrokenRule: the step landed, or has a slot that is still undecided (I1, I5).
        """
        at = self.step(step)
        if at.landed or at.undecided:
            raise BrokenRule(f"step {step} has a slot that landed or is undecided")
        return len(at.slots) + 1

    def apply(self, event: OperationEvent) -> Self:
        match event:
            case StepsPlanned(steps=steps):
                added = tuple(Step(plan=plan) for plan in steps)
                return replace(self, steps=self.steps + added, wait=None)
            case SlotReserved(step=step, slot=number, key=key, most=most):
                return self._add_slot(step, Slot(number=number, key=key, most=most))
            case AttemptSigned():
                signed = Attempt(
                    number=event.attempt,
                    kind=event.kind,
                    transaction_id=event.transaction_id,
                    raw=event.raw,
                )
                slot = self._slot(event.step, event.slot)
                attempts = (*slot.attempts, signed)
                return self._with(event.step, replace(slot, attempts=attempts, answered=False))
            case BroadcastAnswered():
                return self._with(
                    event.step, replace(self._slot(event.step, event.slot), answered=True)
                )
            case AttemptSeen():
                slot = replace(self._slot(event.step, event.slot), seen=True)
                return replace(self._with(event.step, slot), revoked=False)
            case AttemptIncluded(inclusion=inclusion, attempt=attempt):
                old = self._slot(event.step, event.slot)
                slot = replace(old, seen=True, inclusion=inclusion, included=attempt)
                return replace(self._with(event.step, slot), revoked=False)
            case InclusionRevoked():
                slot = replace(self._slot(event.step, event.slot), inclusion=None, included=0)
                return replace(self._with(event.step, slot), revoked=True, conformity=None)
            case ConformityRead():
                return replace(self, conformity=event)
            case WaitBegan():
                return replace(self, wait=event)
            case WaitEnded():
                return replace(self, wait=None)
            case SlotDecided(fate=fate, certificate=certificate):
                slot = self._slot(event.step, event.slot)
                return self._with(event.step, replace(slot, fate=fate, certificate=certificate))
            case _:
                assert_never(event)

    @property
    def _issues(self) -> list[Step]:
        return [step for step in self.steps if step.plan.purpose is StepPurpose.ISSUE]

    def _slot(self, step: int, number: int) -> Slot:
        return self.step(step).slots[number - 1]

    def _add_slot(self, step: int, slot: Slot) -> Self:
        at = self.step(step)
        return self._with_step(replace(at, slots=(*at.slots, slot)))

    def _with(self, step: int, slot: Slot) -> Self:
        at = self.step(step)
        slots = tuple(slot if old.number == slot.number else old for old in at.slots)
        return self._with_step(replace(at, slots=slots))

    def _with_step(self, step: Step) -> Self:
        steps = tuple(step if old.plan.number == step.plan.number else old for old in self.steps)
        return replace(self, steps=steps)


def _next_of(steps: Sequence[Step]) -> Step | None:
    """Return the first that neither landed nor is on its way; None if one before it is open."""
    for step in steps:
        if step.landed or step.underway:
            continue
        return None if step.undecided else step
    return None
