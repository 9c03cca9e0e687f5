"""What mails say, in plain words: what happened, when, and what to do if it was not you.

Nothing that a user wrote gets into a subject or a text but through `shown`: a token's name
must not end a line, look like another header, or turn into a link where mails are read.
"""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import assert_never

from domain.events import (
    DeploymentCompleted,
    DeploymentFailed,
    DeploymentRequested,
    Event,
    LinkIssued,
    MemberInvited,
    SignInLocked,
)
from domain.mails import MailKind

LONGEST_SHOWN = 64
"""Characters of what a user wrote."""
LETTERS = frozenset("LMN")
"""Unicode's categories of letters, marks and digits."""
PLAIN = frozenset(" -_+$'()")
"""What may stand beside them. Nothing that a link needs is here."""
ROUTES = {
    MailKind.VERIFY_EMAIL: "/api/v1/auth/verify-email",
    MailKind.RESET_PASSWORD: "/api/v1/auth/reset-password",
    MailKind.INVITATION: "/api/v1/tenant/invitations/accept",
}
"""What takes a link where there is no front end. The kind is the front end's path as well."""
DEPLOYMENTS = "/api/v1/token/deployments"
NOT_YOU = "If it was not you, reset your password now and end all sessions."

LOCKED = (
    "If it was you, wait, or reset your password. If it was not, your password has held; "
    "change it if you use it anywhere else."
)
NOTICES: Mapping[MailKind, tuple[str, str, str]] = {
    MailKind.NEW_DEVICE: (
        "Sign-in from a new device",
        "At {at} somebody signed in to your account from a device that it did not know.",
        NOT_YOU,
    ),
    MailKind.PASSWORD_CHANGED: (
        "Your password was changed",
        "It was changed at {at}. All other sessions have ended.",
        NOT_YOU,
    ),
    MailKind.PASSWORD_RESET: (
        "Your password was reset",
        "It was reset at {at}, with a link from a mail. All sessions have ended.",
        f"{NOT_YOU} Whoever did it can read your mails.",
    ),
    MailKind.SECOND_FACTOR_SET: (
        "A second factor was set",
        "Since {at} signing in asks for a one-time password as well.",
        f"{NOT_YOU} Then ask your operator to remove the second factor.",
    ),
    MailKind.SECOND_FACTOR_REMOVED: (
        "Your second factor was removed",
        "Since {at} the password alone is enough to sign in.",
        NOT_YOU,
    ),
    MailKind.SIGNER_EXPORTED: (
        "A signing key was exported",
        "At {at} the key of one of your chain accounts was shown to its holder.",
        f"{NOT_YOU} Whoever has the key can sign with it for ever: move what it holds.",
    ),
}
"""Subject, what happened, and what to do."""

Words = tuple[str, str]
"""Subject and text."""


def shown(text: str) -> str:
    """Return what a user wrote so that it can stand in a mail: one line, no links, not long."""
    kept = "".join(one if _is_plain(one) else "·" for one in text)
    return kept[:LONGEST_SHOWN].strip() or "·"


def _is_plain(character: str) -> bool:
    return character in PLAIN or unicodedata.category(character)[0] in LETTERS


def at(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def link_words(event: LinkIssued | MemberInvited, kind: MailKind, token: str, url: str) -> Words:
    """Say what a link is for, and give it.

    Args:
        event: what issued it.
        kind: of the mail.
        token: what the link holds.
        url: of the front end; empty where there is none.
    """
    # Behind the # sign: a browser sends that part to no server, and names it to no other site.
    way = f"Open this link:\n\n{url}/{kind}#token={token}"
    if not url:
        body = '{"token": "<code>"}'
        way = f"Your code:\n\n{token}\n\nPOST {ROUTES[kind]} takes it, with the body {body}."
    end = f"It is good once, until {at(event.expires_at)}."
    match kind:
        case MailKind.VERIFY_EMAIL:
            subject, why = "Confirm your e-mail address", "An account was opened with this address."
            other = "If you did not open it, do nothing: the address stays unconfirmed."
        case MailKind.RESET_PASSWORD:
            subject, why = "Reset your password", "Somebody asked to reset your password."
            other = "If it was not you, do nothing: your password stays as it is."
        case _:
            assert isinstance(event, MemberInvited)
            subject = "You are invited"
            why = f"You are invited to join an organisation as {event.role.value}."
            other = "If you do not want to join, do nothing."
    return subject, _paragraphs(why, way, end, other)


def account_words(
    event: Event, kind: MailKind, time: datetime, visitor: Mapping[str, str] | None = None
) -> Words:
    """Say what happened to an account.

    Args:
        event: what happened.
        kind: of the mail.
        time: of the event.
        visitor: network address and user agent that it came from, where they are known.
    """
    if isinstance(event, SignInLocked):
        who = "every unknown device" if event.client is None else "a device"
        what = f"Signing in failed too often: at {at(time)} {who} was locked out until "
        return "Sign-in is locked for a while", _paragraphs(
            f"{what}{at(event.until)}.{_whence(visitor)}", LOCKED
        )
    subject, what, other = NOTICES[kind]
    return subject, _paragraphs(what.format(at=at(time)) + _whence(visitor), other)


def _whence(visitor: Mapping[str, str] | None) -> str:
    """Say where something came from. Both are what a stranger chose, or may have chosen."""
    try:
        address = ip_address((visitor or {}).get("address", ""))
    except ValueError:
        return ""
    agent = (visitor or {}).get("userAgent", "")
    named = f", by what calls itself {shown(agent)}" if agent else ""
    return f" It came from {address}{named}."


def outcome_words(
    request: DeploymentRequested,
    event: DeploymentCompleted | DeploymentFailed,
    deployment: str,
    time: datetime,
) -> Words:
    """Say how a deployment ended.

    Args:
        request: what was asked for.
        event: the outcome.
        deployment: its id.
        time: of the outcome.
    """
    name, symbol = shown(request.token.name), shown(request.token.symbol)
    network = shown(request.network.id)
    token = f"{name} ({symbol}) on {network}"
    story = f"Its proof and its story: {DEPLOYMENTS}/{deployment}"
    match event:
        case DeploymentCompleted():
            subject = f"Completed: {token}"
            what = f"Your token {token} was completed at {at(time)}: final, as asked for, proven."
        case DeploymentFailed(cause=cause):
            subject = f"Failed: {token}"
            what = (
                f"Your token {token} has failed at {at(time)}, with the cause {shown(cause)}. "
                "It is proven that nothing signed so far can make it appear. You may retry."
            )
        case _:
            assert_never(event)
    return subject, _paragraphs(what, story)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"
