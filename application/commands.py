"""What callers may ask of deployments: imperative, named by intent, and where it came from."""

from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from domain.events import DeploymentRequested, Event
from domain.log import Draft, SealedPersonal
from domain.streams import StreamId
from domain.values import AccountId, Actor, DeploymentId, TenantId

_NAMESPACE = UUID("6d1c2f0e-7d0a-5b6b-9d7e-5f1f0b2a9c11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a command came from."""

    actor: Actor
    command: UUID
    """A command sent twice under one id is executed once."""
    correlation: str
    cause: UUID | None = None
    person: AccountId | None = None
    """Who asks, where it is somebody whose role allows it: asked anew when it is recorded."""

    def draft(
        self, stream: StreamId, event: Event, personal: SealedPersonal | None = None
    ) -> Draft:
        """Make an event of this command ready to be recorded.

        Its id is random: after a restore from a backup the same command may leave
        another event, and the two must not be taken for each other.
        """
        return Draft(
            id=uuid4(),
            stream=stream,
            event=event,
            actor=self.actor,
            command=self.command,
            correlation=self.correlation,
            cause=self.cause,
            personal=personal,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDeployment:
    deployment: DeploymentId
    request: DeploymentRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelDeployment:
    deployment: DeploymentId
    tenant: TenantId
    reason: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDeployment:
    deployment: DeploymentId
    tenant: TenantId
    fingerprint: bytes


Command = RequestDeployment | CancelDeployment | RetryDeployment


def command_id(tenant: TenantId, route: str, key: str) -> UUID:
    """Return the id that one tenant's key has on one route, for ever.

    Each part is length-prefixed, so that no two triples spell the same name. For a
    create it is the deployment's id as well: two requests collide on version 1.

    Args:
        tenant: whose key it is.
        route: the canonical route, parameters filled in.
        key: the Idempotency-Key as received.
    """
    parts = (str(tenant), route, key)
    return uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts))


def engine_command(operation: StreamId, *action: object) -> UUID:
    """Return the id of something that the worker does: the same for the same action."""
    parts = (str(operation), *map(str, action))
    return uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts))
