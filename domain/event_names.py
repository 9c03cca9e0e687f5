"""What events are called in the log and wherever they are shown: a public contract.

A published name is never reused. The engine's facts are named by the kind of the
stream that owns the slots, so that later kinds of operations get theirs from here.
"""

from collections.abc import Mapping

from domain import events
from domain.events import Event
from domain.streams import StreamKind

OPERATION_KINDS = (StreamKind.DEPLOYMENT,)
"""Kinds of streams that own slots. Each spells the engine's facts under its own name."""

OPERATION_EVENTS: Mapping[str, type] = {
    "planned": events.StepsPlanned,
    "slot-reserved": events.SlotReserved,
    "attempt-signed": events.AttemptSigned,
    "broadcast-answered": events.BroadcastAnswered,
    "attempt-seen": events.AttemptSeen,
    "attempt-included": events.AttemptIncluded,
    "inclusion-revoked": events.InclusionRevoked,
    "conformity-read": events.ConformityRead,
    "wait-began": events.WaitBegan,
    "wait-ended": events.WaitEnded,
    "slot-decided": events.SlotDecided,
}
OTHER_EVENTS: Mapping[str, type] = {
    "deployment.requested": events.DeploymentRequested,
    "deployment.cancelled": events.DeploymentCancelled,
    "deployment.retry-requested": events.RetryRequested,
    "deployment.confirmed": events.IssueConfirmed,
    "deployment.indexed": events.IssueIndexed,
    "deployment.completed": events.DeploymentCompleted,
    "deployment.failed": events.DeploymentFailed,
    "signer.adopted": events.SignerAdopted,
    "signer.slot-reserved": events.SignerSlotReserved,
    "signer.slot-decided": events.SignerSlotDecided,
    "signer.held": events.SignerHeld,
    "network.finalized-advanced": events.FinalizedAdvanced,
    "network.finality-violated": events.FinalityViolated,
    "account.registered": events.AccountRegistered,
    "tenant.created": events.TenantCreated,
    "tenant.signer-added": events.SignerAdded,
    "email-claim.claimed": events.EmailClaimed,
}
EVENT_TYPES: Mapping[str, type] = dict(OTHER_EVENTS) | {
    f"{kind}.{suffix}": event_type
    for kind in OPERATION_KINDS
    for suffix, event_type in OPERATION_EVENTS.items()
}
_NAMES: Mapping[tuple[str, type], str] = {
    (name.partition(".")[0], event_type): name for name, event_type in EVENT_TYPES.items()
}


def name_of(kind: StreamKind, event: Event) -> str:
    """Return the stored name of an event in a stream of this kind.

    Raises:
        ValueError: such streams hold no such event.
    """
    name = _NAMES.get((kind.value, type(event)))
    if name is None:
        raise ValueError(f"a {kind} stream holds no {type(event).__name__}")
    return name


def names_of(event_types: frozenset[type]) -> tuple[str, ...]:
    """Return every stored name of these types, sorted."""
    return tuple(sorted(name for name, known in EVENT_TYPES.items() if known in event_types))
