"""What the service tells about itself: OpenAPI, errors, networks, health. And its own faults."""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import application
import domain
from application.accounts.refusals import NoSigner
from application.credentials import UnknownAccount
from application.wallet_proofs import InvalidProof
from domain.errors import DomainError
from domain.log import LogUnavailable
from domain.sign_in import AccountLocked
from domain.tenant import LastOwner
from interfaces.http.app import create_app
from interfaces.http.openapi import openapi
from interfaces.http.problems import catalogue
from interfaces.http.routes import ROUTES
from tests.api_world import (
    CREATE,
    DEPLOYMENTS,
    BrokenLog,
    World,
    refused,
    unavailable,
)
from tests.identity_world import PASSWORD
from tests.provoked import answers

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
    client, nowhere = World().client, "00000000-0000-4000-8000-000000000000"
    for route in ROUTES:
        path = re.sub(r"\{\w+\}", nowhere, route.path)
        answer = client.simulate_request(route.method, path)
        assert answer.status_code not in {404, 405, 500}, route.path
        assert (answer.status_code == 401) == (not route.open), route.path
        if not route.open:
            assert refused(answer)[1] == "UNAUTHORIZED", route.path


def refusals() -> Iterator[type[DomainError]]:
    """Yield every refusal of the core, wherever it stands."""
    for package in (domain, application):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for _, kind in inspect.getmembers(import_module(found.name), inspect.isclass):
                if issubclass(kind, DomainError) and kind.__module__ == found.name:
                    yield kind


def test_every_refusal_of_the_core_is_in_the_catalogue() -> None:
    found = set(refusals()) - {DomainError}
    assert {LastOwner, AccountLocked, UnknownAccount, NoSigner, InvalidProof} <= found
    for kind in found:
        assert kind.code in catalogue(), kind
        assert "code" in vars(kind), f"{kind} says its own code"


def test_get_errors_lists_the_whole_catalogue() -> None:
    listed = World().client.simulate_get("/api/v1/errors").json["errors"]
    assert [one["code"] for one in listed] == list(catalogue())
    for one in listed:
        assert re.fullmatch(r"[A-Z][A-Z_]+", one["code"])
        assert one["title"]
        assert one["remediation"]
        assert one["retryable"] == (one["retryAfterSeconds"] is not None)


def test_every_code_of_the_catalogue_is_provoked_over_http() -> None:
    provoked = {refused(answer)[1] for answer in answers() if answer.status_code >= 400}
    assert sorted(provoked ^ (set(catalogue()) - CAUSES)) == []
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
