"""Sessions of every account: one row each, as a person looks for the one that is not theirs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.events import Proof, SessionEnd, SessionOpened, SessionRevoked, SessionRotated
from domain.log import RecordedEvent, SealedPersonal
from projections.projection import Projection, altered


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
class SessionRow:
    session: UUID
    account: UUID
    tenant: UUID
    position: int
    """Where it was opened: the order of the list."""
    opened_at: datetime
    last_used_at: datetime
    """When it was opened or last refreshed."""
    expires_at: datetime
    """Whatever happens."""
    generation: int
    """Number of its current refresh token."""
    epoch: int
    """How often the account's sessions had been ended when this one was opened."""
    proof: Proof
    second_factor: bool
    personal: SealedPersonal | None
    """Network address and user agent at its opening, under the person's key."""
    ended: SessionEnd | None = None
    ended_at: datetime | None = None


def fold(row: SessionRow | None, recorded: RecordedEvent) -> Iterable[tuple[str, SessionRow]]:
    event = recorded.event
    if not isinstance(event, SessionOpened | SessionRotated | SessionRevoked):
        return ()
    return ((recorded.stream.id, _next(row, event, recorded)),)


def _next(
    row: SessionRow | None,
    event: SessionOpened | SessionRotated | SessionRevoked,
    recorded: RecordedEvent,
) -> SessionRow:
    if isinstance(event, SessionOpened):
        return _first(event, recorded)
    if row is None:
        raise ValueError(f"{recorded.stream} does not start with its opening")
    if isinstance(event, SessionRotated):
        generation = event.state.generation
        return altered(row, generation=generation, last_used_at=recorded.time)
    return altered(row, ended=event.state.ended, ended_at=recorded.time)


def _first(event: SessionOpened, recorded: RecordedEvent) -> SessionRow:
    state = event.state
    return SessionRow(
        session=UUID(recorded.stream.id),
        account=state.account,
        tenant=state.tenant,
        position=recorded.position,
        opened_at=state.opened_at,
        last_used_at=recorded.time,
        expires_at=state.expires_at,
        generation=state.generation,
        epoch=state.epoch,
        proof=event.proof,
        second_factor=event.second_factor,
        personal=recorded.personal,
    )


ACCOUNT_SESSIONS = Projection(
    name="account_sessions",
    version=1,
    row=SessionRow,
    reads=frozenset({SessionOpened, SessionRotated, SessionRevoked}),
    index={"account": "text", "position": "bigint", "ended": "text"},
    found_by=(("account", "ended", "position"),),
    needs=lambda recorded: recorded.stream.id,
    fold=fold,
    columns=lambda row: (str(row.account), row.position, row.ended or ""),
)
