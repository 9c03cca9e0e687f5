"""How events are spelled in the log: names, schemas and shapes.

A public contract: auditors read these bytes without this code. A published
name is never reused, and a published schema is never edited.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from domain import events
from domain.events import Event
from domain.streams import StreamKind
from infrastructure.event_log.json_shapes import BadShape, Decode, Encode, decoder, encoder
from infrastructure.event_log.upcasters import UPCASTERS, JsonObject, Upcast

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


class UnknownEvent(Exception):
    """The log holds an event that this release does not know. It is never skipped."""

    def __init__(self, position: int, name: str, schema: int) -> None:
        super().__init__(f"position {position} holds {name}@{schema}, unknown to this release")
        self.position = position
        self.name = name
        self.schema = schema


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


def current_schema(name: str, upcasters: Mapping[str, tuple[Upcast, ...]] = UPCASTERS) -> int:
    return len(upcasters.get(name, ())) + 1


def encode_event(name: str, event: Event) -> JsonObject:
    encoded: JsonObject = _encoder(name)(event)
    return encoded


def decode_event(
    position: int,
    name: str,
    schema: int,
    public: JsonObject,
    upcasters: Mapping[str, tuple[Upcast, ...]] = UPCASTERS,
) -> Any:
    """Return the event, brought to the current schema.

    Raises:
        UnknownEvent: the name is not known, or the schema comes from a later release.
        BadShape: the stored value has not the shape of its schema.
    """
    known = name in EVENT_TYPES and type(schema) is int
    if not known or not 1 <= schema <= current_schema(name, upcasters):
        raise UnknownEvent(position, name, schema)
    try:
        for upcast in upcasters.get(name, ())[schema - 1 :]:
            public = upcast(public)
        return _decoder(name)(public)
    except (ValueError, TypeError, LookupError) as error:
        raise BadShape(f"position {position} holds no whole {name}@{schema}: {error}") from error


@cache
def _encoder(name: str) -> Encode:
    return encoder(EVENT_TYPES[name])


@cache
def _decoder(name: str) -> Decode:
    return decoder(EVENT_TYPES[name])
