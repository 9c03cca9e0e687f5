"""Random histories of one deployment, straight from the table and the rules of slots.

No engine and no chain: also what today's engine never writes (several issuing steps,
a reader that is late, a landed slot under another plan) has to fold alike everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import strategies as st

from domain.deployment import Deployment, stream_of
from domain.events import (
    AttemptIncluded,
    AttemptSeen,
    AttemptSigned,
    BroadcastAnswered,
    ConformityRead,
    DeploymentCancelled,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    DeploymentRequested,
    Evidence,
    InclusionRevoked,
    IssueConfirmed,
    IssueIndexed,
    PlannedStep,
    RetryRequested,
    SlotDecided,
    SlotReserved,
    StepPurpose,
    StepsPlanned,
    WaitBegan,
    WaitEnded,
    WaitReason,
)
from domain.log import RecordedEvent
from domain.operation import Step
from domain.slots import (
    AttemptKind,
    Certificate,
    CertificateKind,
    Fate,
    Inclusion,
    NonceSlot,
    Slot,
)
from domain.status import TRANSITIONS, Status
from domain.tokens import AsaFungible, MintableErc20
from domain.values import (
    WORKER,
    AccountId,
    BlobRef,
    BlockRef,
    DeploymentId,
    Family,
    NetworkRef,
    SignerId,
    SignerRef,
    TenantId,
)

SPACE = UUID(int=11)
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
BLOB = BlobRef(sha256=b"\1" * 32, size=1)
ENDS = {Status.CANCELLED, Status.FAILED, Status.COMPLETED}
TEXTS = st.text('ab é漢",\n\\=@\x1b\u202e', max_size=8)


def requested(
    tenant: str = "tenant", network: str = "one", name: str = "Gold"
) -> DeploymentRequested:
    """Return a request of a tenant, who may be named, and so may network and token."""
    return DeploymentRequested(
        tenant=TenantId(uuid5(SPACE, tenant)),
        account=AccountId(uuid5(SPACE, f"account of {tenant}")),
        signer=SignerRef(id=SignerId(uuid5(SPACE, "signer")), address=b"s" * 20),
        network=NetworkRef(id=network, family=Family.EVM, genesis_hash=b"g" * 32, chain_id=1),
        token=MintableErc20(
            name=name,
            symbol="GLD",
            decimals=2,
            cap=1000,
            initial_supply=10,
            receiver=b"r" * 20,
            owner=b"o" * 20,
        ),
        fingerprint=b"f" * 32,
    )


def requested_asset(**terms: Any) -> DeploymentRequested:
    """Return a request of an Algorand asset, whose terms may be named."""
    asset: dict[str, Any] = {"name": "Gold", "unit_name": "GLD", "decimals": 2, "total": 1000}
    asset |= dict.fromkeys(("manager", "reserve", "freeze", "clawback"), b"m" * 32)
    request = requested()
    return replace(
        request,
        signer=replace(request.signer, address=b"s" * 32),
        network=NetworkRef(id="algorand", family=Family.ALGORAND, genesis_hash=b"g" * 32),
        token=AsaFungible(**(asset | terms)),
    )


@dataclass
class Walk:
    """A deployment under way: what may come next follows from what is."""

    draw: st.DrawFn
    events: list[DeploymentEvent] = field(default_factory=lambda: [requested()])
    state: Deployment = field(default_factory=lambda: Deployment(request=requested()))

    def add(self, *events: DeploymentEvent) -> None:
        for event in events:
            self.events.append(event)
            self.state = self.state.apply(event)

    def go_straight(self, far: int) -> None:
        """Come so far on the straight way to Indexed, which chance alone rarely finds."""
        steps = (
            PlannedStep(number=1, purpose=StepPurpose.FUND, amount=5),
            PlannedStep(number=2, purpose=StepPurpose.ISSUE),
        )
        block = BlockRef(number=7, hash=b"\7" * 32)
        inclusion = Inclusion(block=block, index=0, succeeded=True)
        way: list[tuple[DeploymentEvent, ...]] = [
            (StepsPlanned(steps=steps, most=9),),
            (self._reserved(1, 1), self._signed(1, 1, 1)),
            (self._reserved(2, 1), self._signed(2, 1, 1)),
            (AttemptIncluded(step=2, slot=1, attempt=1, inclusion=inclusion),),
            (IssueConfirmed(block=block, depth=1),),
            (IssueIndexed(reader="reader", at=9),),
        ]
        for events in way[:far]:
            if self.draw(st.booleans()):
                self.add(WaitBegan(reason=WaitReason.HELD, detail=""))
            self.add(*events)

    def step(self) -> None:
        said = self._said()
        ends = [event for status, event in said.items() if status in ENDS]
        goes_on = [(event,) for status, event in said.items() if status not in ENDS]
        others = goes_on + self._done()
        # Most lives should get far: where all ends were as likely, few would leave Queued.
        if ends and (not others or self.draw(st.integers(0, 11)) == 0):
            self.add(self.draw(st.sampled_from(ends)))
        elif others:
            self.add(*self.draw(st.sampled_from(others)))

    def _done(self) -> list[tuple[DeploymentEvent, ...]]:
        """Return what the engine may do or see now."""
        found: list[tuple[DeploymentEvent, ...]] = []
        if self.state.status not in {Status.COMPLETED, Status.FAILED}:
            for step in self.state.operation.steps:
                slot = step.undecided
                found += self._of_slot(step, slot) if slot else self._new_slot(step)
            reason = self.draw(st.sampled_from(WaitReason))
            found.append((WaitBegan(reason=reason, detail=self.draw(TEXTS)),))
            found.append((WaitEnded(reason=reason),))
        if self.state.status in {Status.QUEUED, Status.SUBMITTED, Status.PENDING}:
            found.append((self._plan(),))
        return found

    def _plan(self) -> StepsPlanned:
        first = len(self.state.operation.steps) + 1
        purposes = self.draw(st.lists(st.sampled_from(StepPurpose), min_size=1, max_size=3))
        steps = tuple(
            PlannedStep(number=first + place, purpose=purpose, amount=place)
            for place, purpose in enumerate(purposes)
        )
        return StepsPlanned(steps=steps, most=9)

    def _new_slot(self, step: Step) -> list[tuple[DeploymentEvent, ...]]:
        status = self.state.status
        if step.landed or status is Status.CANCELLED:
            return []
        number, slot = step.plan.number, len(step.slots) + 1
        return [(self._reserved(number, slot), self._signed(number, slot, 1))]

    def _reserved(self, step: int, slot: int) -> SlotReserved:
        key = NonceSlot(chain_id=1, genesis_hash=b"g" * 32, sender=b"s" * 20, nonce=slot)
        return SlotReserved(step=step, slot=slot, key=key, most=5)

    def _said(self) -> dict[str, str]:
        return {"verdict": "odd", "wording": self.draw(TEXTS), "alarm": self.draw(TEXTS)}

    def _signed(self, step: int, slot: int, attempt: int) -> AttemptSigned:
        return AttemptSigned(
            step=step,
            slot=slot,
            attempt=attempt,
            kind=self.draw(st.sampled_from(AttemptKind)),
            transaction_id=bytes([step, slot, attempt]) + b"t" * 29,
            raw=b"raw",
        )

    def _of_slot(self, step: Step, slot: Slot) -> list[tuple[DeploymentEvent, ...]]:
        place = {"step": step.plan.number, "slot": slot.number}
        attempt = self.draw(st.sampled_from([one.number for one in slot.attempts]))
        number = self.draw(st.integers(1, 9))
        block = BlockRef(number=number, hash=bytes([number]) * 32)
        fate = self.draw(st.sampled_from(Fate))
        proof = Certificate(kind=CertificateKind.FINALIZED_INCLUSION, blob=BLOB, block=block)
        inclusion = Inclusion(block=block, index=0, succeeded=self.draw(st.booleans()))
        at = place | {"attempt": attempt}
        return [
            (self._signed(**place, attempt=len(slot.attempts) + 1),),
            (
                BroadcastAnswered(
                    **at, operator="node", verdict="odd", wording=self.draw(TEXTS), alarm=""
                ),
            ),
            (AttemptSeen(**at, operator="node"),),
            (AttemptIncluded(**at, inclusion=inclusion),),
            (InclusionRevoked(**at, block=block, canonical=None),),
            (ConformityRead(**place, block=block, differences=("symbol",), report=BLOB),),
            (SlotDecided(**place, fate=fate, certificate=proof),),
        ]

    def _left(self) -> int | None:
        """Return where the signer's key was exported, if it was."""
        return self.draw(st.none() | st.integers(1, 9))

    def _said(self) -> dict[Status, DeploymentEvent]:
        """Return what the table lets be said now, the statuses that operations bring apart."""
        block, words = BlockRef(number=7, hash=b"\7" * 32), self.draw(TEXTS)
        say: dict[Status, DeploymentEvent] = {
            Status.CANCELLED: DeploymentCancelled(reason=words),
            Status.CONFIRMED: IssueConfirmed(block=block, depth=1),
            Status.INDEXED: IssueIndexed(reader="reader", at=9),
            Status.QUEUED: RetryRequested(retry=self.state.retries + 1),
            Status.FAILED: DeploymentFailed(
                cause="CODE", detail=words, certificates=(), signer_exported=self._left()
            ),
            Status.COMPLETED: DeploymentCompleted(
                asset=b"a" * 20,
                transaction_id=b"t" * 32,
                inclusion=Inclusion(block=block, index=0, succeeded=True),
                evidence=Evidence(block=BLOB, report=BLOB),
                signer_exported=self._left(),
            ),
        }
        return {
            status: say[status]
            for status in sorted(TRANSITIONS[self.state.status])
            if status in say
        }


@st.composite
def histories(draw: st.DrawFn, most: int = 40) -> Sequence[DeploymentEvent]:
    """Return the facts of one deployment, in an order that the rules allow."""
    walk = Walk(draw)
    walk.go_straight(draw(st.integers(0, 6)))
    for _ in range(draw(st.integers(0, most))):
        walk.step()
    return walk.events


def recorded(
    events: Sequence[DeploymentEvent], name: str = "one", after: int = 0
) -> list[RecordedEvent]:
    """Return facts as a log would have them, from a position on."""
    stream = stream_of(DeploymentId(uuid5(SPACE, name)))
    return [
        RecordedEvent(
            id=uuid5(SPACE, f"{name} {version}"),
            position=after + version,
            stream=stream,
            version=version,
            time=START + timedelta(milliseconds=137 * version),
            actor=WORKER,
            command=uuid5(SPACE, f"{name} command {version}"),
            correlation="c-1",
            cause=None,
            event=event,
        )
        for version, event in enumerate(events, start=1)
    ]
