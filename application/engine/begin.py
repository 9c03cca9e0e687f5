"""How a step begins: preflight, plan, and the first signature, durable before it is sent."""

from application.engine.answers import Refused
from application.engine.chain import Effect, SigningKeys
from application.engine.recording import Moved, Progress, Recorder, Resting, View, version_of
from domain.events import PlannedStep, StepPurpose, UndecidedSlot, WaitBegan, WaitReason
from domain.log import EventLog, RecordedEvent
from domain.operation import Step
from domain.signer import (
    SignerNotReady,
    adopt,
    hold,
    require_ready,
    reserve,
    state_of,
    stream_of,
)
from domain.status import Status

MOST_FUNDINGS = 5
"""Fund steps of one deployment. More says that coins go somewhere else: an operator looks."""


class Beginner:
    def __init__(self, log: EventLog, keys: SigningKeys, view: View) -> None:
        self._log = log
        self._keys = keys
        self._view = view
        self._record = Recorder(log, view).record

    def begin(self) -> Progress:
        """Plan, fund or sign: the first thing that is missing, or nothing."""
        deployment = self._view.deployment
        if deployment.status.is_final or deployment.status is Status.FAILED:
            return Resting(seconds=self._poll)
        step = deployment.operation.next_step
        if deployment.operation.steps and step is None:
            return Resting(seconds=self._poll)
        if step is not None and step.plan.purpose is StepPurpose.FUND:
            return self._fund(step)
        return self._issue(step)

    @property
    def _poll(self) -> float:
        return self._view.chain.policy.poll

    def _issue(self, step: Step | None) -> Progress:
        """Preflight anew for every slot; then plan, or fund what is missing, or sign."""
        view = self._view
        signer = view.deployment.request.signer
        checked = view.chain.preflight(view.creation, signer.address)
        if isinstance(checked, Refused):
            return self._refused(checked)
        last, progress = self._ready_signer(signer.address)
        if last is None:
            return progress
        missing = self._missing(signer.address, last, checked.most)
        if missing > 0:
            return self._plan_funding(step, missing, checked.most)
        if step is None:
            issue = PlannedStep(number=1, purpose=StepPurpose.ISSUE)
            planned = view.deployment.plan((issue,), checked.most)
            return self._record(("plan", 1), planned)
        return self._sign(step, view.creation, signer.address, self._keys.seed_of(signer.id), last)

    def _refused(self, refused: Refused) -> Progress:
        deployment = self._view.deployment
        if deployment.operation.signed_to_issue:
            held = WaitBegan(reason=WaitReason.HELD, detail=refused.detail)
            return Resting(seconds=self._poll, wait=held)
        failed = deployment.refuse("CONTRACT_EXECUTION_FAILED", refused.detail)
        return self._record(("refuse", deployment.retries), failed)

    def _missing(self, address: bytes, last: RecordedEvent, most: int) -> int:
        """Return the base units that lack, net of what undecided slots may still cost."""
        state = state_of(last.event)
        assert state is not None
        there = self._view.chain.coins(address, at_least=self._view.last_fund_block)
        return most + state.most - there

    def _plan_funding(self, step: Step | None, missing: int, most: int) -> Progress:
        view = self._view
        steps = view.deployment.operation.steps
        fundings = sum(1 for known in steps if known.plan.purpose is StepPurpose.FUND)
        address = view.deployment.request.signer.address.hex()
        if not view.chain.policy.sponsored or self._keys.treasury(view.chain.network) is None:
            detail = f"0x{address} needs {missing} more base units"
            return self._wait(WaitReason.FUNDS, detail)
        if fundings >= MOST_FUNDINGS:
            return self._wait(WaitReason.HELD, f"funded {fundings} times, still {missing} missing")
        planned = [PlannedStep(number=len(steps) + 1, purpose=StepPurpose.FUND, amount=missing)]
        if step is None:
            planned.append(PlannedStep(number=len(steps) + 2, purpose=StepPurpose.ISSUE))
        facts = view.deployment.plan(tuple(planned), most)
        return self._record(("plan", planned[0].number), facts)

    def _fund(self, step: Step) -> Progress:
        key = self._keys.treasury(self._view.chain.network)
        if key is None:
            return self._wait(WaitReason.FUNDS, "there is no treasury on this network")
        treasury = self._view.chain.address_of(key)
        last, progress = self._ready_signer(treasury)
        if last is None:
            return progress
        effect = self._view.effect_of(step)
        checked = self._view.chain.preflight(effect, treasury)
        if isinstance(checked, Refused):
            return self._wait(WaitReason.HELD, f"the treasury cannot send: {checked.detail}")
        if self._missing(treasury, last, checked.most) > 0:
            return self._wait(WaitReason.FUNDS, f"the treasury 0x{treasury.hex()} is empty")
        return self._sign(step, effect, treasury, key, last)

    def _ready_signer(self, address: bytes) -> tuple[RecordedEvent | None, Progress]:
        """Return the last event of a signer that may sign now; else None and what to do instead."""
        chain = self._view.chain
        stream = stream_of(chain.network, address)
        last = self._log.read_last(stream)
        state = state_of(last.event) if last else None
        stated = chain.stated_nonce(address)
        if last is None or state is None:
            adopted = adopt(chain.network, address, stated.at, stated.nonce)
            also = {stream: (version_of(last), adopted)}
            return None, self._record(("adopt", stream), also=also)
        if stated.nonce is not None and stated.nonce > (state.next_nonce or 0) and not state.hold:
            held = hold(state, stated.at, stated.nonce)
            return None, self._record(
                ("hold", stream, stated.nonce), also={stream: (version_of(last), held)}
            )
        try:
            require_ready(state, chain.policy.undecided_limit)
        except SignerNotReady as busy:
            wait = WaitBegan(reason=WaitReason.HELD, detail=str(busy)) if state.hold else None
            return None, Resting(seconds=self._poll, wait=wait)
        return last, Moved()

    def _sign(
        self, step: Step, effect: Effect, sender: bytes, key: bytes, last: RecordedEvent
    ) -> Progress:
        """Reserve and sign in one append on the streams of all who sign.

        On a conflict the bytes, which never left this process, are thrown away.
        """
        view, number = self._view, step.plan.number
        state = state_of(last.event)
        assert state is not None
        prepared = view.chain.prepare(effect, sender, state.next_nonce)
        attempt = view.chain.sign(prepared, key, 1)
        reserved, signed = view.deployment.sign(number, prepared.key, prepared.most, attempt)
        slot = UndecidedSlot(
            key=prepared.key,
            owner=view.history.stream,
            step=number,
            slot=reserved.slot,
            most=prepared.most,
        )
        taken = reserve(state, slot, view.chain.policy.undecided_limit)
        also = {stream_of(view.chain.network, sender): (version_of(last), taken)}
        return self._record(("sign", number, reserved.slot, 1), reserved, signed, also=also)

    def _wait(self, reason: WaitReason, detail: str) -> Resting:
        return Resting(seconds=self._poll, wait=WaitBegan(reason=reason, detail=detail))
