"""Facts about accounts, tenants and sessions, straight into a log, and rows folded on demand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from domain.event_names import EVENT_TYPES
from domain.events import (
    Event,
    MemberJoined,
    Proof,
    SessionOpened,
    SessionState,
    SignInFailed,
    SignInSucceeded,
    TenantCreated,
    TriesState,
)
from domain.log import Append, Draft, EventLog, RecordedEvent, SealedPersonal, append_one
from domain.roles import Role
from domain.streams import StreamId, StreamKind
from domain.values import AccountId, Actor, TenantId
from infrastructure.keys.persons import open_personal, seal_personal
from projections.account_sessions import ACCOUNT_SESSIONS, SessionRow
from projections.projection import Projection, fold_batch
from projections.security_activity import SECURITY_ACTIVITY, SecurityEntry
from projections.security_queries import MOST_SESSIONS, ActivityFilters, ActivityPage, Reach

SPACE = UUID(int=12)
ADA, BOB, EVE = (AccountId(uuid5(SPACE, name)) for name in ("ada", "bob", "eve"))
TENANT, OTHER = TenantId(uuid5(SPACE, "tenant")), TenantId(uuid5(SPACE, "other"))
LATER = datetime(2026, 2, 1, tzinfo=UTC)
KIND_OF: Mapping[type, StreamKind] = {
    event_type: StreamKind(name.partition(".")[0]) for name, event_type in EVENT_TYPES.items()
}


@dataclass
class Hands:
    """A clock that is moved by hand."""

    time: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass
class PersonKeys:
    """Keys of persons, which can be destroyed: what the vault does, without a database."""

    keys: dict[UUID, bytes] = field(default_factory=dict)

    def unsealed(self, owner: UUID, purpose: str) -> bytes | None:
        assert purpose == "person-key"
        return self.keys.get(owner)

    def open_personal(self, sealed: SealedPersonal, purpose: str, key: bytes) -> dict[str, str]:
        return open_personal(sealed, purpose, key)

    def sealed(self, person: UUID, address: str, agent: str = "curl/8") -> SealedPersonal:
        key = self.keys.setdefault(person, uuid5(SPACE, str(person)).bytes * 2)
        return seal_personal(person, "client", key, {"address": address, "userAgent": agent})


def stream_for(event: Event, account: UUID = ADA, tenant: UUID = TENANT) -> StreamId:
    """Return the stream that such an event belongs to."""
    kind = KIND_OF[type(event)]
    ids = {StreamKind.ACCOUNT: str(account), StreamKind.TENANT: str(tenant)}
    return StreamId(kind, ids.get(kind) or str(uuid5(account, kind)))


def recorded(event: Event, position: int = 1, **more: Any) -> RecordedEvent:
    """Return a fact as a log would have it."""
    members = {
        "id": uuid5(SPACE, f"event {position}"),
        "position": position,
        "stream": stream_for(event),
        "version": 1,
        "time": datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(seconds=position),
        "actor": Actor(f"account:{ADA}"),
        "command": uuid4(),
        "correlation": "c-1",
        "cause": None,
        "event": event,
    }
    return RecordedEvent(**(members | more))


def record(
    log: EventLog, event: Event, stream: StreamId, personal: SealedPersonal | None = None
) -> None:
    draft = Draft(
        id=uuid4(),
        stream=stream,
        event=event,
        actor=Actor(f"account:{ADA}"),
        command=uuid4(),
        correlation="c-1",
        personal=personal,
    )
    append_one(log, Append(drafts=(draft,), expected={stream: log.read(stream).version}))


def failed(account: AccountId | None) -> SignInFailed:
    return SignInFailed(account=account, client=b"c", wrong=Proof.PASSWORD, state=TriesState())


def succeeded(account: AccountId, *, new_device: bool = False) -> SignInSucceeded:
    return SignInSucceeded(account=account, client=b"c", new_device=new_device, state=TriesState())


def session_state(account: AccountId = ADA, tenant: TenantId = TENANT, **more: Any) -> SessionState:
    members: dict[str, Any] = {
        "account": account,
        "tenant": tenant,
        "epoch": 0,
        "opened_at": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "expires_at": LATER,
        "salt": b"salt",
        "generation": 1,
        "digest": b"d",
        "parent": b"",
    }
    return SessionState(**(members | more))


def opened(account: AccountId = ADA, tenant: TenantId = TENANT, **more: Any) -> SessionOpened:
    state = session_state(account, tenant, **more)
    return SessionOpened(proof=Proof.PASSWORD, second_factor=False, state=state)


def found_tenant(log: EventLog, tenant: TenantId, **members: Role) -> None:
    """Write a tenant of Ada's, and who else joined."""
    stream = StreamId(StreamKind.TENANT, str(tenant))
    record(log, TenantCreated(owner=ADA), stream)
    for name, role in members.items():
        account = AccountId(uuid5(SPACE, name))
        record(log, MemberJoined(account=account, role=role, invitation=uuid4()), stream)


def folded(projection: Projection[Any], events: Sequence[RecordedEvent]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for one in events:
        if type(one.event) in projection.reads:
            rows |= fold_batch(projection, [one], rows)
    return rows


@dataclass
class FoldedSecurity:
    """Implements SecurityRows and SessionRows of projections.security_queries by folding."""

    log: Any
    upto: int | None = None
    """How far this reader has come; None is all the way."""

    def page(
        self, reach: Reach, filters: ActivityFilters, before: int | None, size: int
    ) -> ActivityPage:
        found = [row for row in self._rows(SECURITY_ACTIVITY) if _passes(row, reach, filters)]
        newest = sorted(found, key=lambda row: -row.position)
        left = [row for row in newest if before is None or row.position < before]
        return ActivityPage(left[:size], left[size - 1].position if len(left) > size else None)

    def position(self) -> int:
        return self.log.position() if self.upto is None else self.upto

    def open_of(self, account: AccountId) -> Sequence[SessionRow]:
        rows = [
            row
            for row in self._rows(ACCOUNT_SESSIONS)
            if row.account == account and row.ended is None
        ]
        return sorted(rows, key=lambda row: -row.position)[:MOST_SESSIONS]

    def _rows(self, projection: Projection[Any]) -> list[Any]:
        return list(folded(projection, list(self.log.read_all(0, self.upto))).values())


def _passes(row: SecurityEntry, reach: Reach, filters: ActivityFilters) -> bool:
    if row.tenant is None:
        since = None if row.account is None else reach.since.get(AccountId(row.account))
        reached = since is not None and row.position > since
    else:
        reached = row.tenant == reach.tenant and reach.only in {None, row.account}
    return (
        reached
        and filters.event in {None, row.event}
        and filters.severity in {None, row.severity}
        and filters.success in {None, row.success}
        and (filters.time_from is None or row.time >= filters.time_from)
        and (filters.time_before is None or row.time < filters.time_before)
    )
