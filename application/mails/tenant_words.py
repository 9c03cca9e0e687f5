"""What owners are told of their organisation: what happened, who did it, and how to undo it.

Accounts are named by their pseudonyms: a mail is read on the way, and an address has no
business in one that goes to somebody else.
"""

from typing import assert_never
from uuid import UUID

from application.mails.words import Words, at, paragraphs
from domain.events import (
    ApiKeyMade,
    MemberJoined,
    MemberRemoved,
    RoleGranted,
    SignerAdded,
    SignerExported,
)
from domain.log import RecordedEvent
from domain.roles import Role
from domain.values import AccountId

TenantFact = ApiKeyMade | MemberJoined | MemberRemoved | RoleGranted | SignerAdded | SignerExported

STOLEN = (
    "Whoever did it may have an owner's session: all owners should change their password and end "
    "all sessions, then read GET /api/v1/security/activity."
)


def tenant_words(event: TenantFact, recorded: RecordedEvent, reader: AccountId) -> Words:
    """Say what happened in an organisation.

    Args:
        event: what happened.
        recorded: the same, with who and when.
        reader: whom the mail goes to.
    """
    subject, what, other = _story(event, reader)
    where = f"in the organisation {recorded.stream.id}"
    return subject, paragraphs(
        f"At {at(recorded.time)}, {where}: {what}",
        f"It was done by {_actor(recorded, reader)}.",
        f"If you expected it, do nothing. If you did not: {other} {STOLEN}",
    )


def _story(event: TenantFact, reader: AccountId) -> tuple[str, str, str]:
    """Return subject, what happened, and what to do first."""
    match event:
        case MemberJoined(account=account):
            return (
                "Your organisation has a new owner",
                f"{_named(account, reader)} has joined as owner, by an invitation.",
                "remove that member, and withdraw the invitations that are open.",
            )
        case RoleGranted(account=account, role=Role.OWNER):
            return (
                "Your organisation has a new owner",
                f"{_named(account, reader)} was made an owner.",
                "give that member another role, or remove it.",
            )
        case RoleGranted(account=account, role=role):
            return (
                "An owner of your organisation is one no more",
                f"{_named(account, reader)} is no owner any more, but has the role {role}.",
                "have an owner give the role back.",
            )
        case MemberRemoved(account=account):
            return (
                "A member has left your organisation",
                f"{_named(account, reader)} is no member any more, and its API keys have ended.",
                "have an owner invite that member again.",
            )
        case ApiKeyMade(key=key, scope=scope):
            return (
                "A key for machines was made",
                f"the API key {key} was made, with the scope {scope}.",
                "revoke that key.",
            )
        case SignerAdded(signer=signer):
            return (
                "Your organisation has another chain account",
                f"the signer {signer} was added.",
                "do not use that signer.",
            )
        case SignerExported(signer=signer):
            return (
                "A signing key was exported",
                f"the key of the signer {signer} was shown to its holder.",
                "whoever has the key can sign with it for ever: move what it holds.",
            )
        case _:
            assert_never(event)


def _named(account: UUID, reader: AccountId) -> str:
    return f"the account {account}{' (yours)' if account == reader else ''}"


def _actor(recorded: RecordedEvent, reader: AccountId) -> str:
    kind, _, name = recorded.actor.partition(":")
    return _named(UUID(name), reader) if kind == "account" else "an operator of the service"
