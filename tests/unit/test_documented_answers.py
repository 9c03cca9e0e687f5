"""Whatever happens, a route answers with a code that it says it may answer with."""

import json
from itertools import count
from typing import Any

import msgspec
import pytest

from domain.log import KeysUnavailable, LogUnavailable
from tests.actors import NOBODY, OWNER, STRANGER, stage
from tests.api_world import refused
from tests.route_requests import BY_NAME, asked, is_documented, made_ready
from tests.route_rows import wallet_proof

ALL = pytest.mark.parametrize("name", BY_NAME)
WITH_BODY = pytest.mark.parametrize("name", [n for n, route in BY_NAME.items() if route.body])
WITH_QUERY = pytest.mark.parametrize("name", [n for n, route in BY_NAME.items() if route.query])
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e9,
    "",
    "x",
    "\0",
    "\ud800",
    "x" * 9_000,
    [],
    {},
    ["x"],
    {"x": {}},
)
PROVEN = (
    "login",
    "change_password",
    "erase",
    "offer_second_factor",
    "remove_second_factor",
    "add_signer",
    "export_key",
)
"""Routes that ask for a password that is there already."""
MOST_CALLS = 60
"""Of the log, for one request."""


@ALL
def test_a_network_that_asks_too_often_waits_where_the_route_says_so(name: str) -> None:
    on, route = stage(), BY_NAME[name]
    body = made_ready(on, route, OWNER)
    on.world.throttle.wait = 3.0
    answer = asked(on, route, OWNER, on.ids, body)
    assert (answer.status_code == 429) == route.throttled
    assert is_documented(route, answer), answer.text


@ALL
@pytest.mark.parametrize("gone", [LogUnavailable, KeysUnavailable])
def test_a_database_that_goes_away_at_any_moment_is_told(name: str, gone: type[Exception]) -> None:
    route = BY_NAME[name]
    for good in count():
        on = stage()
        body = made_ready(on, route, OWNER)
        on.log.fail(gone("10.1.2.3"), good)
        try:
            answer = asked(on, route, OWNER, on.ids, body)
        except gone:
            assert "text/csv" in route.media_types, "a file may break off: its connection does, too"
            continue
        assert is_documented(route, answer), (good, answer.text)
        if on.log.calls <= good:
            break
        assert answer.status_code == 503, (good, answer.text)
        assert "10.1.2.3" not in answer.text
        assert good < MOST_CALLS


# Nobody is faster with the id of a new deployment: it is made of one's own key.
@pytest.mark.parametrize("name", [one for one in BY_NAME if not one.startswith("create_")])
def test_others_who_are_always_faster_are_told(name: str) -> None:
    on, route = stage(), BY_NAME[name]
    body = made_ready(on, route, OWNER)
    on.log.lose()
    answer = asked(on, route, OWNER, on.ids, body)
    assert is_documented(route, answer), answer.text


@WITH_BODY
def test_a_body_that_breaks_a_rule_is_refused_in_documented_words(name: str) -> None:
    route = BY_NAME[name]
    on = stage()
    body = made_ready(on, route, OWNER)
    whole = [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff", b"{} {}", b"[" * 5_000]
    whole += [b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b" " * 70_000, b'{"":{}}']
    for raw in whole:
        answer = asked(on, route, OWNER, on.ids, raw)
        assert is_documented(route, answer), (raw[:20], answer.text)
        assert answer.status_code < 500, (raw[:20], answer.text)
        if body:
            assert answer.status_code >= 400, raw[:20]
    plain = asked(on, route, OWNER, on.ids, b"{}", headers={"Content-Type": "text/plain"})
    assert refused(plain)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert is_documented(route, plain)


@WITH_BODY
def test_an_odd_member_is_refused_in_documented_words(name: str) -> None:
    route = BY_NAME[name]
    assert route.body is not None
    for one in msgspec.structs.fields(route.body):
        for odd in ODD:
            on = stage()
            body = (made_ready(on, route, OWNER) or {}) | {one.encode_name: odd}
            answer = asked(on, route, OWNER, on.ids, json.dumps(body).encode())
            assert is_documented(route, answer), (one.name, odd, answer.text)
            assert answer.status_code < 500, (one.name, odd, answer.text)


@WITH_QUERY
def test_an_odd_parameter_is_refused_in_documented_words(name: str) -> None:
    route = BY_NAME[name]
    assert route.query is not None
    on = stage()
    names = [one.encode_name for one in msgspec.structs.fields(route.query)]
    odds = ("", "x", "0", "-1", "%00", "%ED%A0%80", "%FF", "x" * 300, "null", "1e9", "%", "1&x=2")
    for one in (*names, "unknown", "", "%00"):
        for odd in (*odds, f"1&{one}=1"):
            answer = asked(on, route, OWNER, on.ids, query_string=f"{one}={odd}")
            assert is_documented(route, answer), (one, odd, answer.text)
            assert answer.status_code < 500, (one, odd, answer.text)


@ALL
def test_a_key_that_is_none_or_bad_is_told_where_one_is_asked_for(name: str) -> None:
    route = BY_NAME[name]
    for key in ("", "a b", "x" * 256, '"', "a,b"):
        on = stage()
        body = made_ready(on, route, OWNER)
        answer = asked(on, route, OWNER, on.ids, body, headers={"Idempotency-Key": key})
        assert is_documented(route, answer), answer.text
        assert (answer.status_code == 400) == route.keyed, (key, answer.text)


@ALL
def test_what_is_done_twice_is_refused_in_documented_words(name: str) -> None:
    on, route = stage(), BY_NAME[name]
    for actor in (OWNER, STRANGER):
        body = made_ready(on, route, actor)
        for _ in range(3):
            answer = asked(on, route, actor, on.ids, body)
            assert is_documented(route, answer), answer.text
            assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("name", PROVEN)
def test_wrong_passwords_are_counted_and_told_in_documented_words(name: str) -> None:
    on, route = stage(), BY_NAME[name]
    body = made_ready(on, route, OWNER)
    member = "currentPassword" if "currentPassword" in body else "password"
    codes = []
    for _ in range(6):
        answer = asked(on, route, OWNER, on.ids, body | {member: "wrong"})
        assert is_documented(route, answer), answer.text
        codes.append(answer.json["code"])
    assert codes == [*["INVALID_CREDENTIALS"] * 5, "ACCOUNT_LOCKED"]


@ALL
def test_a_wallets_holder_without_password_and_signer_is_answered_in_documented_words(
    name: str,
) -> None:
    on, route = stage(), BY_NAME[name]
    session = on.told(NOBODY, "POST", "/auth/wallet/login", wallet_proof(on, on.actors[NOBODY]))
    body = made_ready(on, route, NOBODY)
    headers = {"Authorization": f"Bearer {session['accessToken']}"}
    answer = asked(on, route, NOBODY, on.ids, body, headers=headers)
    assert is_documented(route, answer), answer.text
    assert answer.status_code < 500
    assert answer.status_code != 401 or name == "erase_wallet_account"
