"""How an outcome is said: only at a block that enough operators call final, with its proof."""

from datetime import datetime, timedelta

from application.engine.answers import TakenEvidence
from application.engine.chain import HistoryPruned
from application.engine.exports import key_export
from application.engine.recording import Progress, Recorder, Resting, View, version_of
from domain.events import (
    Event,
    Evidence,
    FinalizedAdvanced,
    IssueConfirmed,
    SlotDecided,
    StepPurpose,
    WaitBegan,
    WaitReason,
)
from domain.log import ConcurrentChange, EventLog, digest_of
from domain.network import highest_final
from domain.operation import Step
from domain.signer import decide, state_of, stream_of
from domain.slots import Certificate, Fate, Inclusion, Slot
from domain.status import Status
from domain.streams import StreamId, StreamVersion
from domain.values import BlobRef, BlockRef


class Concluder:
    def __init__(self, log: EventLog, view: View, now: datetime) -> None:
        self._log = log
        self._view = view
        self._now = now
        self._recorder = Recorder(log, view)

    def conclude(self, step: Step, slot: Slot, inclusion: Inclusion) -> Progress:
        """Decide a slot whose inclusion is final; complete the deployment if it issues.

        A reverted or nonconforming one stays open with a sub-state that says so.
        """
        try:
            return self._conclude(step, slot, inclusion)
        except HistoryPruned as gone:
            return self._stays(WaitReason.NEEDS_ARCHIVE, str(gone))

    def _conclude(self, step: Step, slot: Slot, inclusion: Inclusion) -> Progress:
        chain = self._view.chain
        issues = step.plan.purpose is StepPurpose.ISSUE
        if issues and (waiting := self._indexing(slot, inclusion)) is not None:
            return waiting
        operators = chain.stated_final(inclusion.block)
        if not operators:
            return Resting(seconds=chain.policy.poll, wait=self._late(issues=issues))
        if not inclusion.succeeded:
            return self._stays(WaitReason.REVERTED, f"final at block {inclusion.block.number}")
        conformity = self._view.deployment.operation.conformity
        if issues and conformity is not None and conformity.differences:
            return self._stays(WaitReason.NONCONFORMING, "; ".join(conformity.differences))
        taken = chain.take_evidence(self._view.effect_of(step), slot, inclusion)
        return self._decide(step, slot, inclusion, operators, taken)

    def bury(self, step: Step, slot: Slot, last: BlockRef) -> Progress:
        """Decide a slot that nothing used and nothing can use any more.

        The deployment stays where it is: a later slot may follow.
        """
        chain = self._view.chain
        try:
            operators = chain.stated_final(last)
            if not operators:
                return Resting(seconds=chain.policy.poll)
            taken = chain.take_absence(slot, last)
        except HistoryPruned as gone:
            return self._stays(WaitReason.NEEDS_ARCHIVE, str(gone))
        decided = SlotDecided(
            step=step.plan.number,
            slot=slot.number,
            fate=Fate.DEAD,
            certificate=Certificate(
                kind=taken.kind, blob=_reference(taken.certificate), block=last
            ),
        )
        also = self._others(slot, Fate.DEAD, last, operators)
        action = ("decided", step.plan.number, slot.number)
        return self._recorder.record(action, decided, also=also, blobs=(taken.certificate,))

    def _stays(self, reason: WaitReason, detail: str) -> Resting:
        seconds = self._view.chain.policy.stuck_after
        return Resting(seconds=seconds, wait=WaitBegan(reason=reason, detail=detail))

    def _indexing(self, slot: Slot, inclusion: Inclusion) -> Progress | None:
        """Ask the independent reader, for as long as the policy is patient."""
        view = self._view
        if not view.chain.has_independent_reader or view.deployment.status is not Status.CONFIRMED:
            return None
        reading = view.chain.independent_reading(slot, inclusion)
        if reading is not None:
            indexed = view.deployment.index(reading.reader, reading.at)
            return self._recorder.record(("indexed", slot.number, reading.reader), indexed)
        if not self._patience_is_over():
            return Resting(seconds=view.chain.policy.poll)
        wait = view.deployment.operation.wait
        if wait is not None and wait.reason is WaitReason.INDEXER_LATE:
            return None  # it was said, and the outcome needs no reader
        return Resting(seconds=view.chain.policy.poll, wait=self._late(issues=True))

    def _late(self, *, issues: bool) -> WaitBegan | None:
        if not issues or self._view.deployment.status is not Status.CONFIRMED:
            return None
        if not self._view.chain.has_independent_reader or not self._patience_is_over():
            return None
        return WaitBegan(reason=WaitReason.INDEXER_LATE, detail="the independent reader is late")

    def _patience_is_over(self) -> bool:
        confirmed = (
            recorded.time
            for recorded in reversed(self._view.history.events)
            if isinstance(recorded.event, IssueConfirmed)
        )
        patience = timedelta(seconds=self._view.chain.policy.index_patience)
        return self._now - next(confirmed, self._now) >= patience

    def _decide(
        self,
        step: Step,
        slot: Slot,
        inclusion: Inclusion,
        operators: tuple[str, ...],
        taken: TakenEvidence,
    ) -> Progress:
        """One append on every stream that is concerned: decided, completed, freed, advanced."""
        decided = SlotDecided(
            step=step.plan.number,
            slot=slot.number,
            attempt=slot.standing.number,
            fate=Fate.LANDED,
            certificate=Certificate(
                kind=taken.kind, blob=_reference(taken.certificate), block=inclusion.block
            ),
        )
        facts: list[Event] = [decided]
        read: dict[StreamId, StreamVersion] = {}
        if step.plan.purpose is StepPurpose.ISSUE:
            after = self._view.deployment.apply(decided)
            conformity = after.operation.conformity
            assert conformity is not None
            evidence = Evidence(block=_reference(taken.block), report=conformity.report)
            export = key_export(self._log, self._view)
            facts.append(after.complete(slot, taken.asset, evidence, export.at))
            read = dict(export.read)
        action = ("decided", step.plan.number, slot.number)
        also = self._others(slot, Fate.LANDED, inclusion.block, operators)
        blobs = (taken.block, taken.certificate)
        return self._recorder.record(action, *facts, also=also, read=read, blobs=blobs)

    def _others(
        self, slot: Slot, fate: Fate, block: BlockRef, operators: tuple[str, ...]
    ) -> dict[StreamId, tuple[StreamVersion, Event]]:
        """Free everybody who signed in the slot, and move the network's highest final block."""
        network = self._view.chain.network
        also: dict[StreamId, tuple[StreamVersion, Event]] = {}
        for address in slot.key.signers:
            signer = stream_of(network, address)
            last = self._log.read_last(signer)
            state = state_of(last.event) if last else None
            assert state is not None, "a slot was reserved without its signer"
            if all(slot.key != known.key for known in state.undecided):
                # Read later than the view: another worker has decided it meanwhile.
                raise ConcurrentChange(f"{signer} moved on")
            also[signer] = (version_of(last), decide(state, slot.key, fate))
        known = highest_final(self._view.network.event if self._view.network else None)
        if known is None or block.number > known.number:
            stream, version = self._recorder.network
            advanced = FinalizedAdvanced(network=network, block=block, operators=operators)
            also[stream] = (version, advanced)
        return also


def _reference(blob: bytes) -> BlobRef:
    return BlobRef(sha256=digest_of(blob), size=len(blob))
