"""The lifecycle of a deployment, as data.

The table is the specification (architecture, section 4): the aggregate
enforces it, the documentation is generated from it and the property tests
walk it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    QUEUED = "queued"
    SUBMITTED = "submitted"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    INDEXED = "indexed"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Nothing leads on from here. Failed is not final: a retry leads back to Queued."""
        return not TRANSITIONS[self]

    def may_become(self, other: "Status") -> bool:
        return other in TRANSITIONS[self]


TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.QUEUED: frozenset({Status.SUBMITTED, Status.FAILED, Status.CANCELLED}),
        Status.SUBMITTED: frozenset({Status.PENDING, Status.FAILED}),
        Status.PENDING: frozenset({Status.CONFIRMED, Status.FAILED}),
        Status.CONFIRMED: frozenset(
            {Status.INDEXED, Status.COMPLETED, Status.PENDING, Status.FAILED}
        ),
        Status.INDEXED: frozenset({Status.COMPLETED, Status.PENDING, Status.FAILED}),
        Status.FAILED: frozenset({Status.QUEUED}),
        Status.COMPLETED: frozenset(),
        Status.CANCELLED: frozenset(),
    }
)

MEANING: Mapping[Status, str] = MappingProxyType(
    {
        Status.QUEUED: "the request is durable; preflight and funding happen here",
        Status.SUBMITTED: "the issuing step's first signature is durable; only now may it be sent",
        Status.PENDING: "a node gave our transaction back, or it was seen in a block",
        Status.CONFIRMED: "in a canonical block at the network's depth, block hash checked",
        Status.INDEXED: "an independent reader answered with the token at or past that block",
        Status.COMPLETED: "final, equal to the request field by field, evidence stored",
        Status.FAILED: "proven: nothing signed so far can make the token appear",
        Status.CANCELLED: "cancelled by the user before anything of the token was signed",
    }
)
"""What has to be true before a status is said."""


class SubStatus(StrEnum):
    """Where inside a status a deployment stands. Each comes from an event."""

    AWAITING_FUNDS = "awaiting-funds"
    FUNDING = "funding"
    SIGNED_UNSENT = "signed-unsent"
    MAYBE_SENT = "maybe-sent"
    IN_POOL = "in-pool"
    INCLUDED = "included"
    SLOT_DEAD = "slot-dead"
    STUCK = "stuck"
    REVERTED = "reverted"
    REPLACED = "replaced"
    EXTERNALLY_USED = "externally-used"
    REORG = "reorg"
    NONCONFORMING = "nonconforming"
    HELD = "held"
    NEEDS_ARCHIVE = "needs-archive"
    INDEXER_LATE = "indexer-late"
