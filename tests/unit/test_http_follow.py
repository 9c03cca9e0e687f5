"""Following deployments: reading, listing, history, audit trail, cancelling, retrying."""

import csv
import json
from io import StringIO
from uuid import uuid4

import pytest

from tests.api_world import DEPLOYMENTS, World, refused


@pytest.fixture
def world() -> World:
    return World()


def test_a_202_is_never_followed_by_a_404_however_late_the_projector_is(world: World) -> None:
    world.rows.upto = 0
    user = world.user()
    one = f"{DEPLOYMENTS}/{user.deploy()}"
    for path in (one, f"{one}/history", f"{one}/audit-trail"):
        assert user.get(path).status_code == 200
    assert user.get(DEPLOYMENTS).json["deployments"] == []


def test_a_deployment_says_what_the_log_says(world: World) -> None:
    user = world.user()
    deployment = user.deploy()
    answer = user.get(f"{DEPLOYMENTS}/{deployment}")
    body = answer.json
    assert (body["status"], body["version"], body["failure"]) == ("queued", 1, None)
    assert (body["name"], body["symbol"], body["network"]) == ("Gold", "GLD", "devnet")
    assert answer.headers["etag"] == '"1"'
    world.fail(deployment)
    failed = user.get(f"{DEPLOYMENTS}/{deployment}")
    assert failed.json["failure"] == {"code": "CONTRACT_EXECUTION_FAILED", "detail": "no"}
    assert failed.headers["etag"] == '"2"'


def test_anothers_deployment_is_exactly_like_none(world: World) -> None:
    ada, bob = world.user(), world.user("bob@example.com")
    hers, none = ada.deploy(), str(uuid4())
    told = {}
    for deployment in (hers, none):
        one = f"{DEPLOYMENTS}/{deployment}"
        answers = [bob.get(one + path) for path in ("", "/history", "/audit-trail")]
        answers += [bob.post(f"{one}/cancel", {"reason": "x"}), bob.post(f"{one}/retry", {})]
        assert {refused(answer)[:2] for answer in answers} == {(404, "NOT_FOUND")}
        told[deployment] = [
            answer.text.replace(deployment, "").replace(answer.json["correlationId"], "")
            for answer in answers
        ]
    assert told[hers] == told[none]
    assert ada.get(f"{DEPLOYMENTS}/{hers}").json["status"] == "queued"


def test_a_deployment_has_one_address(world: World) -> None:
    user = world.user()
    deployment = user.deploy()
    for spelled in (
        deployment.upper(),
        deployment.replace("-", ""),
        "{" + deployment + "}",
        f"urn:uuid:{deployment}",
        "x",
    ):
        answer = user.get(f"{DEPLOYMENTS}/{spelled}")
        assert refused(answer)[:2] == (404, "NOT_FOUND"), spelled


def test_only_a_queued_deployment_can_be_cancelled(world: World) -> None:
    user = world.user()
    one = f"{DEPLOYMENTS}/{user.deploy()}"
    answer = user.post(f"{one}/cancel", {"reason": "typo"})
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert answer.json["reason"] == "typo"
    again = user.post(f"{one}/cancel", {"reason": "typo"})
    assert refused(again)[:2] == (409, "INVALID_STATE_TRANSITION")
    assert user.get(one).json["status"] == "cancelled"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": 5},
        {"reason": "x" * 501},
        {"reason": "a\x00b"},
        {"reason": "\x1b[31m"},
        {"reason": "x", "force": True},
    ],
)
def test_a_cancellation_gives_a_printable_reason(world: World, body: dict[str, object]) -> None:
    user = world.user()
    assert user.post(f"{DEPLOYMENTS}/{user.deploy()}/cancel", body).status_code == 400


def test_only_a_failed_deployment_can_be_retried(world: World) -> None:
    user = world.user()
    deployment = user.deploy()
    one = f"{DEPLOYMENTS}/{deployment}"
    assert refused(user.post(f"{one}/retry", {}))[:2] == (409, "INVALID_STATE_TRANSITION")
    world.fail(deployment)
    answer = user.post(f"{one}/retry", {})
    assert (answer.status_code, answer.json["retry"]) == (202, 1)
    assert answer.headers["location"] == one
    assert user.get(one).json["status"] == "queued"


