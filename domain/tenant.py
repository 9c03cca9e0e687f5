"""The tenant aggregate: members and roles, keys for machines, chain accounts."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from domain.errors import DomainError
from domain.events import (
    ApiKeyMade,
    ApiKeyRevoked,
    Event,
    InvitationWithdrawn,
    KeyForm,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    RoleGranted,
    SignerAdded,
    SignerExported,
    SignerExposed,
    TenantCreated,
)
from domain.roles import RIGHTS_OF_ROLE, Right, Role
from domain.streams import StreamId, StreamKind
from domain.values import AccountId, SignerId, TenantId

Entry = TypeVar("Entry")
MOST = 100
"""Members, open invitations, keys and signers of a tenant, each."""


class LastOwner(DomainError):
    code = "LAST_OWNER"

    def __init__(self) -> None:
        super().__init__("a tenant with members keeps an owner: make another one first")


class MemberExists(DomainError):
    code = "MEMBER_EXISTS"

    def __init__(self) -> None:
        super().__init__("that account is a member already")


class NoSuch(DomainError):
    """Unknown, or another tenant's: one answer."""

    code = "NOT_FOUND"

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no such {what}")


class TooMany(DomainError):
    code = "LIMIT_REACHED"

    def __init__(self, what: str) -> None:
        super().__init__(f"a tenant has at most {MOST} {what}")


class InvitationInvalid(DomainError):
    code = "LINK_INVALID"

    def __init__(self) -> None:
        super().__init__("the invitation is not valid, or no longer, or is for somebody else")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    id: TenantId
    members: Mapping[AccountId, Role]
    invitations: Mapping[UUID, MemberInvited] = field(default_factory=lambda: MappingProxyType({}))
    """Open ones."""
    keys: Mapping[UUID, ApiKeyMade] = field(default_factory=lambda: MappingProxyType({}))
    """That were not revoked; the key of a member who left ends with it."""
    signers: tuple[SignerAdded, ...] = ()
    exported: frozenset[SignerId] = frozenset()

    def may(self, account: AccountId, right: Right) -> bool:
        role = self.members.get(account)
        return role is not None and right in RIGHTS_OF_ROLE[role]

    def invite(
        self, invited: MemberInvited, now: datetime
    ) -> list[InvitationWithdrawn | MemberInvited]:
        """Invite somebody; an open invitation of the same address ends, and what is over goes.

        Raises:
            TooMany: members and invitations together.
        """
        gone = [
            one.invitation
            for one in self.invitations.values()
            if one.claim == invited.claim or now >= one.expires_at
        ]
        if len(self.members) + len(self.invitations) - len(gone) >= MOST:
            raise TooMany("members and invitations")
        return [*(InvitationWithdrawn(invitation=one) for one in gone), invited]

    def accept(
        self, invitation: UUID, digest: bytes, account: AccountId, claim: str | None, now: datetime
    ) -> MemberJoined:
        """Join by an invitation.

        Args:
            invitation: which one.
            digest: SHA-256 of what its link holds.
            account: who joins.
            claim: of the account's address; None for an account that has none.
            now: the time.

        Raises:
            InvitationInvalid: unknown, withdrawn, used, expired, or of another address.
            MemberExists: the account is a member.
        """
        found = self.invitations.get(invitation)
        if found is None or now >= found.expires_at:
            raise InvitationInvalid
        if not hmac.compare_digest(found.digest, digest) or claim not in (None, found.claim):
            raise InvitationInvalid
        if account in self.members:
            raise MemberExists
        return MemberJoined(account=account, role=found.role, invitation=invitation)

    def withdraw(self, invitation: UUID) -> InvitationWithdrawn:
        if invitation not in self.invitations:
            raise NoSuch("invitation")
        return InvitationWithdrawn(invitation=invitation)

    def grant(self, account: AccountId, role: Role) -> RoleGranted:
        if account not in self.members:
            raise NoSuch("member")
        if role is not Role.OWNER:
            self._require_other_owner(account)
        return RoleGranted(account=account, role=role)

    def remove(self, account: AccountId, *, erased: bool = False) -> MemberRemoved:
        """Let a member go. The last owner of others may not go; the last of all if erased."""
        if account not in self.members:
            raise NoSuch("member")
        if len(self.members) > 1 or not erased:
            self._require_other_owner(account)
        return MemberRemoved(account=account)

    def make_key(self, made: ApiKeyMade) -> ApiKeyMade:
        if len(self.keys) >= MOST:
            raise TooMany("keys")
        return made

    def revoke_key(self, key: UUID) -> ApiKeyRevoked:
        if key not in self.keys:
            raise NoSuch("key")
        return ApiKeyRevoked(key=key)

    def add_signer(self, added: SignerAdded) -> SignerAdded:
        if len(self.signers) >= MOST:
            raise TooMany("signers")
        return added

    def export(self, signer: SignerId, form: KeyForm) -> SignerExported:
        self.signer(signer)
        return SignerExported(signer=signer, form=form)

    def signer(self, signer: SignerId) -> SignerAdded:
        for one in self.signers:
            if one.signer == signer:
                return one
        raise NoSuch("signer")

    def _require_other_owner(self, account: AccountId) -> None:
        others = {one for one, role in self.members.items() if role is Role.OWNER} - {account}
        if self.members[account] is Role.OWNER and not others:
            raise LastOwner


def replay(tenant: TenantId, events: Iterable[Event]) -> Tenant | None:
    """Fold a tenant from its events; None if there are none."""
    state: Tenant | None = None
    for event in events:
        state = apply(tenant, state, event)
    return state


def apply(tenant: TenantId, state: Tenant | None, event: Event) -> Tenant:
    if isinstance(event, TenantCreated):
        return Tenant(id=tenant, members={event.owner: Role.OWNER})
    assert state is not None, "a tenant begins with its creation"
    match event:
        case MemberInvited():
            return replace(state, invitations={**state.invitations, event.invitation: event})
        case InvitationWithdrawn(invitation=invitation):
            return replace(state, invitations=_left(state.invitations, invitation))
        case MemberJoined(account=account, role=role, invitation=invitation):
            return replace(
                state,
                members={**state.members, account: role},
                invitations=_left(state.invitations, invitation),
            )
        case MemberRemoved(account=account):
            members = {one: role for one, role in state.members.items() if one != account}
            return replace(_without_what_it_made(state, account), members=members)
        case RoleGranted(account=account, role=role):
            left = state if role is Role.OWNER else _without_what_it_made(state, account)
            return replace(left, members={**state.members, account: role})
        case ApiKeyMade():
            return replace(state, keys={**state.keys, event.key: event})
        case ApiKeyRevoked(key=key):
            return replace(state, keys=_left(state.keys, key))
        case SignerAdded():
            return replace(state, signers=(*state.signers, event))
        case SignerExported(signer=signer) | SignerExposed(signer=signer):
            return replace(state, exported=state.exported | {signer})
        case _:
            return state


def stream_of(tenant: TenantId) -> StreamId:
    return StreamId(StreamKind.TENANT, str(tenant))


def _without_what_it_made(state: Tenant, account: AccountId) -> Tenant:
    """End keys and invitations of a member who may not make them any more."""
    keys = {key: made for key, made in state.keys.items() if made.maker != account}
    invitations = {key: one for key, one in state.invitations.items() if one.by != account}
    return replace(state, keys=keys, invitations=invitations)


def _left(entries: Mapping[UUID, Entry], gone: UUID) -> Mapping[UUID, Entry]:
    return {key: entry for key, entry in entries.items() if key != gone}
