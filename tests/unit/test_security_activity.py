"""What happened to accounts as rows: every kind is told and weighed, or left out by name."""

from datetime import datetime
from typing import get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given

from domain.event_names import EVENT_TYPES
from domain.events import (
    AccountErased,
    AccountRegistered,
    ApiKeyMade,
    Event,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    PersonEvent,
    Proof,
    RoleGranted,
    SecondFactorUsed,
    SessionEnd,
    SessionRevoked,
    SignerAdded,
    SignInEvent,
    SignInLocked,
    TenantCreated,
    TenantEvent,
    TenantJoined,
    TriesState,
)
from domain.log import SealedPersonal
from domain.roles import Role, Scope
from domain.streams import StreamId, StreamKind
from domain.values import SignerId
from projections.catalogue import ALL
from projections.security_activity import (
    SECURITY_ACTIVITY,
    WEIGHTS,
    SecurityEntry,
    Severity,
    weigh,
)
from projections.security_queries import Reach, SecurityActivity, members_since
from projections.security_story import LEFT_OUT, SecurityFact, tell
from tests.event_strategies import of
from tests.security_world import (
    ADA,
    BOB,
    EVE,
    LATER,
    TENANT,
    FoldedSecurity,
    failed,
    folded,
    opened,
    recorded,
    session_state,
    succeeded,
)

KINDS = set(get_args(PersonEvent | TenantEvent | SignInEvent))
PERSONAL = SealedPersonal(person=ADA, nonce=b"n" * 12, ciphertext=b"sealed")


def row_of(event: Event, **more: object) -> SecurityEntry:
    [row] = folded(SECURITY_ACTIVITY, [recorded(event, **more)]).values()
    assert isinstance(row, SecurityEntry)
    return row


def revoked(why: SessionEnd) -> SessionRevoked:
    return SessionRevoked(state=session_state(ended=why))


def test_every_kind_is_told_or_left_out_by_name() -> None:
    told = set(get_args(SecurityFact))
    assert told | LEFT_OUT == KINDS
    assert not told & LEFT_OUT
    assert told == set(WEIGHTS) == SECURITY_ACTIVITY.reads
    assert SECURITY_ACTIVITY in ALL


@pytest.mark.parametrize("kind", sorted(get_args(SecurityFact), key=lambda kind: kind.__name__))
def test_every_fact_is_told_in_one_line_that_says_nothing_personal(kind: type) -> None:
    @given(of(kind))
    def check(event: SecurityFact) -> None:
        told = tell(event)
        assert told
        assert told.isprintable()
        for name in ("digest", "claim", "client", "wallet"):
            hidden = getattr(event, name, None)
            assert not isinstance(hidden, bytes) or len(hidden) < 4 or hidden.hex() not in told
        if isinstance(event, MemberInvited) and len(event.claim) > 3:
            assert event.claim not in told

    check()


def test_what_is_left_out_and_what_concerns_nobody_makes_no_row() -> None:
    facts = [failed(None), *(next_of(kind) for kind in LEFT_OUT)]
    events = [recorded(fact, position) for position, fact in enumerate(facts, start=1)]
    assert folded(SECURITY_ACTIVITY, events) == {}


def next_of(kind: type) -> Event:
    found: list[Event] = []

    @given(of(kind))
    def keep(event: Event) -> None:
        found.append(event)

    keep()
    return found[0]


def test_a_row_says_who_what_when_and_how_bad() -> None:
    row = row_of(failed(ADA), position=7, personal=PERSONAL, correlation="c-9")
    assert (row.position, row.event) == (7, "sign-in.failed")
    assert (row.account, row.tenant) == (ADA, None)
    assert (row.success, row.severity) == (False, Severity.WARNING)
    assert row.message == "sign-in refused: wrong password"
    assert (row.correlation, row.actor, row.personal) == ("c-9", f"account:{ADA}", PERSONAL)


