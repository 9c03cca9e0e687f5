"""Security activity as a file, complete up to its position; and the custody statement."""

from uuid import uuid4

import pytest

from domain.events import SignerAdded, SignerExported
from domain.events.tenants import KeyForm
from domain.roles import Role
from domain.values import SignerId
from interfaces.http.problems import Problem
from projections.security_export import COLUMNS
from projections.security_queries import PIECE
from tests.security_api import SecurityApi, csv_of, json_of, machine, person, text_of
from tests.security_world import ADA, BOB, TENANT

OWNER, OPERATOR = person(ADA, Role.OWNER), person(BOB, Role.OPERATOR)
AUDITOR = person(BOB, Role.AUDITOR)


@pytest.fixture
def api() -> SecurityApi:
    api = SecurityApi()
    api.found(bob=Role.OPERATOR)
    return api


def test_an_export_of_more_than_one_piece_is_complete(api: SecurityApi) -> None:
    written = [api.fail(ADA, f"192.0.2.{number % 256}") for number in range(2 * PIECE + 1)]
    assert len(written) > 1_000
    export = json_of(api.export(OWNER, eventType="sign-in.failed"))
    assert [row["position"] for row in export["activity"]] == written[::-1]
    assert export["count"] == len(written)
    assert export["exportedAtPosition"] == written[-1]
    rows = csv_of(api.export(OWNER, format="csv", eventType="sign-in.failed"))
    assert [int(row["Position"]) for row in rows] == written[::-1]


def test_what_happens_while_an_export_is_read_is_not_in_it(api: SecurityApi) -> None:
    last = api.fail(ADA)
    reply = api.export(OWNER)
    assert reply.stream is not None
    pieces = iter(reply.stream)
    text = next(pieces).decode()
    api.fail(ADA)
    text += b"".join(pieces).decode()
    assert f'"exportedAtPosition": {last}' in text
    assert f'"position": {last + 1}' not in text


def test_an_export_says_where_it_ends_and_the_count_comes_last(api: SecurityApi) -> None:
    reply = api.export(OWNER)
    position = api.log.position()
    text = text_of(reply)
    assert text.rstrip().endswith('"count": 3}')
    name = f"security-activity-{TENANT}-{position}.json"
    assert reply.headers == {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Exported-At-Position": str(position),
    }
    export = json_of(api.export(OWNER))
    assert (export["tenantId"], export["readableDays"]) == (str(TENANT), 400)
    assert export["activity"] == api.page(OWNER)["activity"]


def test_nothing_to_export_is_a_whole_export_too(api: SecurityApi) -> None:
    export = json_of(api.export(OWNER, severity="critical"))
    assert (export["activity"], export["count"]) == ([], 0)
    assert text_of(api.export(OWNER, format="csv", severity="critical")) == (
        ",".join(COLUMNS) + "\r\n"
    )


def test_no_cell_is_calculated_or_taken_for_a_number(api: SecurityApi) -> None:
    api.fail(ADA, "192.168.178.100", "=cmd|' /C calc'!A0")
    [row] = csv_of(api.export(OWNER, format="csv", eventType="sign-in.failed"))
    assert row["SourceIp"] == "'192.168.178.100"
    assert row["UserAgent"].startswith("'=cmd")
    assert (row["Success"], row["Severity"]) == ("false", "warning")
    assert (row["AccountId"], row["TenantId"]) == (str(ADA), "")
    assert row["ErrorMessage"] == row["Summary"] == "sign-in refused: wrong password"


def test_an_export_shows_no_more_than_the_list(api: SecurityApi) -> None:
    api.fail(ADA, "192.0.2.1")
    api.fail(BOB, "192.0.2.2")
    for who in (OWNER, OPERATOR, AUDITOR, machine()):
        assert json_of(api.export(who))["activity"] == api.page(who)["activity"]
    assert "192.0.2.1" not in text_of(api.export(AUDITOR, format="csv"))
    assert "192.0.2." not in text_of(api.export(machine(), format="csv"))


def test_a_format_that_is_not_known_is_refused(api: SecurityApi) -> None:
    with pytest.raises(Problem) as refused:
        api.export(OWNER, format="xml")
    assert refused.value.code == "INVALID_EXPORT_FORMAT"


def test_what_is_too_old_is_not_exported() -> None:
    api = SecurityApi(days=1)
    api.found()
    api.fail(ADA)
    api.clock.pass_by(days=1, seconds=1)
    assert json_of(api.export(OWNER))["count"] == 0


def test_the_custody_statement_speaks_of_the_tenant_that_asks(api: SecurityApi) -> None:
    signer = SignerId(uuid4())
    sections = {one["id"]: one for one in api.statement(OWNER)["sections"]}
    assert "no chain account here" in sections["who-can-sign"]["sentences"][0]
    added = SignerAdded(
        signer=signer,
        derivation="arc76-email/1",
        slot=0,
        algorand=b"a" * 32,
        evm=b"e" * 20,
        account=ADA,
        email_form=1,
        password_form=1,
        password=1,
    )
    api.write(added)
    api.write(SignerExported(signer=signer, form=KeyForm.ALGORAND))
    statement = api.statement(OWNER)
    assert (statement["accountId"], statement["tenantId"]) == (str(ADA), str(TENANT))
    assert statement["statedAt"] == "2026-01-01T12:00:00Z"
    said = str(statement["sections"])
    assert f"Signer {signer}" in said
    assert "1 key of 1 left this service" in said
    assert "development network devnet the operator's treasury" in said
