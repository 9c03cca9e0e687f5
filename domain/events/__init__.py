"""Facts. Past tense, immutable, and complete: what an auditor needs is in them.

Fields are added with a default or by a new schema (docs/explanation/event-versioning.md);
they are never renamed. No ids, times or actors: those belong to every event alike
and live once, in RecordedEvent. No status: it follows from the facts.
"""

from domain.events.deployments import (
    DeploymentCancelled,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    DeploymentRequested,
    Evidence,
    IssueConfirmed,
    IssueIndexed,
    RetryRequested,
)
from domain.events.networks import (
    FinalityViolated,
    FinalizedAdvanced,
    NetworkEvent,
)
from domain.events.operations import (
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
    WaitReason,
)
from domain.events.people import (
    AccountRegistered,
    EmailClaimed,
    PersonEvent,
    SignerAdded,
    TenantCreated,
)
from domain.events.signers import (
    SignerAdopted,
    SignerEvent,
    SignerHeld,
    SignerSlotDecided,
    SignerSlotReserved,
    SignerState,
    UndecidedSlot,
)

Event = DeploymentEvent | SignerEvent | NetworkEvent | PersonEvent

__all__ = [
    "AccountRegistered",
    "AttemptIncluded",
    "AttemptSeen",
    "AttemptSigned",
    "BroadcastAnswered",
    "ConformityRead",
    "DeploymentCancelled",
    "DeploymentCompleted",
    "DeploymentEvent",
    "DeploymentFailed",
    "DeploymentRequested",
    "EmailClaimed",
    "Event",
    "Evidence",
    "FinalityViolated",
    "FinalizedAdvanced",
    "InclusionRevoked",
    "IssueConfirmed",
    "IssueIndexed",
    "NetworkEvent",
    "OperationEvent",
    "PersonEvent",
    "PlannedStep",
    "RetryRequested",
    "SignerAdded",
    "SignerAdopted",
    "SignerEvent",
    "SignerHeld",
    "SignerSlotDecided",
    "SignerSlotReserved",
    "SignerState",
    "SlotDecided",
    "SlotReserved",
    "StepPurpose",
    "StepsPlanned",
    "TenantCreated",
    "UndecidedSlot",
    "WaitBegan",
    "WaitEnded",
    "WaitReason",
]
