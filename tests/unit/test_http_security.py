"""Security activity over HTTP: who sees whose rows, pages, and what an erased person leaves."""

from uuid import UUID, uuid4

import pytest

from domain.events import (
    MemberJoined,
    MemberRemoved,
    RoleGranted,
    SignerExported,
    SignInEvent,
    TenantCreated,
)
from domain.events.tenants import KeyForm
from domain.roles import Role
from domain.values import SignerId
from interfaces.http.problems import Problem
from interfaces.http.security import EVENTS
from tests.security_api import SecurityApi, machine, person
from tests.security_world import ADA, BOB, EVE, OTHER, opened, record, stream_for

OWNER, OPERATOR = person(ADA, Role.OWNER), person(BOB, Role.OPERATOR)
AUDITOR = person(EVE, Role.AUDITOR)


@pytest.fixture
def api() -> SecurityApi:
    api = SecurityApi()
    api.found(bob=Role.OPERATOR, eve=Role.AUDITOR)
    return api


def test_a_row_says_what_a_reader_of_the_incumbent_expects_and_where_it_stands(
    api: SecurityApi,
) -> None:
    position = api.fail(ADA, "192.0.2.9", "Mozilla/5.0")
    row = api.page(OWNER)["activity"][0]
    assert UUID(row.pop("eventId"))
    assert row == {
        "position": position,
        "timestamp": "2026-01-01T12:00:00Z",
        "eventType": "sign-in.failed",
        "severity": "warning",
        "success": False,
        "summary": "sign-in refused: wrong password",
        "errorMessage": "sign-in refused: wrong password",
        "accountId": str(ADA),
        "tenantId": None,
        "actor": f"account:{ADA}",
        "correlationId": "c-1",
        "sourceIp": "192.0.2.9",
        "userAgent": "Mozilla/5.0",
    }
    assert api.page(OWNER, success="true")["activity"][0]["errorMessage"] is None


def test_owners_auditors_and_keys_see_the_tenant_and_an_operator_itself(api: SecurityApi) -> None:
    ada, bob = api.fail(ADA), api.fail(BOB)
    exported = api.write(SignerExported(signer=SignerId(uuid4()), form=KeyForm.BIP39))
    granted = api.write(RoleGranted(account=BOB, role=Role.OPERATOR))
    for who in (OWNER, AUDITOR, machine()):
        assert api.positions(who)[:4] == [granted, exported, bob, ada]
    joined = api.positions(OPERATOR, eventType="tenant.member-joined")
    assert api.positions(OPERATOR) == [granted, bob, *joined]
    assert len(joined) == 1


def test_addresses_are_for_owners_and_for_oneself(api: SecurityApi) -> None:
    api.fail(ADA, "192.0.2.1")
    api.fail(BOB, "192.0.2.2")
    api.fail(EVE, "192.0.2.3")

    def seen(who: object) -> list[str | None]:
        page = api.page(who, eventType="sign-in.failed")  # type: ignore[arg-type]
        rows = page["activity"]
        assert all((row["sourceIp"] is None) == (row["userAgent"] is None) for row in rows)
        return [row["sourceIp"] for row in rows]

    assert seen(OWNER) == ["192.0.2.3", "192.0.2.2", "192.0.2.1"]
    assert seen(OPERATOR) == ["192.0.2.2"]
    assert seen(AUDITOR) == ["192.0.2.3", None, None]
    assert seen(machine()) == [None, None, None]
    assert seen(machine(BOB)) == [None, None, None]


def test_an_address_of_nobody_knows_where_is_none(api: SecurityApi) -> None:
    api.fail(ADA, "", "")
    row = api.page(OWNER)["activity"][0]
    assert (row["sourceIp"], row["userAgent"]) == (None, None)


def test_an_erased_person_leaves_facts_without_addresses(api: SecurityApi) -> None:
    api.fail(BOB, "192.0.2.2")
    api.fail(ADA, "192.0.2.1")
    del api.vault.keys[BOB]
    rows = api.page(OWNER, eventType="sign-in.failed")["activity"]
    assert [row["sourceIp"] for row in rows] == ["192.0.2.1", None]
    assert "192.0.2.2" not in str(api.page(OWNER))


def test_an_account_is_a_filter_and_anothers_is_refused_to_an_operator(api: SecurityApi) -> None:
    api.fail(ADA)
    bob = api.fail(BOB)
    assert api.positions(OWNER, accountId=str(BOB))[0] == bob
    assert api.positions(OPERATOR, accountId=str(BOB))[0] == bob
    assert api.positions(OWNER, accountId=str(uuid4())) == []
    for asked in (str(ADA), str(uuid4())):
        with pytest.raises(Problem) as refused:
            api.page(OPERATOR, accountId=asked)
        assert refused.value.code == "FORBIDDEN"
    with pytest.raises(Problem):
        api.export(OPERATOR, accountId=str(ADA))


