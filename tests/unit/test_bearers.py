"""Whoever says who they are over HTTP: in one header, one spelling, and as the log has it now."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from falcon import testing

from domain.values import AccountId, SessionId, TenantId
from tests.actors import (
    AUDITOR,
    DEPLOYER,
    NOBODY,
    OPERATOR,
    OWNER,
    PERSONS,
    READER,
    STRANGER,
    V1,
    Stage,
    stage,
)
from tests.api_world import refused
from tests.identity_world import PASSWORD
from tests.token_forgery import mutations

WHO = "/auth/profile"
READABLE = "/tenant/members"


def as_bearer(on: Stage, header: str | None, path: str = WHO) -> testing.Result:
    headers = {} if header is None else {"Authorization": header}
    return on.world.client.simulate_get(V1 + path, headers=headers)


def is_unknown(answer: testing.Result) -> bool:
    unknown = answer.status_code == 401
    if unknown:
        assert refused(answer)[1] == "UNAUTHORIZED"
        assert answer.headers["www-authenticate"] == "Bearer"
    return unknown


def issued(on: Stage, **other: UUID) -> str:
    """Return a token that we made for the owner, or for other things than the session says."""
    owner = on.actors[OWNER]
    named = {
        "account": UUID(owner.account),
        "tenant": UUID(owner.own_tenant),
        "session": UUID(owner.session),
    } | other
    return on.world.tokens.issue(
        AccountId(named["account"]),
        TenantId(named["tenant"]),
        SessionId(named["session"]),
        on.world.clock.now(),
    ).text


def test_a_token_that_is_made_for_what_a_session_says_is_good() -> None:
    on = stage()
    assert as_bearer(on, f"Bearer {issued(on)}").status_code == 200


def test_a_token_of_ours_that_says_other_than_its_session_speaks_for_nobody() -> None:
    on = stage()
    owner, stranger = on.actors[OWNER], on.actors[STRANGER]
    others: list[dict[str, UUID]] = [
        {"tenant": UUID(stranger.own_tenant)},
        {"tenant": UUID(on.actors[OPERATOR].own_tenant)},
        {"tenant": UUID(owner.account)},
        {"tenant": uuid4()},
        {"account": UUID(stranger.account)},
        {"account": UUID(on.actors[OPERATOR].account)},
        {"account": UUID(owner.own_tenant)},
        {"account": uuid4()},
        {"session": UUID(stranger.session)},
        {"session": UUID(on.actors[OPERATOR].session)},
        {"session": UUID(owner.own_tenant)},
        {"session": uuid4()},
        {"account": UUID(stranger.account), "tenant": UUID(stranger.own_tenant)},
        {"account": UUID(int=0), "tenant": UUID(int=0), "session": UUID(int=0)},
    ]
    for other in others:
        assert is_unknown(as_bearer(on, f"Bearer {issued(on, **other)}")), other


def _logged_out(on: Stage, who: str) -> None:
    on.told(who, "POST", "/auth/logout")


def _ended_elsewhere(on: Stage, who: str) -> None:
    login = {"email": on.actors[who].email, "password": PASSWORD}
    other = on.told(NOBODY, "POST", "/auth/login", login)
    bearer = {"Authorization": f"Bearer {other['accessToken']}"}
    on.told(NOBODY, "DELETE", "/auth/sessions", headers=bearer)


def _one_ended_elsewhere(on: Stage, who: str) -> None:
    login = {"email": on.actors[who].email, "password": PASSWORD}
    other = on.told(NOBODY, "POST", "/auth/login", login)
    bearer = {"Authorization": f"Bearer {other['accessToken']}"}
    on.told(NOBODY, "DELETE", f"/auth/sessions/{on.actors[who].session}", headers=bearer)


def _erased(on: Stage, who: str) -> None:
    on.told(who, "POST", "/account/erase", {"password": PASSWORD})


def _new_password(on: Stage, who: str) -> None:
    login = {"email": on.actors[who].email, "password": PASSWORD}
    other = on.told(NOBODY, "POST", "/auth/login", login)
    bearer = {"Authorization": f"Bearer {other['accessToken']}"}
    body = {"currentPassword": PASSWORD, "newPassword": PASSWORD + " anew"}
    on.told(NOBODY, "POST", "/auth/change-password", body, headers=bearer)


ENDS = [_logged_out, _ended_elsewhere, _one_ended_elsewhere, _erased, _new_password]


@pytest.mark.parametrize("who", PERSONS)
@pytest.mark.parametrize("end", ENDS)
def test_a_session_that_has_ended_takes_its_access_token_with_it(end: Any, who: str) -> None:
    on = stage()
    assert on.ask(who, "GET", WHO).status_code == 200
    end(on, who)
    assert is_unknown(on.ask(who, "GET", WHO))
    assert is_unknown(on.ask(who, "GET", READABLE))
    refreshed = on.ask(NOBODY, "POST", "/auth/refresh", {"refreshToken": on.actors[who].refresh})
    assert refused(refreshed)[:2] == (401, "REFRESH_TOKEN_REVOKED")


@pytest.mark.parametrize("who", [AUDITOR, OPERATOR, "partner"])
def test_who_is_removed_is_out_with_every_token_they_have(who: str) -> None:
    on = stage()
    path = f"/tenant/members/{on.actors[who].account}/remove"
    on.told(OWNER, "POST", path, {"password": PASSWORD})
    assert is_unknown(on.ask(who, "GET", WHO))
    refreshed = on.ask(NOBODY, "POST", "/auth/refresh", {"refreshToken": on.actors[who].refresh})
    assert refused(refreshed)[:2] == (401, "REFRESH_TOKEN_REVOKED")
    login = {"email": on.actors[who].email, "password": PASSWORD}
    assert on.told(NOBODY, "POST", "/auth/login", login)["tenantId"] == on.actors[who].own_tenant


def test_a_key_ends_with_its_revocation_and_with_its_maker() -> None:
    on = stage()
    for who in (READER, DEPLOYER):
        assert on.ask(who, "GET", READABLE).status_code == 200
    on.told("partner", "DELETE", f"/tenant/api-keys/{on.ids[READER]}")
    assert is_unknown(on.ask(READER, "GET", READABLE))
    for end in ("removed", "demoted", "erased"):
        on = stage()
        owner = on.actors[OWNER].account
        if end == "removed":
            on.told("partner", "POST", f"/tenant/members/{owner}/remove", {"password": PASSWORD})
        elif end == "demoted":
            demoted = {"role": "operator", "password": PASSWORD}
            on.told("partner", "PUT", f"/tenant/members/{owner}/role", demoted)
        else:
            on.told(OWNER, "POST", "/account/erase", {"password": PASSWORD})
        assert is_unknown(on.ask(DEPLOYER, "GET", READABLE)), end


def test_no_change_of_a_token_is_taken_over_http() -> None:
    on = stage()
    text = on.actors[OWNER].bearer or ""
    sendable = {one for one in mutations(text) if one.isascii() and not set(one) & set("\r\n\0")}
    assert len(sendable) >= 500
    taken = [one for one in sendable - {text} if not is_unknown(as_bearer(on, f"Bearer {one}"))]
    assert [one for one in taken if one.strip() != text] == []


@pytest.mark.parametrize("who", [READER, DEPLOYER])
def test_no_change_of_an_api_key_is_taken_over_http(who: str) -> None:
    on = stage()
    text = on.actors[who].bearer or ""
    for place in range(len(text)):
        for letter in ("A", "B", "-", "=", "~", "+"):
            changed = text[:place] + letter + text[place + 1 :]
            if changed != text:
                assert is_unknown(as_bearer(on, f"Bearer {changed}", READABLE)), changed
    for odd in (text + "=", text + "A", text[:-1], "pmk_" + text, text.upper(), text[4:]):
        assert is_unknown(as_bearer(on, f"Bearer {odd}", READABLE)), odd


def test_what_speaks_for_somebody_in_one_place_speaks_for_nobody_in_another() -> None:
    on = stage()
    owner = on.actors[OWNER]
    device = on.told(NOBODY, "POST", "/auth/login", {"email": owner.email, "password": PASSWORD})[
        "deviceToken"
    ]
    texts = {
        "access": owner.bearer or "",
        "refresh": owner.refresh,
        "key": on.actors[READER].bearer or "",
        "device": device,
        "link": on.invitation_link(owner.own_tenant),
        "challenge": on.told(NOBODY, "POST", "/auth/wallet/challenge")["nonce"],
    }
    for name, text in texts.items():
        if name not in {"access", "key"}:
            assert is_unknown(as_bearer(on, f"Bearer {text}", READABLE)), name
        if name != "refresh":
            body = {"refreshToken": text[:200]}
            answer = on.ask(NOBODY, "POST", "/auth/refresh", body)
            assert refused(answer)[:2] == (401, "INVALID_REFRESH_TOKEN"), name
        for path in ("/auth/verify-email", "/auth/reset-password"):
            body = {"token": text[:200]} | (
                {"newPassword": PASSWORD + "!"} if "reset" in path else {}
            )
            assert refused(on.ask(NOBODY, "POST", path, body))[1] == "LINK_INVALID", name
        for prefix in ("pmr_", "pmk_", "pmd_"):
            swapped = prefix + text.removeprefix("pmr_").removeprefix("pmk_").removeprefix("pmd_")
            if swapped not in texts.values():
                assert is_unknown(as_bearer(on, f"Bearer {swapped}", READABLE)), (name, prefix)
                answer = on.ask(NOBODY, "POST", "/auth/refresh", {"refreshToken": swapped[:200]})
                assert refused(answer)[1] == "INVALID_REFRESH_TOKEN", (name, prefix)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "{0}",
        "Bearer{0}",
        "Bearer\t{0}",
        "Bearer {0},Bearer {0}",
        "Bearer {0}, Bearer {1}",
        "Bearer {1}, Bearer {0}",
        "Bearer {0} {0}",
        "Bearer {0},{0}",
        "Bearer {0};",
        'Bearer "{0}"',
        "Bearer token={0}",
        "Bearer Bearer {0}",
        "Basic {0}",
        "Basic b3duZXJAZXhhbXBsZS5jb206YSBzZW50ZW5jZSBpcyBhIGdvb2QgcGFzc3dvcmQ=",
        "Digest {0}",
        "DPoP {0}",
        "Token {0}",
        "Bearer {0}\u00e9",
        "Bearer \u00a0{0}",
        "Be\u00e4rer {0}",
        "Bearer " + "x" * 5_000,
        "Bearer " + "{0}" * 12,
        "Bearer pmk_" + "A" * 5_000,
        "x" * 50_000,
    ],
)
def test_a_header_that_is_not_one_bearer_token_speaks_for_nobody(header: str | None) -> None:
    on = stage()
    both = (on.actors[OWNER].bearer, on.actors[STRANGER].bearer)
    sent = None if header is None else header.format(*both)
    assert is_unknown(as_bearer(on, sent, READABLE))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER", "Bearer  "])
@pytest.mark.parametrize("who", [OWNER, READER])
def test_the_schemes_name_is_one_in_any_case(scheme: str, who: str) -> None:
    """RFC 9110, section 11.1."""
    on = stage()
    assert as_bearer(on, f"{scheme} {on.actors[who].bearer}", READABLE).status_code == 200


def test_two_headers_speak_for_nobody_whoever_comes_first() -> None:
    on = stage()
    one, other = (on.actors[name].headers for name in (OWNER, STRANGER))
    for first, second in ((one, other), (other, one), (one, one)):
        headers = [("Authorization", each["Authorization"]) for each in (first, second)]
        assert is_unknown(on.world.client.simulate_get(V1 + READABLE, headers=headers))


def test_nobody_is_known_by_a_query_a_body_or_a_cookie() -> None:
    on = stage()
    text = on.actors[OWNER].bearer or ""
    for more in (
        {"params": {"access_token": text}},
        {"headers": {"Cookie": f"Authorization=Bearer {text}; access_token={text}"}},
        {"headers": {"X-Authorization": f"Bearer {text}", "Proxy-Authorization": f"Bearer {text}"}},
        {"headers": {"X-Forwarded-Authorization": f"Bearer {text}", "X-API-Key": text}},
    ):
        assert is_unknown(on.world.client.simulate_get(V1 + READABLE, **more))
