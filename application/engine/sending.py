"""How signed bytes are offered to nodes: what the log holds, and what nodes say is kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from application.engine.answers import Answer
from application.engine.recording import Moved, Progress, Recorder, Resting, View, action_on, kept
from domain.events import AttemptSigned, BroadcastAnswered, WaitBegan, WaitReason
from domain.log import EventLog
from domain.operation import Step
from domain.slots import Slot

LONGEST_WORDING = 500
"""Characters of a node's words that are kept."""


class Sender:
    def __init__(
        self, log: EventLog, view: View, now: datetime, sent: dict[bytes, datetime]
    ) -> None:
        """Send for one view.

        Args:
            log: where answers are recorded.
            view: what is sent.
            now: the time of this look.
            sent: when this worker last sent bytes again; forgotten with the process.
        """
        self._view = view
        self._now = now
        self._sent = sent
        self._record = Recorder(log, view).record

    def send(self, step: Step, slot: Slot) -> Moved:
        """Send what the log holds: these bytes came from there, not from who signed them."""
        return self._answered(step, slot, self._view.chain.broadcast(slot.newest.raw))

    def send_again(self, step: Step, slot: Slot, said: tuple[Answer, ...]) -> Progress:
        """Nobody shows the bytes: that proves nothing, and sending the same again is harmless.

        What nodes answer is recorded where it is news: an answer is evidence, and a repeated
        one must not fill the log.
        """
        raw, policy = slot.newest.raw, self._view.chain.policy
        last = self._sent.get(raw) or self.signed_at(slot)
        if self._now - last >= timedelta(seconds=policy.rebroadcast_after):
            self._sent[raw] = self._now
            said += self._view.chain.broadcast(raw)
        known = self._known_answers(step, slot)
        heard = {(answer.operator, answer.verdict) for answer in known}
        if news := [one for one in said if (one.operator, one.verdict) not in heard]:
            return self._answered(step, slot, news)
        if known and all(answer.alarm for answer in known):
            told = known[-1]
            detail = f"nobody takes the bytes; {told.operator}: {told.alarm} ({told.wording})"
            return Resting(
                seconds=policy.poll, wait=WaitBegan(reason=WaitReason.HELD, detail=detail)
            )
        return Resting(seconds=policy.poll)

    def forget(self, slot: Slot) -> None:
        """Stop remembering when the bytes were sent again: they are in a block."""
        self._sent.pop(slot.newest.raw, None)

    def signed_at(self, slot: Slot) -> datetime:
        raw = slot.newest.raw
        return next(
            recorded.time
            for recorded in reversed(self._view.history.events)
            if isinstance(recorded.event, AttemptSigned) and recorded.event.raw == raw
        )

    def _answered(self, step: Step, slot: Slot, answers: Iterable[Answer]) -> Moved:
        facts = [
            BroadcastAnswered(
                step=step.plan.number,
                slot=slot.number,
                attempt=slot.newest.number,
                operator=answer.operator,
                verdict=answer.verdict,
                wording=kept(answer.wording[:LONGEST_WORDING]),
                alarm=answer.alarm,
            )
            for answer in answers
        ]
        return self._record(action_on(self._view, "broadcast", step, slot), *facts)

    def _known_answers(self, step: Step, slot: Slot) -> list[BroadcastAnswered]:
        at = (step.plan.number, slot.number, slot.newest.number)
        return [
            event
            for event in (recorded.event for recorded in self._view.history.events)
            if isinstance(event, BroadcastAnswered)
            and (event.step, event.slot, event.attempt) == at
        ]