@pytest.mark.parametrize(
    ("event", "account", "tenant"),
    [
        (AccountRegistered(tenant=TENANT, email_form=1), ADA, TENANT),
        (TenantJoined(tenant=TENANT), ADA, TENANT),
        (AccountErased(), ADA, None),
        (TenantCreated(owner=BOB), BOB, TENANT),
        (MemberRemoved(account=BOB), BOB, TENANT),
        (
            MemberInvited(
                invitation=uuid4(),
                role=Role.OWNER,
                claim="c",
                digest=b"",
                expires_at=LATER,
                by=BOB,
            ),
            None,
            TENANT,
        ),
        (
            ApiKeyMade(key=uuid4(), digest=b"", scope=Scope.READ, maker=BOB, expires_at=None),
            BOB,
            TENANT,
        ),
        (succeeded(BOB), BOB, None),
        (opened(BOB, TENANT), BOB, TENANT),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_row_names_whom_a_fact_concerns(
    event: Event, account: UUID | None, tenant: UUID | None
) -> None:
    row = row_of(event)
    assert (row.account, row.tenant) == (account, tenant)
    indexed = dict(zip(SECURITY_ACTIVITY.index, SECURITY_ACTIVITY.columns(row), strict=True))
    assert indexed["account"] == str(account or "")
    assert indexed["tenant"] == str(tenant or "")


def test_a_signer_from_before_they_named_an_account_is_the_tenants_alone() -> None:
    added = SignerAdded(
        signer=SignerId(uuid4()),
        derivation="arc76-email/1\n",
        slot=0,
        algorand=b"a" * 32,
        evm=b"e" * 20,
        account=None,
        email_form=1,
        password_form=1,
        password=1,
    )
    row = row_of(added)
    assert (row.account, row.tenant) == (None, TENANT)
    assert r"arc76-email/1\u000a" in row.message


@pytest.mark.parametrize(
    ("event", "severity", "success"),
    [
        (revoked(SessionEnd.LOGOUT), Severity.INFO, True),
        (revoked(SessionEnd.REUSE), Severity.CRITICAL, False),
        (succeeded(ADA), Severity.INFO, True),
        (succeeded(ADA, new_device=True), Severity.WARNING, True),
        (SecondFactorUsed(step=1, recovery=None), Severity.INFO, True),
        (SecondFactorUsed(step=None, recovery=0), Severity.WARNING, True),
        (
            SignInLocked(account=ADA, client=None, until=LATER, state=TriesState()),
            Severity.CRITICAL,
            False,
        ),
        (AccountErased(), Severity.CRITICAL, True),
        (failed(ADA), Severity.WARNING, False),
    ],
)
def test_a_fact_weighs_what_the_table_says(event: Event, severity: Severity, success: bool) -> None:
    weight = weigh(event)
    assert (weight.severity, weight.success) == (severity, success)


def test_only_where_somebody_came_from_is_kept_of_what_is_personal() -> None:
    invited = MemberInvited(
        invitation=uuid4(), role=Role.AUDITOR, claim="c", digest=b"", expires_at=LATER, by=ADA
    )
    for event in (AccountRegistered(tenant=TENANT, email_form=1), invited):
        assert row_of(event, personal=PERSONAL).personal is None
    for event in (failed(ADA), opened(), succeeded(ADA)):
        assert row_of(event, personal=PERSONAL).personal == PERSONAL


def test_proofs_and_events_have_names_that_readers_can_filter_by() -> None:
    assert (
        row_of(opened()).message == f"session opened with {Proof.PASSWORD}, without second factor"
    )
    assert row_of(opened()).event in EVENT_TYPES


def test_a_member_reaches_back_to_its_joining_and_an_owner_to_the_beginning() -> None:
    stream = StreamId(StreamKind.TENANT, str(TENANT))

    def joined(account: UUID) -> MemberJoined:
        return MemberJoined(account=account, role=Role.OPERATOR, invitation=uuid4())

    facts = [TenantCreated(owner=ADA), joined(BOB), joined(EVE), MemberRemoved(account=BOB)]
    facts += [RoleGranted(account=EVE, role=Role.OWNER), joined(BOB)]
    events = [
        recorded(fact, 10 * number, stream=stream) for number, fact in enumerate(facts, start=1)
    ]
    assert members_since(events[:3]) == {ADA: 0, BOB: 20, EVE: 30}
    assert members_since(events[:4]) == {ADA: 0, EVE: 30}
    assert members_since(events) == {ADA: 0, EVE: 30, BOB: 60}


def test_the_part_of_a_stranger_is_empty() -> None:
    reach = Reach(tenant=TENANT, since={ADA: 0, BOB: 5})
    assert reach.of(BOB) == Reach(tenant=TENANT, since={BOB: 5}, only=BOB)
    assert reach.of(EVE) == Reach(tenant=TENANT, since={}, only=EVE)


@pytest.mark.parametrize("days", [0, -1])
def test_activity_is_readable_for_a_day_at_least(days: int) -> None:
    with pytest.raises(ValueError):
        SecurityActivity(FoldedSecurity(None), days, datetime.now)
