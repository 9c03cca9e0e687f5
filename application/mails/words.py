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
PROGRAMS = {
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
"""By what a user agent holds, the first that is found: Chrome names Safari as well."""
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
    MailKind.CODE_ASKED: (
        "Your password was given without its second factor",
        "At {at} somebody gave your password and no one-time password. Nobody was let in.",
        f"If it was you, do nothing; it is said once a day at most. {NOT_YOU}",
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
    return subject, paragraphs(why, way, end, other)


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
        # Anybody can fail: nothing of what they call themselves is in a mail of ours.
        whence = _whence(visitor, "")
        return "Sign-in is locked for a while", paragraphs(
            f"{what}{at(event.until)}.{whence}", LOCKED
        )
    subject, what, other = NOTICES[kind]
    whence = _whence(visitor, _program(visitor))
    return subject, paragraphs(what.format(at=at(time)) + whence, other)


def _whence(visitor: Mapping[str, str] | None, program: str) -> str:
    """Say where something came from; nothing if that is no network address."""
    try:
        address = ip_address((visitor or {}).get("address", ""))
    except ValueError:
        return ""
    return f" It came from {address}{program}."


def _program(visitor: Mapping[str, str] | None) -> str:
    """Say what a visitor called itself, in words of our own: the text itself is a stranger's."""
    agent = (visitor or {}).get("userAgent", "")
    if not agent:
        return ""
    found = next((name for mark, name in PROGRAMS.items() if mark in agent), None)
    return f", by what calls itself {found}" if found else ", by a program"


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
    return subject, paragraphs(what, story)


def paragraphs(*parts: str) -> str:
    """Return parts with an empty line between each two."""
    return "\n\n".join(parts) + "\n"
