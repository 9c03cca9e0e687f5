"""Current status of every deployment: one row each, and all that a poller asks for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from domain.events import (
    AttemptIncluded,
    AttemptSigned,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    DeploymentRequested,
    InclusionRevoked,
    RetryRequested,
    WaitBegan,
)
from domain.log import RecordedEvent
from domain.status import Status, SubStatus
from domain.streams import StreamKind
from domain.tokens import TokenKind
from projections.projection import Projection, altered
from projections.track import Track, follow


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
class DeploymentStatus:
    deployment: UUID
    tenant: UUID
    account: UUID
    version: int
    """Of the deployment's stream: how far the row has come."""
    kind: TokenKind
    network: str
    name: str
    symbol: str
    signer: str
    """Address, hexadecimal."""
    requested: int
    """Position of the request: the order of the list."""
    changed: int
    """Position of the last fact."""
    requested_at: datetime
    changed_at: datetime
    correlation: str
    track: Track
    retries: int = 0
    transaction: str | None = None
    block: int | None = None
    block_hash: str | None = None
    asset: str | None = None
    waiting: str | None = None
    """Why it stands still, in words."""
    failure: str | None = None
    """Code of the cause."""
    failure_detail: str | None = None
    signer_exported: int | None = None
    """Position of the key's export that the outcome names; None without one, or an outcome."""

    @property
    def status(self) -> Status:
        return self.track.status

    @property
    def sub_status(self) -> SubStatus | None:
        return self.track.sub_status

    @property
    def decidable_at(self) -> str | None:
        return self.track.decidable_at


def fold(
    row: DeploymentStatus | None, recorded: RecordedEvent
) -> Iterable[tuple[str, DeploymentStatus]]:
    if recorded.stream.kind is not StreamKind.DEPLOYMENT:
        return ()
    return ((recorded.stream.id, _next(row, recorded)),)


def _next(row: DeploymentStatus | None, recorded: RecordedEvent) -> DeploymentStatus:
    event = recorded.event
    if isinstance(event, DeploymentRequested):
        return _first(event, recorded)
    if row is None:
        raise ValueError(f"{recorded.stream} does not start with a request")
    assert isinstance(event, DeploymentEvent)
    track = follow(row.track, event)
    changes = _details(track, event)
    if track.wait is None:
        changes["waiting"] = None
    return altered(
        row,
        version=recorded.version,
        changed=recorded.position,
        changed_at=recorded.time,
        track=track,
        **changes,
    )


def _first(event: DeploymentRequested, recorded: RecordedEvent) -> DeploymentStatus:
    return DeploymentStatus(
        deployment=UUID(recorded.stream.id),
        tenant=event.tenant,
        account=event.account,
        version=recorded.version,
        kind=event.token.kind,
        network=event.network.id,
        name=event.token.name,
        symbol=event.token.symbol,
        signer="0x" + event.signer.address.hex(),
        requested=recorded.position,
        changed=recorded.position,
        requested_at=recorded.time,
        changed_at=recorded.time,
        correlation=recorded.correlation,
        track=Track(),
    )


def _details(track: Track, event: DeploymentEvent) -> dict[str, Any]:
    """Return the other members that a fact changes."""
    match event:
        case AttemptSigned(step=step, transaction_id=transaction) if step in track.issues:
            return {"transaction": "0x" + transaction.hex()}
        case AttemptIncluded(step=step, inclusion=inclusion) if step in track.issues:
            block = inclusion.block
            return {"block": block.number, "block_hash": "0x" + block.hash.hex()}
        case InclusionRevoked(step=step) if step in track.issues:
            return {"block": None, "block_hash": None}
        case WaitBegan(detail=detail):
            return {"waiting": detail}
        case DeploymentCompleted(asset=asset, signer_exported=exported):
            return {"asset": "0x" + asset.hex(), "signer_exported": exported}
        case DeploymentFailed(cause=cause, detail=detail, signer_exported=exported):
            return {"failure": cause, "failure_detail": detail, "signer_exported": exported}
        case RetryRequested(retry=retry):
            gone = dict.fromkeys(("failure", "failure_detail", "signer_exported"))
            return {"retries": retry} | gone
        case _:
            return {}


def _columns(row: DeploymentStatus) -> tuple[str | int, ...]:
    at = row.requested_at.isoformat(timespec="microseconds")
    return (
        str(row.tenant),
        str(row.account),
        row.network,
        row.kind.value,
        row.status.value,
        row.requested,
        at,
    )


DEPLOYMENT_STATUS = Projection(
    name="deployment_status",
    version=4,
    row=DeploymentStatus,
    reads=frozenset(get_args(DeploymentEvent)),
    index={
        "tenant": "text",
        "account": "text",
        "network": "text",
        "kind": "text",
        "status": "text",
        "requested": "bigint",
        "requested_at": "text",
    },
    needs=lambda recorded: recorded.stream.id,
    fold=fold,
    columns=_columns,
)
