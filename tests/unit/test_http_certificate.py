"""The certificate as it is handed out: whose it is, since when, and that it is whole or none."""

import io
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import structlog
from falcon import testing

from domain.log import digest_of
from domain.values import TenantId
from infrastructure import log_lines
from infrastructure.deployment_certificate.verifier import check
from infrastructure.log_lines import configure_logging
from interfaces.http.messages import CertificateResponse
from tests.api_world import DEPLOYMENTS, User, World, refused
from tests.exporting import export_key
from tests.proven import ISSUE, OnAlgorand, OnEvm, Proven, Slotted

families = pytest.mark.parametrize("make", [OnEvm, OnAlgorand])


@pytest.fixture
def world() -> World:
    return World()


def owned(user: User, make: type[Proven]) -> tuple[Any, Slotted]:
    """Return a deployment of a user's tenant, about to be completed, and what created its token."""
    one: Any = make(log=user.world.log, tenant=TenantId(UUID(user.account["tenantId"])))
    one.plan(ISSUE)
    return one, one.created()


def completed(user: User, make: type[Proven], exported: int | None = None) -> Any:
    one, slotted = owned(user, make)
    one.decide(slotted)
    one.complete(slotted, exported)
    return one


def certificate_of(user: User, deployment: object) -> testing.Result:
    return user.get(f"{DEPLOYMENTS}/{deployment}/certificate")


@families
def test_it_is_a_file_that_checks_and_is_the_same_whenever_it_is_asked_for(
    world: World, make: type[Proven]
) -> None:
    user = world.user()
    one = completed(user, make)
    answer = certificate_of(user, one.id)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    name = f'attachment; filename="certificate-{one.id}.json"'
    assert answer.headers["content-disposition"] == name
    assert answer.headers["etag"] == f'"{sha256(answer.content).hexdigest()}"'
    assert answer.headers["content-length"] == str(len(answer.content))
    assert check(answer.content).certificate.exported is None
    export_key(world.log, one.id)
    again = certificate_of(user, one.id)
    assert (again.content, again.headers["etag"]) == (answer.content, answer.headers["etag"])
    restarted = User(world.restarted(), user.account)
    assert certificate_of(restarted, one.id).content == answer.content


@families
def test_it_has_the_shape_that_is_documented_and_says_what_the_deployment_says(
    world: World, make: type[Proven]
) -> None:
    user = world.user()
    one = completed(user, make, exported=1)
    said = certificate_of(user, one.id).json
    assert msgspec.to_builtins(msgspec.convert(said, CertificateResponse)).keys() == said.keys()
    told = user.get(f"{DEPLOYMENTS}/{one.id}").json
    for name in ("deploymentId", "signerAddress", "signerExported"):
        assert said[name] == told[name], name
    for name in ("status", "assetIdentifier", "transactionHash"):
        assert said["outcome"][name] == told[name], name
    assert said["network"]["id"] == told["network"]


def test_it_needs_no_projector(world: World) -> None:
    user = world.user()
    world.rows.upto = 0
    one, slotted = owned(user, OnEvm)
    assert refused(certificate_of(user, one.id))[:2] == (409, "OUTCOME_NOT_PROVEN")
    one.decide(slotted)
    one.complete(slotted)
    assert certificate_of(user, one.id).status_code == 200


@families
def test_without_an_outcome_it_says_where_to_look(world: World, make: type[Proven]) -> None:
    user = world.user()
    one, slotted = owned(user, make)
    one.sign(slotted, 1, 1)
    answer = certificate_of(user, one.id)
    assert refused(answer)[:2] == (409, "OUTCOME_NOT_PROVEN")
    assert "submitted" in answer.json["detail"]
    assert "the outcome will be known when" in answer.json["detail"]
    assert "decidableAt" in answer.json["remediation"]


@families
def test_a_retry_and_a_cancellation_have_no_certificate(world: World, make: type[Proven]) -> None:
    user = world.user()
    failed: Any = make(log=world.log, tenant=TenantId(UUID(user.account["tenantId"])))
    failed.fail()
    assert certificate_of(user, failed.id).json["outcome"]["neverSigned"] is True
    failed.retry()
    assert refused(certificate_of(user, failed.id))[:2] == (409, "OUTCOME_NOT_PROVEN")
    failed.cancel()
    answer = certificate_of(user, failed.id)
    assert refused(answer)[:2] == (409, "OUTCOME_NOT_PROVEN")
    assert "cancelled" in answer.json["detail"]


def test_anothers_certificate_is_exactly_like_none(world: World) -> None:
    ada, bob = world.user(), world.user("bob@example.com")
    hers, none = str(completed(ada, OnEvm).id), str(uuid4())
    told = []
    for deployment in (hers, none):
        answer = certificate_of(bob, deployment)
        assert refused(answer)[:2] == (404, "NOT_FOUND")
        own_ids = (deployment, answer.json["correlationId"])
        text = answer.text
        for one in own_ids:
            text = text.replace(one, "ID")
        told.append(text)
    assert told[0] == told[1]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    monkeypatch.setattr(log_lines.sys, "stderr", written)
    configure_logging("INFO", "api")
    yield written
    structlog.reset_defaults()


@families
@pytest.mark.parametrize("damage", [None, b"", b"{}", b"\xff"])
def test_a_damaged_proof_is_told_and_logged_and_never_handed_out(
    world: World, make: type[Proven], damage: bytes | None, lines: io.StringIO
) -> None:
    user = world.user()
    one, slotted = owned(user, make)
    one.decide(slotted)
    one.complete(slotted)
    assert certificate_of(user, one.id).status_code == 200, "it was checked before"
    digest = digest_of(slotted.proof)
    if damage is None:
        del world.log._head.blobs[digest]
    else:
        world.log._head.blobs[digest] = damage
    answer = certificate_of(user, one.id)
    assert refused(answer)[:2] == (500, "PROOF_DAMAGED")
    assert digest.hex() not in answer.text
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    [line] = [line for line in written if line["event"] == "proof-damaged"]
    assert line["level"] == "error"
    assert line["deployment"] == str(one.id)
    assert digest.hex() in line["detail"]
    assert line["correlation"] == answer.json["correlationId"]


def test_nothing_in_it_is_secret_or_personal(world: World) -> None:
    user = world.user()
    text = certificate_of(user, completed(user, OnEvm).id).text
    account = user.account
    for one in ("accessToken", "refreshToken", "email", "accountId", "tenantId", "sessionId"):
        assert account[one] not in text, one
    assert (b"k" * 32).hex() not in text
