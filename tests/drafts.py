"""Drafts for tests of the log: small facts in any stream."""

from uuid import UUID, uuid4

from domain.events import TenantCreated
from domain.log import Append, Draft, EventLog, Secret
from domain.streams import NOTHING, StreamId, StreamKind, StreamVersion
from domain.values import AccountId, Actor


def tenant(name: str | None = None) -> StreamId:
    return StreamId(StreamKind.TENANT, name or str(uuid4()))


def draft(stream: StreamId, event_id: UUID | None = None) -> Draft:
    return Draft(
        id=event_id or uuid4(),
        stream=stream,
        event=TenantCreated(owner=AccountId(uuid4())),
        actor=Actor("tester"),
        command=uuid4(),
        correlation="c-1",
    )


def appended(
    stream: StreamId,
    version: StreamVersion = NOTHING,
    events: int = 1,
    **more: object,
) -> Append:
    drafts = tuple(draft(stream) for _ in range(events))
    return Append(drafts=drafts, expected={stream: version}, **more)  # type: ignore[arg-type]


def secret(owner: UUID, version: int = 1) -> Secret:
    return Secret(owner=owner, purpose="password", version=version, sealed=b"sealed")


def version_now(log: EventLog, stream: StreamId) -> StreamVersion:
    return log.read(stream).version
