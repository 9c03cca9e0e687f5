"""Whom a fact of a tenant is mailed to: all its owners, whom it is about, who made the signer.

Whoever has stolen one owner's session can do all that an owner may. Somebody else hears of it.
"""

from dataclasses import dataclass, field
from uuid import UUID

from domain.events import (
    ApiKeyMade,
    MemberJoined,
    MemberRemoved,
    RoleGranted,
    SignerAdded,
    SignerExported,
    TenantCreated,
)
from domain.log import RecordedEvent
from domain.mails import MailKind
from domain.roles import Role
from domain.tenant import MOST
from projections.projection import altered

TENANT_FACTS = frozenset(
    {
        ApiKeyMade,
        MemberJoined,
        MemberRemoved,
        RoleGranted,
        SignerAdded,
        SignerExported,
        TenantCreated,
    }
)


@dataclass(slots=True, kw_only=True)  # never changed, as for the other rows
class Roster:
    """What is known of a tenant when a fact has to find its readers."""

    founded_by: UUID | None = None
    """The command. What it did besides is no news to the one owner there is."""
    owners: tuple[UUID, ...] = ()
    makers: dict[str, UUID] = field(default_factory=dict)
    """From a signer's id to the account whose e-mail address and password made it."""


def moved(roster: Roster, recorded: RecordedEvent) -> Roster:
    """Return what is known of a tenant after a fact."""
    match recorded.event:
        case TenantCreated(owner=owner):
            return Roster(founded_by=recorded.command, owners=(owner,))
        case MemberJoined(account=account, role=role) | RoleGranted(account=account, role=role):
            others = _without(account, roster)
            return altered(roster, owners=(*others, account) if role is Role.OWNER else others)
        case MemberRemoved(account=account):
            return altered(roster, owners=_without(account, roster))
        case SignerAdded(signer=signer, account=maker) if maker is not None:
            return altered(roster, makers={**roster.makers, str(signer): maker})
        case _:
            return roster


def _without(account: UUID, roster: Roster) -> tuple[UUID, ...]:
    return tuple(one for one in roster.owners if one != account)


def notice(
    before: Roster, after: Roster, recorded: RecordedEvent
) -> tuple[MailKind, list[UUID]] | None:
    """Return which mail a fact leads to, and the accounts that get one, each once."""
    concerned: UUID | None
    match recorded.event:
        case MemberJoined(account=concerned, role=Role.OWNER):
            kind = MailKind.OWNER_JOINED
        case RoleGranted(account=concerned) if (concerned in before.owners) != (
            concerned in after.owners
        ):
            kind = MailKind.ROLE_GRANTED
        case MemberRemoved(account=concerned):
            kind = MailKind.MEMBER_REMOVED
        case ApiKeyMade(maker=concerned):
            kind = MailKind.API_KEY_MADE
        case SignerAdded(account=concerned) if recorded.command != before.founded_by:
            kind = MailKind.SIGNER_ADDED
        case SignerExported(signer=signer):
            concerned, kind = before.makers.get(str(signer)), MailKind.SIGNER_EXPORTED
        case _:
            return None
    # A tenant has no more members: the bound holds whatever is in the log.
    owners = [one for one in after.owners if one != concerned][:MOST]
    return kind, owners if concerned is None else [concerned, *owners]
