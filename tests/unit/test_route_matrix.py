"""Every route to everybody: what is allowed, refused and hidden. A route without a row fails."""

from typing import Any
from uuid import uuid4

import pytest
from falcon import testing

from domain.events import DeploymentRequested, SignerExported
from domain.streams import StreamKind
from interfaces.http.routes import ROUTES
from tests.actors import (
    AUDITOR,
    DEPLOYER,
    EVERYBODY,
    NOBODY,
    OPERATOR,
    OWNER,
    READER,
    STRANGER,
    stage,
)
from tests.identity_world import PASSWORD
from tests.route_requests import BY_ID, BY_NAME, asked, is_documented, made_ready
from tests.route_rows import ALLOWED, HIDDEN, ROWS, UNKNOWN, wallet_proof

CELLS = [(name, actor) for name in BY_NAME for actor in EVERYBODY]


def without_ids(answer: testing.Result, *ids: str) -> tuple[int, str, dict[str, Any]]:
    """Return an answer without its own ids and those that were asked for."""
    text = answer.text
    for one in (*ids, answer.headers["x-correlation-id"]):
        text = text.replace(one, "ID")
    own = {"x-correlation-id"}
    return answer.status_code, text, {k: v for k, v in answer.headers.items() if k not in own}


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert len(BY_NAME) == len(ROUTES), "operations have one name each"
    assert sorted(set(BY_NAME) ^ set(ROWS)) == []
    for name, row in ROWS.items():
        assert set(row.outcomes) == set(EVERYBODY), name


@pytest.mark.parametrize(("name", "actor"), CELLS)
def test_a_route_answers_everybody_as_its_row_says(name: str, actor: str) -> None:
    on, route, row = stage(), BY_NAME[name], ROWS[name]
    body, before = made_ready(on, route, actor), on.world.log.position()
    answer = asked(on, route, actor, on.ids, body)
    assert is_documented(route, answer), answer.text
    expected = row.outcomes[actor]
    code = answer.json["code"] if answer.status_code >= 400 else None
    if expected == ALLOWED:
        assert code == row.code, answer.text
        return
    assert code == expected
    left = [one.stream.kind for one in on.world.log.read_all(before)]
    # A proof that was right is a fact, whatever it was for; else what is refused leaves nothing.
    proof = {StreamKind.SIGN_IN, StreamKind.ACCOUNT} if "password" in (body or {}) else set()
    assert set(left) <= proof
    assert ("www-authenticate" in answer.headers) == (expected == UNKNOWN)


@pytest.mark.parametrize("name", BY_ID)
def test_what_is_hidden_answers_exactly_like_what_is_not_there(name: str) -> None:
    on, route, nowhere = stage(), BY_NAME[name], str(uuid4())
    hidden = [actor for actor, outcome in ROWS[name].outcomes.items() if outcome == HIDDEN]
    assert STRANGER in hidden
    body = made_ready(on, route, STRANGER)
    for actor in hidden:
        theirs = asked(on, route, actor, on.ids, body)
        missing = asked(on, route, actor, dict.fromkeys(on.ids, nowhere), body)
        assert without_ids(theirs, *on.ids.values()) == without_ids(missing, nowhere)
        assert theirs.json["code"] == HIDDEN


@pytest.mark.parametrize("name", BY_ID)
@pytest.mark.parametrize(
    "id_", ["x", "0", "%00", "..", "{upper}", "{bare}", "{braced}", "{urn}", "{blank}"]
)
def test_an_id_has_one_spelling_and_any_other_names_nothing(name: str, id_: str) -> None:
    on, route = stage(), BY_NAME[name]
    body, before = made_ready(on, route, OWNER), on.world.log.position()
    ids = {
        place: id_.format(
            upper=real.upper(),
            bare=real.replace("-", ""),
            braced=f"%7B{real}%7D",
            urn=f"urn:uuid:{real}",
            blank=f"%20{real}",
        )
        for place, real in on.ids.items()
    }
    answer = asked(on, route, OWNER, ids, body)
    assert answer.json["code"] == HIDDEN
    assert on.world.log.position() == before


@pytest.mark.parametrize("name", ["create_mintable_erc20", "create_asa_fungible", "export_key"])
def test_another_tenants_signer_is_as_good_as_none(name: str) -> None:
    answers, route = [], BY_NAME[name]
    for signer in (stage().ids["signer_id"], str(uuid4())):
        on = stage()
        body = made_ready(on, route, STRANGER) | {"signerId": signer}
        before = on.world.log.position()
        answers.append(without_ids(asked(on, route, STRANGER, on.ids, body), signer))
        told = [type(one.event) for one in on.world.log.read_all(before)]
        assert not {DeploymentRequested, SignerExported} & set(told)
    assert answers[0] == answers[1]
    assert f'"code":"{HIDDEN}"' in answers[0][1]


