"""How a step begins: preflight, plan, and the first signature, durable before it is sent."""

from application.engine.answers import Later, Refused
from application.engine.chain import Effect, Place, SigningKeys, Sponsorship
from application.engine.exports import PAYS_ITSELF, KeyExport, key_export
from application.engine.recording import (
    Moved,
    Progress,
    Recorder,
    Resting,
    View,
    kept,
    version_of,
    waiting,
)
from application.engine.signatories import Signatories, Signatory
from domain.events import PlannedStep, StepPurpose, WaitReason
from domain.log import EventLog
from domain.operation import Step
from domain.signer import stream_of
from domain.status import Status

MOST_FUNDINGS = 5
"""Fund steps of one deployment. More says that coins go somewhere else: an operator looks."""


class Beginner:
    def __init__(self, log: EventLog, keys: SigningKeys, view: View) -> None:
        self._log = log
        self._keys = keys
        self._view = view
        self._who = Signatories(log, keys, view)
        self._record = Recorder(log, view).record

    def begin(self) -> Progress:
        """Plan, fund or sign: the first thing that is missing, or nothing."""
        deployment = self._view.deployment
        if deployment.status.is_final or deployment.status is Status.FAILED:
            return Resting(seconds=self._poll)
        step = deployment.operation.next_step
        if step is not None and step.plan.purpose is StepPurpose.FUND:
            if self._export().at is None:
                return self._fund(step)
            step = deployment.operation.next_issue  # planned before the key left: passed over
        if deployment.operation.steps and step is None:
            return Resting(seconds=self._poll)
        if step is not None and self._is_exhausted(step):
            return self._give_up(step)
        return self._issue(step)

    @property
    def _poll(self) -> float:
        return self._view.chain.policy.poll

    def _is_exhausted(self, step: Step) -> bool:
        allowed = self._view.chain.policy.most_slots * (self._view.deployment.retries + 1)
        return len(step.slots) >= allowed

    def _give_up(self, step: Step) -> Progress:
        detail = f"{len(step.slots)} slots ended without the transaction, each is proven"
        export = self._export()
        failed = self._view.deployment.give_up("TRANSACTION_EXPIRED", detail, export.at)
        action = ("give up", self._view.deployment.retries)
        return self._record(action, failed, read=export.read)

    def _issue(self, step: Step | None) -> Progress:
        """Preflight anew for every slot; then plan, or fund what is missing, or sign."""
        view = self._view
        signer = view.deployment.request.signer
        checked = view.chain.preflight(view.creation, signer.address)
        if isinstance(checked, Refused):
            return self._refused(checked)
        own = self._who.ready(signer.address, self._keys.seed_of(signer.id))
        if not isinstance(own, Signatory):
            return own
        sponsor: Signatory | Progress | None = None
        missing = self._who.missing(own, checked.most)
        if missing > 0 and self._export().at is not None:
            return self._pays_itself(missing)
        if missing > 0 and not view.chain.sponsors_inside:
            return self._plan_funding(step, missing, checked.most)
        if missing > 0:
            sponsor = self._sponsor(f"{view.chain.spelled(own.address)} needs {missing} more")
        if isinstance(sponsor, Moved | Resting):
            return sponsor
        if step is None:
            issue = PlannedStep(number=1, purpose=StepPurpose.ISSUE)
            planned = view.deployment.plan((issue,), checked.most)
            return self._record(("plan", 1), planned)
        return self._sign(step, view.creation, own, sponsor, missing)

    def _refused(self, refused: Refused) -> Progress:
        deployment = self._view.deployment
        if deployment.operation.signed_to_issue:
            return self._wait(WaitReason.HELD, kept(refused.detail))
        export = self._export()
        failed = deployment.refuse("CONTRACT_EXECUTION_FAILED", kept(refused.detail), export.at)
        return self._record(("refuse", deployment.retries), failed, read=export.read)

    def _pays_itself(self, missing: int) -> Progress:
        """Wait for the user's own coins; say so anew where it waited for somebody else's."""
        spelled = self._view.chain.spelled(self._view.deployment.request.signer.address)
        detail = f"{PAYS_ITSELF}; send {missing} base units to {spelled}"
        rest = self._wait(WaitReason.FUNDS, detail)
        before = self._view.deployment.operation.wait
        others = before is not None and not before.detail.startswith(PAYS_ITSELF)
        if rest.wait and before and others and before.reason is WaitReason.FUNDS:
            version = self._view.history.version.number
            return self._record(("wait", WaitReason.FUNDS, version), rest.wait)
        return rest

    def _plan_funding(self, step: Step | None, missing: int, most: int) -> Progress:
        view = self._view
        steps = view.deployment.operation.steps
        fundings = sum(1 for known in steps if known.plan.purpose is StepPurpose.FUND)
        address = view.chain.spelled(view.deployment.request.signer.address)
        if not view.chain.policy.sponsored or self._keys.treasury(view.chain.network) is None:
            return self._wait(WaitReason.FUNDS, f"{address} needs {missing} more base units")
        if fundings >= MOST_FUNDINGS:
            return self._wait(WaitReason.HELD, f"funded {fundings} times, still {missing} missing")
        planned = [PlannedStep(number=len(steps) + 1, purpose=StepPurpose.FUND, amount=missing)]
        if step is None:
            planned.append(PlannedStep(number=len(steps) + 2, purpose=StepPurpose.ISSUE))
        facts = view.deployment.plan(tuple(planned), most)
        return self._record(("plan", planned[0].number), facts, read=self._export().kept())

    def _fund(self, step: Step) -> Progress:
        treasury = self._who.treasury("there is no treasury on this network")
        if not isinstance(treasury, Signatory):
            return treasury
        effect = self._view.effect_of(step)
        checked = self._view.chain.preflight(effect, treasury.address)
        if isinstance(checked, Refused):
            return self._wait(WaitReason.HELD, f"the treasury cannot send: {checked.detail}")
        if (empty := self._who.empty(treasury, checked.most)) is not None:
            return empty
        return self._sign(step, effect, treasury)

    def _export(self) -> KeyExport:
        return key_export(self._log, self._view)

    def _sponsor(self, lack: str) -> Signatory | Progress:
        """Return who pays inside the slot; else why nobody does."""
        if not self._view.chain.policy.sponsored:
            return self._wait(WaitReason.FUNDS, lack)
        found = self._who.treasury(lack)
        signer = self._view.deployment.request.signer
        if isinstance(found, Signatory) and found.address == signer.address:
            return self._wait(WaitReason.FUNDS, lack)
        return found

    def _sign(
        self,
        step: Step,
        effect: Effect,
        own: Signatory,
        sponsor: Signatory | None = None,
        missing: int = 0,
    ) -> Progress:
        """Reserve and sign in one append on the streams of all who sign.

        On a conflict the bytes, which never left this process, are thrown away.
        """
        view = self._view
        place = Place(
            operation=view.history.stream,
            step=step.plan.number,
            sender=own.address,
            nonce=own.state.next_nonce,
            used=tuple(slot.key for slot in step.slots),
            sponsorship=Sponsorship(address=sponsor.address, missing=missing) if sponsor else None,
        )
        prepared = view.chain.prepare(effect, place)
        if isinstance(prepared, Later):
            wait = view.deployment.operation.wait  # a lack of coins outlasts a window
            lacks = wait is not None and wait.reason is WaitReason.FUNDS
            return Resting(seconds=prepared.seconds, wait=wait if lacks else None)
        if isinstance(prepared, Refused):
            return self._refused(prepared)
        costs = {cost.address: cost for cost in prepared.costs}
        paying = self._who.renewed(sponsor) if sponsor else None
        if isinstance(paying, Resting):
            return paying
        if paying and (empty := self._who.empty(paying, costs[paying.address].most)) is not None:
            return empty
        signing = [own] if paying is None else [own, paying]
        keys = {one.address: one.key for one in signing}
        attempt = view.chain.sign(prepared, keys, 1)
        number = step.plan.number
        reserved, signed = view.deployment.sign(number, prepared.key, prepared.most, attempt)
        also = {
            stream_of(view.chain.network, one.address): (
                version_of(one.last),
                self._who.reserve(one, reserved, costs[one.address]),
            )
            for one in signing
        }
        pays = paying is not None or step.plan.purpose is StepPurpose.FUND
        read = self._export().kept() if pays else None
        action = ("sign", number, reserved.slot, 1)
        return self._record(action, reserved, signed, also=also, read=read)

    def _wait(self, reason: WaitReason, detail: str) -> Resting:
        return waiting(self._view, reason, detail)
