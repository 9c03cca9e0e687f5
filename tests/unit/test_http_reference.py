"""What the service tells about itself: OpenAPI, errors, networks, health. And its own faults."""

import inspect
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import application.accounts
import domain.errors
from domain.errors import DomainError
from domain.log import ConcurrentChange, LogUnavailable
from interfaces.http.app import create_app
from interfaces.http.openapi import openapi
from interfaces.http.problems import catalogue
from interfaces.http.routes import ROUTES
from tests.api_world import (
    CREATE,
    DEPLOYMENTS,
    PASSWORD,
    TOKEN,
    BrokenLog,
    World,
    refused,
    unavailable,
)

CAUSES = {"CONTRACT_EXECUTION_FAILED", "TRANSACTION_EXPIRED"}
"""Codes that a deployment fails with: seen inside an answer, never as one."""


def test_the_openapi_document_is_valid() -> None:
    document = World().client.simulate_get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_the_openapi_document_says_what_the_route_table_says() -> None:
    document = openapi()
    told = {
        (path, method.upper(), operation["operationId"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert told == {(route.path, route.method, route.operation) for route in ROUTES}
    assert len({operation for _, _, operation in told}) == len(ROUTES)
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        statuses = {str(catalogue()[code].status) for code in route.codes}
        assert {str(route.status), *statuses} <= set(operation["responses"])
        named = {parameter["name"] for parameter in operation["parameters"]}
        assert ("Idempotency-Key" in named) == route.keyed
        assert bool(operation["security"]) != route.open


def test_every_route_of_the_table_is_served_and_guarded() -> None:
    client = World().client
    for route in ROUTES:
        path = route.path.replace("{deployment_id}", "00000000-0000-4000-8000-000000000000")
        answer = client.simulate_request(route.method, path)
        assert answer.status_code not in {404, 405, 500}, route.path
        assert (answer.status_code == 401) == (not route.open), route.path


def test_every_refusal_of_the_core_is_in_the_catalogue() -> None:
    refusals = {
        kind
        for module in (domain.errors, application.accounts)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, DomainError)
    }
    assert {kind.code for kind in refusals} <= set(catalogue())


def test_get_errors_lists_the_whole_catalogue() -> None:
    listed = World().client.simulate_get("/api/v1/errors").json["errors"]
    assert [one["code"] for one in listed] == list(catalogue())
    for one in listed:
        assert re.fullmatch(r"[A-Z][A-Z_]+", one["code"])
        assert one["title"]
        assert one["remediation"]
        assert one["retryable"] == (one["retryAfterSeconds"] is not None)


def answers_of_every_kind() -> set[str]:
    """Provoke every code over HTTP and return those that came."""
    world = World()
    user = world.user()
    client, deployment = world.client, user.deploy()
    one = f"{DEPLOYMENTS}/{deployment}"
    user.create("taken")
    raced = World(log=BrokenLog(ConcurrentChange()))
    raced_user = {"Authorization": user.headers["Authorization"], "Idempotency-Key": "k"}
    lost, broken = World(log=BrokenLog(unavailable())), World(log=BrokenLog(RuntimeError("x")))
    login = {"email": "a@b.cd", "password": PASSWORD}
    answers = [
        user.create(name=5),
        user.post(CREATE, "{"),
        user.create(name=None),
        user.create(network="mars"),
        user.create(cap="x"),
        user.get(DEPLOYMENTS, params={"cursor": "x"}),
        user.get(f"{one}/audit-trail", params={"format": "xml"}),
        client.simulate_post("/api/v1/auth/register", json=login | {"email": "x"}),
        client.simulate_post("/api/v1/auth/register", json=login | {"password": "x"}),
        client.simulate_post("/api/v1/auth/register", json=login | {"email": "ada@example.com"}),
        client.simulate_post("/api/v1/auth/login", json=login),
        user.post(CREATE, b" " * 70_000),
        user.post(CREATE, TOKEN, **{"Content-Type": "text/plain"}),
        client.simulate_post(CREATE, json=TOKEN, headers=user.headers),
        user.create(key="a b"),
        user.create("taken", name="Silver"),
        client.simulate_get(DEPLOYMENTS),
        client.simulate_get("/nowhere"),
        client.simulate_put(CREATE),
        user.post(f"{one}/retry", {}),
        raced.client.simulate_post(f"{one}/retry", json={}, headers=raced_user),
        lost.client.simulate_post("/api/v1/auth/login", json=login),
        broken.client.simulate_post("/api/v1/auth/login", json=login),
    ]
    return {refused(answer)[1] for answer in answers}


def test_every_code_of_the_catalogue_is_provoked_over_http() -> None:
    assert answers_of_every_kind() == set(catalogue()) - CAUSES
    told = {code for route in ROUTES for code in route.codes}
    assert told <= set(catalogue())
    assert set(catalogue()) - told - CAUSES == {"METHOD_NOT_ALLOWED"}


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1/token", f"{DEPLOYMENTS}/", "/%00", "/a%2f"])
def test_an_address_that_is_none_is_a_problem_too(path: str) -> None:
    assert refused(World().client.simulate_get(path))[:2] in {
        (404, "NOT_FOUND"),
        (401, "UNAUTHORIZED"),
    }


def test_a_method_that_does_not_fit_is_told_which_ones_do() -> None:
    answer = World().client.simulate_delete(CREATE)
    assert refused(answer)[:2] == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (unavailable(), 503, "SERVICE_UNAVAILABLE"),
        (RuntimeError("SELECT secret FROM /etc/passwd"), 500, "INTERNAL_SERVER_ERROR"),
        (ValueError("secret"), 500, "INTERNAL_SERVER_ERROR"),
    ],
)
def test_a_trouble_of_ours_says_when_to_come_back_and_nothing_of_itself(
    error: Exception, status: int, code: str
) -> None:
    world = World(log=BrokenLog(error))
    login = {"email": "a@b.cd", "password": PASSWORD}
    answer = world.client.simulate_post("/api/v1/auth/login", json=login)
    assert refused(answer)[:2] == (status, code)
    assert int(answer.headers["retry-after"]) > 0
    for word in ("secret", "SELECT", "10.1.2.3", "passwd", PASSWORD, "Traceback"):
        assert word not in answer.text


def test_networks_are_told_without_their_nodes() -> None:
    answer = World().client.simulate_get("/api/v1/networks")
    assert [one["id"] for one in answer.json["networks"]][:2] == ["devnet", "second"]
    assert "http" not in answer.text


def test_being_alive_never_asks_the_database() -> None:
    world = World(log=BrokenLog(LogUnavailable("gone")), checks={"log": lambda: "fail"})
    assert world.client.simulate_get("/livez").json["status"] == "pass"


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [(["pass"], 200, "pass"), (["pass", "warn"], 200, "warn"), (["warn", "fail"], 503, "fail")],
)
def test_readiness_is_the_worst_of_its_checks(words: list[str], status: int, told: str) -> None:
    world = World(checks={str(n): lambda word=word: word for n, word in enumerate(words)})
    answer = world.client.simulate_get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (status, told)
    assert set(answer.json["checks"].values()) == set(words)


def test_no_answer_may_be_stored_or_taken_for_another_kind() -> None:
    answer = World().client.simulate_get("/livez")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_application_can_be_made_twice_in_one_process() -> None:
    assert create_app(World().service) is not create_app(World().service)
