"""The Deployment aggregate: a user's intent to issue one token.

A decision returns the events it would cause and changes nothing. ``apply`` is
the only way state moves, and it never refuses: what is in the log has happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Self
from uuid import UUID

from domain.errors import BrokenRule, IllegalTransition
from domain.events import (
    AttemptIncluded,
    AttemptSeen,
    AttemptSigned,
    DeploymentCancelled,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    DeploymentRequested,
    Event,
    Evidence,
    InclusionRevoked,
    IssueConfirmed,
    IssueIndexed,
    OperationEvent,
    PlannedStep,
    RetryRequested,
    SlotReserved,
    StepPurpose,
    StepsPlanned,
)
from domain.operation import Operation
from domain.slots import WITHOUT_TOKEN, Attempt, Certificate, CertificateKind, Slot, SlotKey
from domain.status import Status, SubStatus
from domain.streams import StreamId, StreamKind
from domain.values import BlockRef, DeploymentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    request: DeploymentRequested
    status: Status = Status.QUEUED
    operation: Operation = field(default_factory=Operation)
    retries: int = 0
    completed: DeploymentCompleted | None = None
    failed: DeploymentFailed | None = None

    # ---- what the user decides

    def cancel(self, reason: str, fingerprint: bytes = b"") -> DeploymentCancelled:
        """Stop before anything of the token is signed; funding that is out is still followed."""
        self._require(Status.CANCELLED)
        return DeploymentCancelled(reason=reason, fingerprint=fingerprint)

    def retry(self, fingerprint: bytes = b"") -> RetryRequested:
        """Try again after a proven failure: same deployment, new slot."""
        self._require(Status.QUEUED)
        return RetryRequested(retry=self.retries + 1, fingerprint=fingerprint)

    # ---- what the engine may say

    def plan(self, steps: tuple[PlannedStep, ...], most: int) -> StepsPlanned:
        self._require_open()
        return StepsPlanned(steps=steps, most=most)

    def refuse(self, cause: str, detail: str, exported: int | None) -> DeploymentFailed:
        """Fail with ``never-signed``: allowed only while nothing to issue was ever signed (I3)."""
        self._require(Status.FAILED)
        if self.operation.signed_to_issue:
            raise BrokenRule("something was signed: never-signed would be untrue")
        return self._fail(cause, detail, exported, Certificate(kind=CertificateKind.NEVER_SIGNED))

    def give_up(self, cause: str, detail: str, exported: int | None) -> DeploymentFailed:
        """Fail after slots that were used up: each has its proof that nothing landed (I3).

        Raises:
            BrokenRule: a slot is undecided, or landed.
        """
        self._require(Status.FAILED)
        slots = self.operation.issue_slots
        proofs = [slot.certificate for slot in slots if slot.fate in WITHOUT_TOKEN]
        certificates = tuple(proof for proof in proofs if proof is not None)
        if not certificates or len(certificates) < len(slots):
            raise BrokenRule("a slot may still make the token appear: nothing has failed")
        return self._fail(cause, detail, exported, *certificates)

    def sign(
        self, step: int, key: SlotKey, most: int, attempt: Attempt
    ) -> tuple[SlotReserved, AttemptSigned]:
        """Reserve a slot together with its first signature, never without (architecture, 3)."""
        self._require_open()
        slot = self.operation.next_slot(step)
        reserved = SlotReserved(step=step, slot=slot, key=key, most=most)
        signed = AttemptSigned(
            step=step,
            slot=slot,
            attempt=attempt.number,
            kind=attempt.kind,
            transaction_id=attempt.transaction_id,
            raw=attempt.raw,
        )
        return reserved, signed

    def confirm(self, block: BlockRef, depth: int) -> IssueConfirmed:
        self._require(Status.CONFIRMED)
        return IssueConfirmed(block=block, depth=depth)

    def index(self, reader: str, at: int) -> IssueIndexed:
        self._require(Status.INDEXED)
        return IssueIndexed(reader=reader, at=at)

    def complete(
        self, slot: Slot, asset: bytes, evidence: Evidence, exported: int | None
    ) -> DeploymentCompleted:
        """Say the outcome. Only over a conformity report for the very block that is final (I4).

        Raises:
            BrokenRule: no inclusion, or no clean report for that block.
        """
        self._require(Status.COMPLETED)
        conformity, inclusion = self.operation.conformity, slot.inclusion
        if inclusion is None or conformity is None or conformity.differences:
            raise BrokenRule("completed without inclusion or conformity")
        if conformity.block != inclusion.block:
            raise BrokenRule("the conformity report speaks of another block")
        return DeploymentCompleted(
            asset=asset,
            transaction_id=slot.standing.transaction_id,
            inclusion=inclusion,
            evidence=evidence,
            signer_exported=exported,
        )

    # ---- how facts fold

    def apply(self, event: DeploymentEvent) -> Self:
        match event:
            case DeploymentRequested():
                return replace(self, request=event)
            case DeploymentCancelled():
                return replace(self, status=Status.CANCELLED, operation=self._not_waiting())
            case RetryRequested(retry=retry):
                return replace(self, status=Status.QUEUED, retries=retry, failed=None)
            case IssueConfirmed():
                return replace(self, status=Status.CONFIRMED, operation=self._not_waiting())
            case IssueIndexed():
                return replace(self, status=Status.INDEXED, operation=self._not_waiting())
            case DeploymentCompleted():
                done = self._not_waiting()
                return replace(self, status=Status.COMPLETED, operation=done, completed=event)
            case DeploymentFailed():
                done = self._not_waiting()
                return replace(self, status=Status.FAILED, operation=done, failed=event)
            case _:
                return self._apply_operation(event)

    def _apply_operation(self, event: OperationEvent) -> Self:
        moved = replace(self, operation=self.operation.apply(event))
        match event:
            case AttemptSigned(step=step) if self._issues(step) and self.status is Status.QUEUED:
                return replace(moved, status=Status.SUBMITTED)
            case AttemptSeen(step=step) | AttemptIncluded(step=step) if (
                self._issues(step) and self.status is Status.SUBMITTED
            ):
                return replace(moved, status=Status.PENDING)
            case InclusionRevoked(step=step) if self._issues(step) and self.status in {
                Status.CONFIRMED,
                Status.INDEXED,
            }:
                return replace(moved, status=Status.PENDING)
            case _:
                return moved

    # ---- what can be read off

    @property
    def sub_status(self) -> SubStatus | None:
        """Where inside its status it stands; None where nothing is open or to be said."""
        if self.status.is_final or self.status is Status.FAILED:
            return None
        if self.operation.wait is not None:
            return SubStatus(self.operation.wait.reason)
        standing = self.operation.slot_status
        if standing is None or self.status is Status.QUEUED:
            return SubStatus.FUNDING if self.operation.undecided else None
        return standing

    @property
    def decidable_at(self) -> str | None:
        """When the outcome will be known, as far as it can be said; None once it is."""
        return None if self.status.is_final else self.operation.decidable_at

    def _fail(
        self, cause: str, detail: str, exported: int | None, *proofs: Certificate
    ) -> DeploymentFailed:
        return DeploymentFailed(
            cause=cause,
            detail=detail,
            certificates=proofs,
            leftovers=tuple(self._leftovers()),
            signer_exported=exported,
        )

    def _leftovers(self) -> Iterable[str]:
        for step in self.operation.steps:
            if step.slots and step.plan.purpose is StepPurpose.FUND:
                yield f"funding of {step.plan.amount} base units was signed for the signer"

    def _issues(self, step: int) -> bool:
        return self.operation.step(step).plan.purpose is StepPurpose.ISSUE

    def _not_waiting(self) -> Operation:
        return replace(self.operation, wait=None)

    def _require(self, attempted: Status) -> None:
        if not self.status.may_become(attempted):
            raise IllegalTransition(self.status, attempted)

    def _require_open(self) -> None:
        if self.status.is_final or self.status is Status.FAILED:
            raise BrokenRule(f"nothing is planned or signed for a {self.status} deployment")


def stream_of(deployment_id: DeploymentId | UUID) -> StreamId:
    return StreamId(StreamKind.DEPLOYMENT, str(deployment_id))


def replay(events: Iterable[Event]) -> Deployment | None:
    """Rebuild a deployment from its history; None where there is none.

    Raises:
        ValueError: the history belongs to something else.
    """
    history = iter(events)
    match next(history, None):
        case None:
            return None
        case DeploymentRequested() as request:
            return reduce(_fold, history, Deployment(request=request))
        case other:
            raise ValueError(f"a history cannot start with {type(other).__name__}")


def _fold(deployment: Deployment, event: Event) -> Deployment:
    assert isinstance(event, DeploymentEvent), f"not a fact about deployments: {type(event)}"
    return deployment.apply(event)