def test_nobody_signs_in_for_a_tenant_that_they_are_no_member_of() -> None:
    nowhere = str(uuid4())
    for tenant_of, name in ((OWNER, STRANGER), (STRANGER, OPERATOR)):
        answers = []
        for tenant in (stage().actors[tenant_of].own_tenant, nowhere):
            on = stage()
            login = {"email": on.actors[name].email, "password": PASSWORD, "tenantId": tenant}
            answer = on.ask(NOBODY, "POST", "/auth/login", login)
            assert is_documented(BY_NAME["login"], answer)
            answers.append(without_ids(answer, tenant))
        assert answers[0] == answers[1]
        assert answers[0][0] == 403


def test_a_wallet_signs_in_for_no_tenant_that_it_is_no_member_of() -> None:
    answers = []
    for tenant in (stage().actors[OWNER].own_tenant, str(uuid4())):
        on = stage()
        body = wallet_proof(on, on.actors[NOBODY]) | {"tenantId": tenant}
        answers.append(without_ids(on.ask(NOBODY, "POST", "/auth/wallet/login", body), tenant))
    assert answers[0] == answers[1]
    assert answers[0][0] == 403


def test_a_wallets_holder_erases_itself_and_is_gone() -> None:
    on = stage()
    session = on.told(NOBODY, "POST", "/auth/wallet/login", wallet_proof(on, on.actors[NOBODY]))
    headers = {"Authorization": f"Bearer {session['accessToken']}"}
    body = wallet_proof(on, on.actors[NOBODY])
    erased = on.ask(NOBODY, "POST", "/auth/wallet/erase", body, headers=headers)
    assert erased.status_code == 200, erased.text
    assert on.ask(NOBODY, "GET", "/auth/profile", headers=headers).status_code == 401


def test_activity_of_another_tenants_account_is_as_empty_as_nobodys() -> None:
    on = stage()
    answers = []
    for account in (on.actors[OWNER].account, str(uuid4())):
        for path in ("/security/activity", "/security/activity/export"):
            answer = on.ask(STRANGER, "GET", path, params={"accountId": account})
            answers.append(without_ids(answer, account)[:2])
    assert answers[:2] == answers[2:]
    assert answers[0][0] == 200
    assert '"activity":[]' in answers[0][1]


def test_no_answer_to_a_stranger_holds_an_id_of_the_tenant() -> None:
    on = stage()
    secret = {*on.ids.values(), on.actors[OWNER].account, on.actors[OWNER].own_tenant}
    for name, route in BY_NAME.items():
        if route.method == "GET" and name not in BY_ID and not route.open:
            answer = asked(on, route, STRANGER, on.ids)
            assert not [one for one in secret if one in answer.text], name


@pytest.mark.parametrize("who", [AUDITOR, READER, DEPLOYER])
def test_who_sees_pseudonyms_reads_nobodys_address(who: str) -> None:
    on = stage()
    own = on.actors[who].email
    for name, route in BY_NAME.items():
        if route.method == "GET" and not route.open and ROWS[name].outcomes[who] == ALLOWED:
            text = asked(on, route, who, on.ids).text
            text = text.replace(own, "") if own else text
            assert "@example.com" not in text, name
            if not own:
                assert "127.0.0.1" not in text, name


@pytest.mark.parametrize("path", ["/token/deployments", "/security/activity"])
def test_a_cursor_of_one_tenant_is_none_in_another(path: str) -> None:
    on = stage()
    route = BY_NAME["create_mintable_erc20"]
    assert asked(on, route, OWNER, on.ids, made_ready(on, route, OWNER)).status_code == 202
    cursor = on.told(OWNER, "GET", path, params={"pageSize": "1"})["nextCursor"]
    assert on.ask(OWNER, "GET", path, params={"cursor": cursor}).status_code == 200
    for text in (cursor, cursor[:-1], cursor + "A", "x"):
        answer = on.ask(STRANGER, "GET", path, params={"cursor": text})
        assert answer.json["code"] == "INVALID_CURSOR"


def test_a_key_of_one_tenant_means_nothing_in_another() -> None:
    on, route = stage(), BY_NAME["create_mintable_erc20"]
    body = made_ready(on, route, OWNER)
    key = {"Idempotency-Key": "same"}
    made = [asked(on, route, who, on.ids, body, headers=key) for who in (OWNER, STRANGER, DEPLOYER)]
    assert [one.status_code for one in made] == [202, 202, 202]
    ids = [one.json["deploymentId"] for one in made]
    assert ids[0] != ids[1]
    assert ids[0] == ids[2], "an actor of the same tenant repeats what was asked"


def test_nobody_learns_who_has_an_account() -> None:
    on = stage()
    on.told(AUDITOR, "POST", "/account/erase", {"password": PASSWORD})
    told = []
    for name in (OWNER, "never-seen", AUDITOR):
        email = f"{name}@example.com"
        answers = [on.ask(NOBODY, "POST", "/auth/reset-password/request", {"email": email})]
        wrong = {"email": email, "password": "wrong"}
        answers += [on.ask(NOBODY, "POST", "/auth/login", wrong) for _ in range(7)]
        told.append([(one.status_code, one.json.get("code"), set(one.headers)) for one in answers])
    assert told[0] == told[1] == told[2]
    assert [status for status, _, _ in told[0]] == [202, *[401] * 5, 423, 423]