def test_pages_show_every_deployment_once_while_more_arrive(world: World) -> None:
    user = world.user()
    made = [user.deploy() for _ in range(25)]
    seen, cursor = [], None
    while True:
        query = {"pageSize": "10"} | ({"cursor": cursor} if cursor else {})
        page = user.get(DEPLOYMENTS, params=query).json
        seen += [one["deploymentId"] for one in page["deployments"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
        user.deploy()
    assert seen == made[::-1]


def test_a_cursor_is_of_one_tenant_and_one_question(world: World) -> None:
    ada, bob = world.user(), world.user("bob@example.com")
    for user in (ada, bob):
        for _ in range(3):
            user.deploy()
    cursor = ada.get(DEPLOYMENTS, params={"pageSize": "1"}).json["nextCursor"]
    turned = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for answer in (
        bob.get(DEPLOYMENTS, params={"cursor": cursor}),
        ada.get(DEPLOYMENTS, params={"cursor": cursor, "status": "failed"}),
        ada.get(DEPLOYMENTS, params={"cursor": turned}),
        ada.get(DEPLOYMENTS, params={"cursor": "\U0001f600"}),
        ada.get(DEPLOYMENTS, params={"cursor": "AAAAAAAAAAA="}),
    ):
        assert refused(answer)[:2] == (400, "INVALID_CURSOR")


def test_filters_narrow_the_list(world: World) -> None:
    user = world.user()
    first = user.deploy()
    second = user.deploy(network="second")
    world.fail(second)

    def found(query: str) -> list[str]:
        page = user.get(DEPLOYMENTS, query_string=query).json
        return [one["deploymentId"] for one in page["deployments"]]

    assert found("network=second") == found("status=failed") == [second]
    assert found("status=queued&tokenType=erc20-mintable") == [first]
    assert found("fromDate=2000-01-01T00:00:00Z") == [second, first]
    assert found("toDate=2000-01-01T00:00:00%2B02:00") == []
    assert world.user("bob@example.com").get(DEPLOYMENTS).json["deployments"] == []


@pytest.mark.parametrize(
    "query",
    [
        "pageSize=0",
        "pageSize=101",
        "pageSize=1.5",
        "pageSize=+5",
        "pageSize=1_0",
        "pageSize=true",
        "pageSize=%EF%BC%95",
        "pageSize=",
        "status=bogus",
        "status=queued&status=failed",
        "page=2",
        "network=%00",
        "network=%FF",
        "network=",
        "cursor=",
        "tokenType=nft",
        "tokenType=%00",
        "fromDate=1",
        "fromDate=2026-01-01",
        "fromDate=2026-01-01T00:00:00",
        "fromDate=now",
        "fromDate=0001-01-01T00:00:00%2B23:59",
        "toDate=9999-12-31T23:59:59-23:59",
    ],
)
def test_a_question_that_breaks_a_rule_is_refused_with_its_pointer(
    world: World, query: str
) -> None:
    status, code, pointers = refused(world.user().get(DEPLOYMENTS, query_string=query))
    assert (status, code) == (400, "INVALID_REQUEST")
    assert pointers == ["/" + query.partition("=")[0]]


def test_history_is_every_fact_oldest_first(world: World) -> None:
    user = world.user()
    deployment = user.deploy()
    world.fail(deployment)
    user.post(f"{DEPLOYMENTS}/{deployment}/retry", {})
    history = user.get(f"{DEPLOYMENTS}/{deployment}/history").json["history"]
    assert [one["version"] for one in history] == [1, 2, 3]
    assert [one["status"] for one in history] == ["queued", "failed", "queued"]
    assert history[0]["actor"] == f"account:{user.account['accountId']}"
    assert history[1]["reasonCode"] == "CONTRACT_EXECUTION_FAILED"


def test_an_audit_trail_is_a_file_in_json_or_csv(world: World) -> None:
    user = world.user()
    deployment = user.deploy()
    trail = f"{DEPLOYMENTS}/{deployment}/audit-trail"
    as_json = user.get(trail)
    assert json.loads(as_json.text)["statusHistory"][0]["status"] == "queued"
    assert f"audit-trail-{deployment}.json" in as_json.headers["content-disposition"]
    as_csv = user.get(trail, params={"format": "csv"})
    assert as_csv.headers["content-type"].startswith("text/csv")
    [row] = list(csv.DictReader(StringIO(as_csv.text)))
    assert (row["DeploymentId"], row["Status"]) == (deployment, "queued")
    refusal = refused(user.get(trail, params={"format": "xml"}))
    assert refusal[:2] == (400, "INVALID_EXPORT_FORMAT")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "1E5", "00123"])
def test_no_cell_of_a_trail_is_calculated_and_no_digit_is_lost(world: World, name: str) -> None:
    user = world.user()
    trail = f"{DEPLOYMENTS}/{user.deploy(name=name)}/audit-trail"
    [row] = list(csv.DictReader(StringIO(user.get(trail, params={"format": "csv"}).text)))
    assert row["TokenName"].removeprefix("'") == name
    assert not any(cell.startswith(("=", "+", "-", "@", "\uff1d")) for cell in row.values())


def test_a_correlation_id_is_taken_over_where_it_is_fit_and_made_where_not(world: World) -> None:
    user = world.user()
    user_id = "front-end.42_A"
    answer = user.post("/api/v1/token/erc20-mintable/create", {}, None)
    assert answer.headers["x-correlation-id"]
    for given in ("a b", "x" * 65, "\u00e9", "a\tb", "<script>"):
        headers = {"X-Correlation-ID": given}
        got = world.client.simulate_get("/livez", headers=headers).headers["x-correlation-id"]
        assert got != given
        assert len(got) == 36
    headers = {"X-Correlation-ID": user_id}
    got = world.client.simulate_get("/nowhere", headers=headers)
    assert got.headers["x-correlation-id"] == got.json["correlationId"] == user_id
