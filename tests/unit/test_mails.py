"""What mails say and to whom they go: every kind, and nothing that a user wrote becomes more."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.mails.compose import (
    EXPIRED,
    NO_ADDRESS,
    SUPERSEDED,
    TOO_LATE,
    TOO_MANY,
    NothingToSend,
)
from application.mails.port import Mail
from application.mails.words import LONGEST_SHOWN, account_words, outcome_words, shown
from domain.events import (
    CodeAsked,
    DeploymentCompleted,
    DeploymentFailed,
    EmailVerified,
    Evidence,
    LinkPurpose,
    MemberInvited,
    PasswordChanged,
    PasswordReset,
    SecondFactorRemoved,
    SecondFactorSet,
    SignInLocked,
    SignInSucceeded,
    TriesState,
    WalletAccountRegistered,
)
from domain.mails import MailKind
from domain.roles import Role
from domain.slots import Inclusion
from domain.streams import StreamId, StreamKind
from domain.values import AccountId, BlockRef, SessionId, TenantId
from tests.histories import BLOB, requested
from tests.mail_world import (
    EMAIL,
    NOON,
    PUBLIC_URL,
    MailWorld,
    account_stream,
    owed,
    rows,
)

STATE = TriesState()
GUIDE = Path(__file__).parents[2] / "docs/how-to/send-mail.md"
HOUR = timedelta(hours=1)
COMPLETED = DeploymentCompleted(
    asset=b"a" * 20,
    transaction_id=b"t" * 32,
    inclusion=Inclusion(block=BlockRef(number=7, hash=b"\7" * 32), index=0, succeeded=True),
    evidence=Evidence(block=BLOB, report=BLOB),
)
FAILED = DeploymentFailed(cause="SLOT_DEAD", detail="https://evil.example", certificates=())
CHANGED = PasswordChanged(number=2, kept=SessionId(uuid4()))


def all_of(world: MailWorld) -> list[Mail]:
    return [world.compose(row) for row in rows(world.log).values()]


def composed(world: MailWorld) -> Mail:
    """Return the one mail that is owed."""
    [mail] = all_of(world)
    return mail


def refused(world: MailWorld) -> str:
    with pytest.raises(NothingToSend) as refusal:
        composed(world)
    return refusal.value.reason


def of_account(event: object, kind: StreamKind = StreamKind.ACCOUNT) -> MailWorld:
    """Return a world in which something happened to an account, at noon."""
    world = MailWorld()
    account = world.account()
    stream = account_stream(account) if kind is StreamKind.ACCOUNT else StreamId(kind, "x")
    if hasattr(event, "account"):
        event = replace(event, account=account)  # type: ignore[type-var]
    world.add(stream, event, actor=f"account:{account}")  # type: ignore[arg-type]
    world.clock.pass_by(3600)
    return world


NOBODY = AccountId(uuid4())
LOCKED = SignInLocked(account=NOBODY, client=None, until=NOON + HOUR, state=STATE)
SUCCEEDED = SignInSucceeded(account=NOBODY, client=b"c", new_device=True, state=STATE)
ASKED = CodeAsked(account=NOBODY, client=b"c", state=STATE)
NOTICES = [
    (MailKind.LOCKED, LOCKED, StreamKind.SIGN_IN, "every unknown device was locked out until"),
    (MailKind.LOCKED, replace(LOCKED, client=b"c"), StreamKind.SIGN_IN, "a device was locked out"),
    (MailKind.NEW_DEVICE, SUCCEEDED, StreamKind.SIGN_IN, "from a device that it did not know"),
    (MailKind.PASSWORD_CHANGED, CHANGED, StreamKind.ACCOUNT, "It was changed at"),
    (
        MailKind.PASSWORD_RESET,
        PasswordReset(number=2, link=uuid4()),
        StreamKind.ACCOUNT,
        "It was reset at",
    ),
    (
        MailKind.SECOND_FACTOR_SET,
        SecondFactorSet(version=1, step=1, recovery_codes=8, kept=None),
        StreamKind.ACCOUNT,
        "asks for a one-time password",
    ),
    (
        MailKind.SECOND_FACTOR_REMOVED,
        SecondFactorRemoved(kept=None),
        StreamKind.ACCOUNT,
        "the password alone",
    ),
    (MailKind.CODE_ASKED, ASKED, StreamKind.SIGN_IN, "Nobody was let in"),
]


@pytest.mark.parametrize(("kind", "event", "stream", "says"), NOTICES)
def test_a_notice_says_what_happened_when_and_what_to_do(
    kind: MailKind, event: object, stream: StreamKind, says: str
) -> None:
    mail = composed(of_account(event, stream))
    assert (mail.kind, mail.to) == (kind, EMAIL)
    assert says in mail.text
    assert "2026-01-01 12:00 UTC" in mail.text
    assert "password" in mail.text
    assert "token=" not in mail.text


AGENTS = {
    "Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0": "calls itself Firefox",
    "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36": (
        "calls itself Chrome"
    ),
    "Mozilla/5.0 (Macintosh) AppleWebKit/605 (KHTML, like Gecko) Version/18 Safari/605": (
        "calls itself Safari"
    ),
    "curl/8.5.0": "calls itself curl",
    "your account is closed, call 0800": "by a program.",
    "Firefox/1 http://evil.example/\r\nX: y": "calls itself Firefox.",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_notice_says_where_a_sign_in_came_from_in_words_of_our_own(agent: str) -> None:
    visitor = {"address": "192.0.2.7", "userAgent": agent}
    for event, kind in ((SUCCEEDED, MailKind.NEW_DEVICE), (ASKED, MailKind.CODE_ASKED)):
        _, text = account_words(event, kind, NOON, visitor)
        [line] = [line for line in text.splitlines() if "It came from" in line]
        assert "It came from 192.0.2.7, by " in line
        assert AGENTS[agent] in line
        assert "evil" not in text
        assert "0800" not in text


@pytest.mark.parametrize("agent", AGENTS)
def test_a_mail_about_failures_holds_nothing_of_what_a_stranger_calls_itself(agent: str) -> None:
    visitor = {"address": "192.0.2.7", "userAgent": agent}
    _, text = account_words(LOCKED, MailKind.LOCKED, NOON, visitor)
    assert (_, text) == account_words(LOCKED, MailKind.LOCKED, NOON, {"address": "192.0.2.7"})
    assert "It came from 192.0.2.7." in text


@pytest.mark.parametrize("address", ["", "192.0.2.7\r\nBcc: x", "evil.example"])
def test_what_is_no_network_address_is_not_named(address: str) -> None:
    _, text = account_words(SUCCEEDED, MailKind.NEW_DEVICE, NOON, {"address": address})
    assert "It came from" not in text


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_is_after_the_hash_sign_and_is_the_one_that_the_log_knows(
    purpose: LinkPurpose,
) -> None:
    world = MailWorld()
    account = world.account()
    issued = world.link(account, purpose)
    mail = composed(world)
    [token] = re.findall(rf"^{PUBLIC_URL}/{purpose}#token=(\S+)$", mail.text, re.MULTILINE)
    assert world.links.digest(token) == issued.digest
    assert world.links.read(purpose.value, token) == (account, issued.link)
    assert "until 2026-01-02 12:00 UTC" in mail.text


@pytest.mark.parametrize(
    ("purpose", "route"),
    [
        (LinkPurpose.VERIFY_EMAIL, "/api/v1/auth/verify-email"),
        (LinkPurpose.RESET_PASSWORD, "/api/v1/auth/reset-password"),
    ],
)
def test_without_a_front_end_the_mail_says_what_takes_the_code(
    purpose: LinkPurpose, route: str
) -> None:
    world = MailWorld(public_url="")
    account = world.account()
    issued = world.link(account, purpose)
    text = composed(world).text
    assert world.links.text(purpose.value, account, issued.link) in text.splitlines()
    assert f"POST {route}" in text


def invitation(hours: int = 1) -> tuple[MailWorld, MemberInvited]:
    world = MailWorld()
    tenant, invited = uuid4(), uuid4()
    event = MemberInvited(
        invitation=invited,
        role=Role.AUDITOR,
        claim="c",
        digest=world.links.digest(world.links.text("invitation", tenant, invited)),
        expires_at=NOON + hours * HOUR,
        by=None,
    )
    personal = world.keys.sealed(invited, "invitation", "bob@example.com")
    world.add(StreamId(StreamKind.TENANT, str(tenant)), event, personal=personal)
    return world, event


def test_an_invitation_goes_to_the_invited_address_and_names_the_role() -> None:
    world, event = invitation()
    mail = composed(world)
    assert mail.to == "bob@example.com"
    assert "as auditor" in mail.text
    [token] = re.findall(rf"{PUBLIC_URL}/invitation#token=(\S+)", mail.text)
    assert world.links.digest(token) == event.digest


def test_a_withdrawn_invitation_has_no_address() -> None:
    world, event = invitation()
    del world.keys.of[event.invitation]
    assert refused(world) == NO_ADDRESS


def test_an_outcome_goes_to_who_asked_and_names_the_token() -> None:
    for outcome, word in ((COMPLETED, "Completed"), (FAILED, "Failed")):
        world = MailWorld()
        request = replace(requested(), account=world.account())
        deployment = world.deployment(request, outcome)
        mail = composed(world)
        assert mail.to == EMAIL
        assert mail.subject == f"{word}: Gold (GLD) on one"
        assert f"/api/v1/token/deployments/{deployment}" in mail.text
        assert "evil" not in mail.text
        assert ("SLOT_DEAD" in mail.text) == (outcome is FAILED)


ODD = [
    "Gold\r\nBcc: victim@example.com",
    "Gold\nX: y\n\nhttps://evil.example/claim",
    "www.evil.example",
    "evil.example/#token=abc",
    "mailto:a@evil.example",
    "a\u202eb\u2028c\u0085d\x00e\x1bf",
    "<a href=x>",
    "\uff0e\u3002evil",
    "=?utf-8?q?x?=",
]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("outcome", [COMPLETED, FAILED])
def test_a_tokens_name_forges_no_header_and_no_link(
    name: str, outcome: DeploymentCompleted | DeploymentFailed
) -> None:
    request = requested()
    object.__setattr__(request.token, "name", name)  # also where the token's own rules failed
    subject, text = outcome_words(request, outcome, str(uuid4()), NOON)
    assert subject.isprintable()
    for words in (subject, text):
        assert not re.search(r"://|www\.|evil\.|[<>@=?]|[\r\x00\x1b\u202e\u2028\x85]", words)
        assert not re.search(r"^(X|Bcc)", words, re.MULTILINE)


@given(st.text())
def test_what_a_user_wrote_stays_one_short_line_without_any_mark_of_a_link(text: str) -> None:
    found = shown(text)
    assert 0 < len(found) <= LONGEST_SHOWN
    assert not set(found) & set('\r\n\t.:/@<>=?#&\\"')
    assert found.isprintable()


def test_letters_of_every_script_stay() -> None:
    for name in ("Gold Bond 2030", "Zürich-Käufer", "金貨", "सोना", "ذهب", "A$AP (B+C)"):
        assert shown(name) == name


def test_a_link_that_has_expired_is_not_sent() -> None:
    world = MailWorld()
    world.link(world.account(), LinkPurpose.RESET_PASSWORD, hours=1)
    world.clock.pass_by(3599)
    composed(world)
    world.clock.pass_by(1)
    assert refused(world) == EXPIRED
    expired, _ = invitation(hours=0)
    assert refused(expired) == EXPIRED


def test_a_link_that_a_later_one_has_ended_is_not_sent() -> None:
    world = MailWorld()
    account = world.account()
    world.link(account, LinkPurpose.VERIFY_EMAIL)
    world.link(account, LinkPurpose.RESET_PASSWORD)
    second = world.link(account, LinkPurpose.VERIFY_EMAIL)
    ends: list[str] = []
    for row in rows(world.log).values():
        mail = owed(row)
        try:
            world.composer.compose(mail, world.composer.cause_of(mail), world.clock.now())
        except NothingToSend as refusal:
            ends.append(refusal.reason)
        else:
            ends.append("goes")
    assert ends == [SUPERSEDED, "goes", "goes"]
    world.add(account_stream(account), EmailVerified(link=second.link))
    mail = owed([row for row in rows(world.log).values() if row.kind is MailKind.VERIFY_EMAIL][-1])
    with pytest.raises(NothingToSend, match=SUPERSEDED):
        world.composer.compose(mail, world.composer.cause_of(mail), world.clock.now())


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_that_is_issued_again_is_mailed_again(purpose: LinkPurpose) -> None:
    world = MailWorld()
    account = world.account()
    issued = world.link(account, purpose)
    world.add(account_stream(account), issued)
    tokens = [re.findall(r"#token=(\S+)$", mail.text, re.MULTILINE) for mail in all_of(world)]
    assert tokens == [[world.links.text(purpose.value, account, issued.link)]] * 2
    world.link(account, purpose)
    first, again, later = list(rows(world.log).values())
    for row in (first, again):
        with pytest.raises(NothingToSend, match=SUPERSEDED):
            world.compose(row)
    assert world.compose(later).to == EMAIL


def test_an_old_notice_is_not_sent() -> None:
    world = of_account(CHANGED)
    world.clock.pass_by(7 * 24 * 3600)
    assert refused(world) == TOO_LATE


def test_who_was_erased_and_who_never_had_an_address_get_nothing() -> None:
    world = of_account(CHANGED)
    world.keys.of.clear()
    assert refused(world) == NO_ADDRESS
    other = MailWorld()
    account = AccountId(uuid4())
    registered = WalletAccountRegistered(tenant=TenantId(uuid4()), wallet=b"w" * 32)
    other.add(account_stream(account), registered, CHANGED)
    assert refused(other) == NO_ADDRESS


def test_who_gets_which_mail_is_documented_for_every_kind() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [kind for kind in MailKind if f"`{kind}`" not in text] == []
    reasons = (NO_ADDRESS, EXPIRED, SUPERSEDED, TOO_LATE, TOO_MANY)
    assert [reason for reason in reasons if f"| `{reason}` |" not in text] == []
