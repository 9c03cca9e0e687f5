"""What happened to accounts, tenants and sessions: one row for each fact that matters for security.

Network address and user agent stay sealed under their person's key and are opened by
whoever reads a row: once that key is destroyed, they are noise here as in the log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import get_args
from uuid import UUID

from domain import events as facts
from domain.event_names import name_of
from domain.events import Event, SessionEnd
from domain.log import RecordedEvent, SealedPersonal
from domain.streams import StreamKind
from projections.projection import Projection
from projections.security_story import SecurityFact, SessionFact, TryFact, tell

WITH_CLIENT: tuple[type, ...] = (*get_args(TryFact), *get_args(SessionFact))
"""Their personal part is where somebody came from; that of others is a name or an address."""


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    """Somebody who did not do this should look."""
    CRITICAL = "critical"
    """An attack, or what cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Weight:
    severity: Severity
    success: bool = True
    """Whether what was tried came about."""


_INFO, _WARNING, _CRITICAL = map(Weight, Severity)
WEIGHTS: Mapping[type, Weight] = {
    facts.AccountRegistered: _INFO,
    facts.WalletAccountRegistered: _INFO,
    facts.LinkIssued: _INFO,
    facts.EmailVerified: _INFO,
    facts.PasswordChanged: _WARNING,
    facts.PasswordReset: _WARNING,
    facts.SessionsEnded: _INFO,
    facts.TenantJoined: _INFO,
    facts.TenantLeft: _INFO,
    facts.SecondFactorOffered: _INFO,
    facts.SecondFactorSet: _WARNING,
    facts.SecondFactorUsed: _INFO,
    facts.SecondFactorRemoved: _WARNING,
    facts.AccountErased: _CRITICAL,
    facts.TenantCreated: _INFO,
    facts.MemberInvited: _WARNING,
    facts.InvitationWithdrawn: _INFO,
    facts.MemberJoined: _WARNING,
    facts.MemberRemoved: _WARNING,
    facts.RoleGranted: _WARNING,
    facts.ApiKeyMade: _WARNING,
    facts.ApiKeyRevoked: _INFO,
    facts.SignerAdded: _INFO,
    facts.SignerExported: _CRITICAL,
    facts.SignerExposed: _CRITICAL,
    facts.SignInFailed: Weight(Severity.WARNING, success=False),
    facts.SignInLocked: Weight(Severity.CRITICAL, success=False),
    facts.SignInSucceeded: _INFO,
    facts.SignInUnlocked: _WARNING,
    facts.CodeAsked: _WARNING,
    facts.ResetAsked: _WARNING,
    facts.SessionOpened: _INFO,
    facts.SessionRevoked: _INFO,
}


@dataclass(slots=True, kw_only=True)  # never changed; frozen would cost a fifth of a rebuild
class SecurityEntry:
    position: int
    id: UUID
    """Of the event."""
    time: datetime
    event: str
    """Its name in the log."""
    account: UUID | None
    """Whom it concerns, not who did it: that is the actor."""
    tenant: UUID | None
    """None where the fact belongs to an account wherever that is a member."""
    actor: str
    correlation: str
    success: bool
    severity: Severity
    message: str
    personal: SealedPersonal | None
    """Network address and user agent."""


def weigh(event: Event) -> Weight:
    """Say how much a fact matters: as its kind does, but for a few."""
    match event:
        case facts.SessionRevoked(state=facts.SessionState(ended=SessionEnd.REUSE)):
            return Weight(Severity.CRITICAL, success=False)
        case facts.SignInSucceeded(new_device=True):
            return _WARNING
        case facts.SecondFactorUsed(recovery=int()):
            return _WARNING
        case _:
            return WEIGHTS[type(event)]


def fold(_: SecurityEntry | None, recorded: RecordedEvent) -> Iterable[tuple[str, SecurityEntry]]:
    event = recorded.event
    if not isinstance(event, SecurityFact):
        return ()
    account, tenant = _concerned(recorded)
    if account is None and tenant is None:
        return ()  # somebody tried an address that nobody has: nobody may read of it
    weight = weigh(event)
    entry = SecurityEntry(
        position=recorded.position,
        id=recorded.id,
        time=recorded.time,
        event=name_of(recorded.stream.kind, event),
        account=account,
        tenant=tenant,
        actor=recorded.actor,
        correlation=recorded.correlation,
        success=weight.success,
        severity=weight.severity,
        message=tell(event),
        personal=recorded.personal if isinstance(event, WITH_CLIENT) else None,
    )
    return ((str(recorded.id), entry),)


def _concerned(recorded: RecordedEvent) -> tuple[UUID | None, UUID | None]:
    """Return account and tenant, as far as the fact itself says them."""
    event, kind = recorded.event, recorded.stream.kind
    if kind is StreamKind.ACCOUNT:
        return UUID(recorded.stream.id), getattr(event, "tenant", None)
    if kind is StreamKind.TENANT:
        named = [getattr(event, name, None) for name in ("account", "owner", "maker")]
        return next(filter(None, named), None), UUID(recorded.stream.id)
    if isinstance(event, SessionFact):
        return event.state.account, event.state.tenant
    return getattr(event, "account", None), None


def spelled(time: datetime) -> str:
    """Spell a time so that texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _columns(row: SecurityEntry) -> tuple[str | int, ...]:
    return (
        str(row.account or ""),
        str(row.tenant or ""),
        row.position,
        row.event,
        row.severity.value,
        int(row.success),
        spelled(row.time),
    )


SECURITY_ACTIVITY = Projection(
    name="security_activity",
    version=1,
    row=SecurityEntry,
    reads=frozenset(get_args(SecurityFact)),
    index={
        "account": "text",
        "tenant": "text",
        "position": "bigint",
        "event": "text",
        "severity": "text",
        "success": "bigint",
        "time": "text",
    },
    found_by=(
        ("account", "tenant", "position", "event", "severity", "success"),
        ("tenant", "position", "account", "event", "severity", "success"),
        ("time", "position"),
        ("position",),
    ),
    needs=lambda recorded: str(recorded.id),
    fold=fold,
    columns=_columns,
)
