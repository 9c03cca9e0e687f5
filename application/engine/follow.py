"""How a signed slot is followed: sent, seen, included, confirmed, and decided when it is final."""

from datetime import datetime, timedelta
from typing import assert_never

from application.engine.answers import InBlock, InPool, Orphaned, Unseen, Unusable, UsedByOther
from application.engine.chain import HistoryPruned
from application.engine.conclude import Concluder
from application.engine.recording import Progress, Recorder, Resting, View, action_on, version_of
from application.engine.sending import Sender
from domain.deployment import Deployment
from domain.events import (
    AttemptIncluded,
    AttemptSeen,
    ConformityRead,
    DeploymentEvent,
    InclusionRevoked,
    StepPurpose,
    WaitBegan,
    WaitReason,
)
from domain.log import EventLog, digest_of
from domain.operation import Step
from domain.signer import hold, state_of, stream_of
from domain.slots import Inclusion, Slot
from domain.status import Status
from domain.values import BlobRef, BlockRef


class Follower:
    def __init__(
        self, log: EventLog, view: View, now: datetime, sent: dict[bytes, datetime]
    ) -> None:
        """Follow slots of one view.

        Args:
            log: where facts are recorded.
            view: what they are decided on.
            now: the time of this look.
            sent: when this worker last sent bytes again; forgotten with the process.
        """
        self._log = log
        self._view = view
        self._now = now
        self._sender = Sender(log, view, now, sent)
        self._record = Recorder(log, view).record

    def follow(self, step: Step, slot: Slot) -> Progress:
        """Do the next thing for one undecided slot."""
        if not slot.answered:
            return self._sender.send(step, slot)
        if slot.inclusion is None:
            return self._look(step, slot)
        return self._look_again(step, slot, slot.inclusion)

    @property
    def _poll(self) -> float:
        return self._view.chain.policy.poll

    # ---- before it is in a block

    def _look(self, step: Step, slot: Slot) -> Progress:
        try:
            sighting = self._view.chain.observe(slot)
        except HistoryPruned as gone:
            pruned = WaitBegan(reason=WaitReason.NEEDS_ARCHIVE, detail=str(gone))
            return Resting(seconds=self._view.chain.policy.stuck_after, wait=pruned)
        match sighting:
            case InBlock():
                return self._included(step, slot, sighting)
            case InPool(attempt=attempt, operator=operator) if not slot.seen:
                seen = AttemptSeen(
                    step=step.plan.number, slot=slot.number, attempt=attempt, operator=operator
                )
                return self._record(self._action("seen", step, slot), seen)
            case InPool():
                return self._in_pool(slot)
            case UsedByOther():
                return self._used_by_other(step, slot, sighting)
            case Unusable(at=last):
                return self._bury(step, slot, last)
            case Unseen(dropped=dropped):
                return self._sender.send_again(step, slot, dropped)
            case _:
                assert_never(sighting)

    def _in_pool(self, slot: Slot) -> Resting:
        patience = timedelta(seconds=self._view.chain.policy.stuck_after)
        if self._now - self._sender.signed_at(slot) < patience:
            return Resting(seconds=self._poll)
        stuck = WaitBegan(reason=WaitReason.STUCK, detail="in a pool, in no block yet")
        return Resting(seconds=self._poll, wait=stuck)

    def _bury(self, step: Step, slot: Slot, last: BlockRef) -> Progress:
        return Concluder(self._log, self._view, self._now).bury(step, slot, last)

    def _used_by_other(self, step: Step, slot: Slot, used: UsedByOther) -> Progress:
        """The slot is gone to bytes that are not ours: nothing is failed, the signer is held.

        Where the slot's time is over it is decided all the same, so that others who signed in
        it, such as a treasury, are free.
        """
        if not used.final:
            replaced = WaitBegan(reason=WaitReason.REPLACED, detail=f"at block {used.at.number}")
            return Resting(seconds=self._poll, wait=replaced)
        sender = stream_of(self._view.chain.network, slot.key.sender)
        last = self._log.read_last(sender)
        state = state_of(last.event) if last else None
        if state is not None and state.hold is None:
            held = hold(state, used.at, used.used)
            also = {sender: (version_of(last), held)}
            return self._record(("external", slot.key), also=also)
        if used.unusable is not None:
            return self._bury(step, slot, used.unusable)
        detail = f"something else used the slot, final at block {used.at.number}"
        external = WaitBegan(reason=WaitReason.EXTERNALLY_USED, detail=detail)
        return Resting(seconds=self._view.chain.policy.stuck_after, wait=external)

    # ---- in a block

    def _included(self, step: Step, slot: Slot, found: InBlock) -> Progress:
        """Record the inclusion and, in the same append, what is true at once with it."""
        self._sender.forget(slot)
        included = AttemptIncluded(
            step=step.plan.number,
            slot=slot.number,
            attempt=found.attempt,
            inclusion=found.inclusion,
        )
        facts: list[DeploymentEvent] = [included]
        blobs: tuple[bytes, ...] = ()
        after = self._view.deployment.apply(included)
        if self._issues_with_success(step, found.inclusion):
            conformity = self._read_conformity(step, slot, found.inclusion)
            if conformity is not None:
                facts.append(conformity[0])
                blobs = (conformity[1],)
            facts.extend(self._confirmation(after, found.inclusion, found.head))
        return self._record(self._action("included", step, slot), *facts, blobs=blobs)

    def _look_again(self, step: Step, slot: Slot, inclusion: Inclusion) -> Progress:
        standing = self._view.chain.canonical(inclusion)
        if isinstance(standing, Orphaned):
            revoked = InclusionRevoked(
                step=step.plan.number,
                slot=slot.number,
                attempt=slot.standing.number,
                block=inclusion.block,
                canonical=standing.canonical,
            )
            return self._record(self._action("revoked", step, slot), revoked)
        if not self._issues_with_success(step, inclusion):
            return self._conclude(step, slot, inclusion)
        confirmed = self._confirmation(self._view.deployment, inclusion, standing.head)
        if confirmed:
            return self._record(self._action("confirmed", step, slot), *confirmed)
        if self._view.deployment.operation.conformity is None:
            conformity = self._read_conformity(step, slot, inclusion)
            if conformity is None:
                pruned = WaitBegan(reason=WaitReason.NEEDS_ARCHIVE, detail="state is gone")
                pending = self._view.deployment.status is Status.PENDING
                seconds = self._poll if pending else self._view.chain.policy.stuck_after
                return Resting(seconds=seconds, wait=pruned)
            action = self._action("conformity", step, slot)
            return self._record(action, conformity[0], blobs=(conformity[1],))
        if self._view.deployment.status is Status.PENDING:
            return Resting(seconds=self._poll)
        return self._conclude(step, slot, inclusion)

    def _conclude(self, step: Step, slot: Slot, inclusion: Inclusion) -> Progress:
        return Concluder(self._log, self._view, self._now).conclude(step, slot, inclusion)

    def _confirmation(
        self, deployment: Deployment, inclusion: Inclusion, head: int
    ) -> list[DeploymentEvent]:
        depth = head - inclusion.block.number + 1
        if deployment.status is not Status.PENDING or depth < self._view.chain.policy.depth:
            return []
        return [deployment.confirm(inclusion.block, depth)]

    def _read_conformity(
        self, step: Step, slot: Slot, inclusion: Inclusion
    ) -> tuple[ConformityRead, bytes] | None:
        """Read as soon as the block is seen: nodes keep old state for minutes only."""
        try:
            found = self._view.chain.read_conformity(self._view.creation, slot, inclusion)
        except HistoryPruned:
            return None
        read = ConformityRead(
            step=step.plan.number,
            slot=slot.number,
            block=inclusion.block,
            differences=found.differences,
            report=BlobRef(sha256=digest_of(found.report), size=len(found.report)),
        )
        return read, found.report

    def _issues_with_success(self, step: Step, inclusion: Inclusion) -> bool:
        return step.plan.purpose is StepPurpose.ISSUE and inclusion.succeeded

    def _action(self, what: str, step: Step, slot: Slot) -> tuple[object, ...]:
        return action_on(self._view, what, step, slot)
