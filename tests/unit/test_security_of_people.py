"""What people really do, as their activity shows it: facts, seals and keys as in service."""

from contextlib import suppress

import pytest

from application.credentials import InvalidCredentials
from domain.events import Proof
from domain.roles import Role
from projections.account_sessions import ACCOUNT_SESSIONS
from tests.identity_world import EMAIL, People, attempted
from tests.memory_log import MemoryLog
from tests.security_api import SecurityApi, json_of, person
from tests.security_world import folded

STRANGER = {"address": "198.51.100.66", "user_agent": "stolen/1"}


@pytest.fixture
def people() -> People:
    return People(MemoryLog())


def api_of(people: People) -> SecurityApi:
    return SecurityApi(clock=people.clock, vault=people.vault, log=people.log)


def test_a_stranger_with_the_password_is_found_by_where_he_came_from(people: People) -> None:
    profile = people.register().profile
    with suppress(InvalidCredentials):
        people.sign_in("not the password at all", **STRANGER)
    people.sign_in(**STRANGER)
    owner = person(profile.account, Role.OWNER, profile.tenant)
    rows = api_of(people).page(owner)["activity"]
    told = [(row["eventType"], row["severity"], row["success"]) for row in rows]
    assert told[:3] == [
        ("session.opened", "info", True),
        ("sign-in.succeeded", "warning", True),
        ("sign-in.failed", "warning", False),
    ]
    assert {(row["sourceIp"], row["userAgent"]) for row in rows[:3]} == {
        (STRANGER["address"], STRANGER["user_agent"])
    }
    assert {row["accountId"] for row in rows} >= {str(profile.account)}
    assert EMAIL not in str(rows)


def test_every_row_of_a_sign_up_is_readable_by_its_owner(people: People) -> None:
    profile = people.register().profile
    owner = person(profile.account, Role.OWNER, profile.tenant)
    seen = {row["eventType"] for row in api_of(people).page(owner)["activity"]}
    assert seen >= {
        "account.registered",
        "account.link-issued",
        "tenant.created",
        "tenant.signer-added",
        "session.opened",
    }


def test_after_an_erasure_the_facts_stay_and_nobody_came_from_anywhere(people: People) -> None:
    profile = people.register().profile
    people.sign_in(**STRANGER)
    people.identity.erasure.erase(profile.account, attempted())
    owner = person(profile.account, Role.OWNER, profile.tenant)
    api = api_of(people)
    rows = json_of(api.export(owner))["activity"]
    assert rows[0]["eventType"] in {"account.erased", "sign-in.succeeded"}
    assert "account.erased" in {row["eventType"] for row in rows}
    assert {(row["sourceIp"], row["userAgent"]) for row in rows} == {(None, None)}
    assert STRANGER["address"] not in str(rows)


def test_sessions_are_listed_as_they_were_opened(people: People) -> None:
    profile = people.register().profile
    people.sign_in(**STRANGER)
    rows = folded(ACCOUNT_SESSIONS, list(people.log.read_all())).values()
    assert [(row.account, row.proof, row.ended) for row in rows] == [
        (profile.account, Proof.PASSWORD, None)
    ] * 2
    assert all(row.personal is not None for row in rows)


def test_the_custody_statement_of_who_just_signed_up(people: People) -> None:
    profile = people.register().profile
    owner = person(profile.account, Role.OWNER, profile.tenant)
    said = str(api_of(people).statement(owner)["sections"])
    assert "The tenant has 1 chain account." in said
    assert "has no second factor" in said
    people.set_second_factor(profile.account)
    assert "This account has a second factor" in str(api_of(people).statement(owner)["sections"])
