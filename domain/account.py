"""The account aggregate: one person's ways to prove who they are. Folded from its stream."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from domain.errors import DomainError
from domain.events import (
    AccountErased,
    AccountRegistered,
    EmailVerified,
    Event,
    LinkIssued,
    LinkPurpose,
    PasswordChanged,
    PasswordReset,
    SecondFactorOffered,
    SecondFactorRemoved,
    SecondFactorSet,
    SecondFactorUsed,
    SessionsEnded,
    SessionState,
    TenantJoined,
    TenantLeft,
    WalletAccountRegistered,
)
from domain.streams import StreamId, StreamKind
from domain.values import AccountId, SessionId, TenantId


class LinkInvalid(DomainError):
    """One answer for a link that is unknown, used, superseded, expired or of another purpose."""

    code = "LINK_INVALID"

    def __init__(self) -> None:
        super().__init__("the link is not valid, or no longer")


class SecondFactorState(DomainError):
    """A second factor is there already, or is not."""

    code = "SECOND_FACTOR_STATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """The second factor that is in force."""

    version: int
    """Of the secret."""
    last_step: int
    """Time steps up to this one are used up (RFC 6238, section 5.2)."""
    used: frozenset[int] = frozenset()
    """Recovery codes that are used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    id: AccountId
    tenant: TenantId
    """The one that its sign-up started."""
    wallet: bytes | None = None
    email_verified: bool = False
    password: int = 0
    """Which password is in force: 1 is the first; 0 where there is none."""
    epoch: int = 0
    """How often sessions were ended, all of them or those of a tenant."""
    since: int = 0
    """Sessions of an earlier epoch are over."""
    left: Mapping[TenantId, int] = field(default_factory=lambda: MappingProxyType({}))
    """The same for a tenant that was left: who joins again signs in again."""
    devices: int = 0
    """How often all devices became unknown: by a new password, and with a second factor."""
    kept: SessionId | None = None
    """The session that outlived the last ending."""
    tenants: tuple[TenantId, ...] = ()
    """Where it is a member, its own first."""
    links: Mapping[LinkPurpose, LinkIssued] = field(default_factory=lambda: MappingProxyType({}))
    mailed: Mapping[LinkPurpose, int] = field(default_factory=lambda: MappingProxyType({}))
    """How often each open link was mailed."""
    offered: int | None = None
    """Version of a second factor that was shown and is not in force."""
    factor: Factor | None = None
    erased: bool = False

    def holds(self, session: SessionId, state: SessionState) -> bool:
        """Tell whether a session of this account is still good, but for its own end and time."""
        if self.erased or state.tenant not in self.tenants:
            return False
        if state.epoch < self.left.get(state.tenant, 0):
            return False
        return state.epoch >= self.since or session == self.kept

    def link(self, purpose: LinkPurpose, link: UUID, digest: bytes, now: datetime) -> LinkIssued:
        """Return an open link.

        Raises:
            LinkInvalid: there is none such, or no longer.
        """
        found = self.links.get(purpose)
        if self.erased or found is None or found.link != link or now >= found.expires_at:
            raise LinkInvalid
        if not hmac.compare_digest(found.digest, digest):
            raise LinkInvalid
        return found

    def offer_second_factor(self, version: int) -> SecondFactorOffered:
        if self.factor is not None:
            raise SecondFactorState("a second factor is set: remove it first")
        return SecondFactorOffered(version=version)

    def set_second_factor(self, step: int, codes: int, kept: SessionId) -> SecondFactorSet:
        if self.factor is not None or self.offered is None:
            raise SecondFactorState("no second factor was offered")
        return SecondFactorSet(version=self.offered, step=step, recovery_codes=codes, kept=kept)

    def remove_second_factor(self, kept: SessionId | None) -> SecondFactorRemoved:
        if self.factor is None:
            raise SecondFactorState("there is no second factor")
        return SecondFactorRemoved(kept=kept)


def replay(account: AccountId, events: Iterable[Event]) -> Account | None:
    """Fold an account from its events; None if there are none."""
    state: Account | None = None
    for event in events:
        state = apply(account, state, event)
    return state


def apply(account: AccountId, state: Account | None, event: Event) -> Account:
    """Fold one event. What only tells, changes nothing."""
    if isinstance(event, AccountRegistered):
        return Account(id=account, tenant=event.tenant, tenants=(event.tenant,), password=1)
    if isinstance(event, WalletAccountRegistered):
        return Account(
            id=account, tenant=event.tenant, tenants=(event.tenant,), wallet=event.wallet
        )
    assert state is not None, "an account begins with its registration"
    match event:
        case LinkIssued(purpose=purpose):
            again = state.links.get(purpose) == event
            mailed = state.mailed.get(purpose, 0) + 1 if again else 1
            return replace(
                state,
                links={**state.links, purpose: event},
                mailed={**state.mailed, purpose: mailed},
            )
        case EmailVerified():
            return replace(_without(state, LinkPurpose.VERIFY_EMAIL), email_verified=True)
        case PasswordChanged(number=number, kept=kept):
            return replace(
                _without(state, LinkPurpose.RESET_PASSWORD),
                password=number,
                epoch=state.epoch + 1,
                since=state.epoch + 1,
                devices=state.devices + 1,
                kept=kept,
            )
        case PasswordReset(number=number):
            # Whoever opened the link reads the mailbox: that verifies the address, too.
            return replace(
                _without(state, LinkPurpose.RESET_PASSWORD),
                password=number,
                epoch=state.epoch + 1,
                since=state.epoch + 1,
                devices=state.devices + 1,
                kept=None,
                email_verified=True,
            )
        case SessionsEnded(kept=kept):
            return replace(state, epoch=state.epoch + 1, since=state.epoch + 1, kept=kept)
        case TenantJoined(tenant=tenant):
            return replace(state, tenants=(*state.tenants, tenant))
        case TenantLeft(tenant=tenant):
            return replace(
                state,
                tenants=tuple(one for one in state.tenants if one != tenant),
                epoch=state.epoch + 1,
                left={**state.left, tenant: state.epoch + 1},
            )
        case SecondFactorOffered(version=version):
            return replace(state, offered=version)
        case SecondFactorSet(version=version, step=step, kept=kept):
            factor = Factor(version=version, last_step=step)
            return replace(_proven_anew(state, kept), offered=None, factor=factor)
        case SecondFactorUsed(step=step, recovery=recovery):
            return replace(state, factor=_used(state.factor, step, recovery))
        case SecondFactorRemoved(kept=kept):
            return replace(_proven_anew(state, kept), factor=None)
        case AccountErased():
            return replace(state, erased=True, links={}, factor=None, epoch=state.epoch + 1)
        case _:
            return state


def stream_of(account: AccountId) -> StreamId:
    return StreamId(StreamKind.ACCOUNT, str(account))


def _proven_anew(state: Account, kept: SessionId | None) -> Account:
    """End what was opened by other proofs than are asked for now."""
    return replace(
        state,
        epoch=state.epoch + 1,
        since=state.epoch + 1,
        devices=state.devices + 1,
        kept=kept,
    )


def _without(state: Account, *purposes: LinkPurpose) -> Account:
    left = {purpose: link for purpose, link in state.links.items() if purpose not in purposes}
    return replace(state, links=left)


def _used(factor: Factor | None, step: int | None, recovery: int | None) -> Factor:
    assert factor is not None, "a code of a factor that is not set"
    if step is not None:
        return replace(factor, last_step=max(factor.last_step, step))
    return factor if recovery is None else replace(factor, used=factor.used | {recovery})