def test_what_a_member_does_elsewhere_and_did_before_is_not_the_tenants(api: SecurityApi) -> None:
    api.write(MemberRemoved(account=BOB))
    before = api.fail(BOB)
    api.write(MemberJoined(account=BOB, role=Role.OPERATOR, invitation=uuid4()))
    after = api.fail(BOB)
    other = TenantCreated(owner=BOB)
    record(api.log, other, stream_for(other, tenant=OTHER))
    elsewhere = opened(BOB, OTHER)
    record(api.log, elsewhere, stream_for(elsewhere))
    assert before not in api.positions(OWNER)
    assert api.positions(OWNER)[0] == after
    # To oneself it is no secret, and what names another tenant is read there.
    assert before in api.positions(OPERATOR)
    assert api.positions(OPERATOR)[0] == after
    assert api.positions(person(BOB, Role.OWNER, OTHER))[0] == api.log.position()


def test_who_left_is_seen_in_the_tenants_own_facts_alone(api: SecurityApi) -> None:
    api.fail(BOB)
    left = api.write(MemberRemoved(account=BOB))
    api.fail(BOB)
    assert api.positions(OWNER, accountId=str(BOB), eventType="sign-in.failed") == []
    assert api.positions(OWNER, accountId=str(BOB))[0] == left


def test_another_tenant_sees_nothing(api: SecurityApi) -> None:
    api.fail(ADA)
    stranger = person(EVE, Role.OWNER, OTHER)
    assert api.positions(stranger, accountId=str(ADA)) == []
    assert ADA.hex not in str(api.page(stranger)).replace("-", "")


def test_pages_join_without_gap_or_repeat_while_more_happens(api: SecurityApi) -> None:
    written = [api.fail(one) for _ in range(6) for one in (ADA, BOB, EVE)]
    seen: list[int] = []
    query: dict[str, str] = {"eventType": "sign-in.failed", "pageSize": "5"}
    while True:
        page = api.page(OWNER, **query)
        seen += [row["position"] for row in page["activity"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
        api.fail(ADA)
    assert seen == written[::-1]


def test_a_cursor_is_of_one_tenant_and_one_question(api: SecurityApi) -> None:
    for _ in range(4):
        api.fail(ADA)
    cursor = api.page(OWNER, pageSize="2")["nextCursor"]
    for who, query in (
        (OWNER, {"severity": "warning"}),
        (OWNER, {"accountId": str(ADA)}),
        (person(ADA, Role.OWNER, OTHER), {}),
    ):
        with pytest.raises(Problem) as refused:
            api.page(who, cursor=cursor, **query)
        assert refused.value.code == "INVALID_CURSOR"


def test_a_cursor_opens_nothing_that_its_bearer_may_not_see(api: SecurityApi) -> None:
    for one in (ADA, BOB, ADA, BOB):
        api.fail(one)
    cursor = api.page(OWNER, eventType="sign-in.failed", pageSize="1")["nextCursor"]
    rows = api.page(OPERATOR, eventType="sign-in.failed", cursor=cursor)["activity"]
    assert {row["accountId"] for row in rows} == {str(BOB)}


@pytest.mark.parametrize(
    "query",
    [
        {"accountId": "x"},
        {"eventType": "Login"},
        {"eventType": "sign-in.failed' OR 1=1"},
        {"eventType": "deployment.failed"},
        {"eventType": "session.rotated"},
        {"severity": "bad"},
        {"success": "1"},
        {"success": "True"},
        {"fromDate": "2026-01-01T00:00:00"},
        {"toDate": "9999-12-31T23:59:59-23:59"},
        {"pageSize": "101"},
        {"cursor": ""},
        {"page": "2"},
    ],
)
def test_a_question_that_breaks_a_rule_is_refused_with_its_pointer(
    api: SecurityApi, query: dict[str, str]
) -> None:
    with pytest.raises(Problem) as refused:
        api.page(OWNER, **query)
    [problem] = refused.value.errors
    assert refused.value.code == "INVALID_REQUEST"
    assert problem.pointer == "/" + next(iter(query))


def test_filters_narrow_the_list(api: SecurityApi) -> None:
    first = api.fail(ADA)
    api.clock.pass_by(days=1)
    second = api.fail(ADA)
    assert api.positions(OWNER, success="false") == [second, first]
    assert api.positions(OWNER, fromDate="2026-01-02T00:00:00Z") == [second]
    assert api.positions(OWNER, toDate="2026-01-02T02:00:00+02:00", success="false") == [first]
    assert api.positions(OWNER, severity="critical") == []
    assert "sign-in.failed" in EVENTS
    assert len(EVENTS) > len(SignInEvent.__args__)


def test_what_is_too_old_is_not_shown_and_the_answer_says_how_old_that_is() -> None:
    api = SecurityApi(days=30)
    api.found()
    api.fail(ADA)
    api.clock.pass_by(days=30, seconds=1)
    young = api.fail(ADA)
    page = api.page(OWNER)
    assert [row["position"] for row in page["activity"]] == [young]
    assert page["readableDays"] == 30
    assert api.positions(OWNER, fromDate="2000-01-01T00:00:00Z") == [young]
