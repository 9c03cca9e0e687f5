"""The read side's commands as an operator or auditor runs them: lines, exit codes, exact bytes."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from io import StringIO
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from domain.log import append_one
from infrastructure.event_log import StoredLog, open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.views.location import views_path
from projections.catalogue import ALL
from projections.deployment_status import DEPLOYMENT_STATUS
from tests.drafts import appended, tenant
from tests.engine_world import World

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
Ran = subprocess.CompletedProcess[bytes]


class Cli:
    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.environment = os.environ | {
            "PROOFMINT_DATABASE_URL": url,
            "PROOFMINT_DATA": str(folder),
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
        }

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "interfaces.cli.main", *arguments],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str) -> Ran:
        process = self.start(*arguments)
        out, said = process.communicate(timeout=60)
        assert b"Traceback" not in said
        return Ran(arguments, process.returncode, out, said)

    def project(self) -> None:
        """Run a projector until it has read everything."""
        process = self.start("project")
        deadline = time.monotonic() + PATIENCE
        while b" 0 behind" not in self.run("projections", "status", "deployment_history").stdout:
            assert time.monotonic() < deadline
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


@pytest.fixture
def cli(any_database_url: str, tmp_path: Path) -> Cli:
    return Cli(any_database_url, tmp_path)


@pytest.fixture
def log(any_database_url: str) -> Iterator[StoredLog]:
    with open_log(any_database_url) as opened:
        yield opened


def lived_in(log: StoredLog, deployments: int = 2) -> list[UUID]:
    world = World()
    world.log = log
    world.chain.balances[world.user] = 10**6
    lived = [world.request(f"number {number}") for number in range(deployments)]
    for deployment in lived:
        world.settle(deployment)
    return lived


def sabotage(url: str, statement: str) -> None:
    """Change rows behind the projector's back."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(views_path(url))
        connection.execute(statement)
        connection.commit()
        connection.close()
    else:
        with psycopg.connect(url) as other:
            other.execute(statement.encode())


def test_an_export_is_the_stored_bytes_and_says_to_where_it_is_complete(
    cli: Cli, log: StoredLog
) -> None:
    lived_in(log)
    end = log.position()
    stored = [one.envelope for one in log.read_envelopes()]
    whole = cli.run("events", "export")
    assert whole.returncode == 0
    assert whole.stdout == b"".join(envelope + b"\n" for envelope in stored)
    summary = f"{end} events, complete from 1 to {end}, sha256 {sha256(whole.stdout).hexdigest()}"
    assert whole.stderr.decode().strip() == summary
    first = cli.run("events", "export", "--upto", "5")
    rest = cli.run("events", "export", "--after", "5", "--upto", "1000000")
    assert first.stdout + rest.stdout == whole.stdout
    assert f"complete from 6 to {end}" in rest.stderr.decode()
    nothing = cli.run("events", "export", "--after", str(end))
    assert (nothing.returncode, nothing.stdout) == (0, b"")
    assert f"0 events, the log ends at {end}" in nothing.stderr.decode()
    assert cli.run("events", "export", "--after", "-1").returncode == 2


def test_an_export_as_csv_has_one_record_for_every_event_in_any_locale(
    cli: Cli, log: StoredLog
) -> None:
    lived_in(log, 1)
    ran = cli.run("events", "export", "--format", "csv")
    records = list(csv.DictReader(StringIO(ran.stdout.decode("utf-8"), newline="")))
    assert [int(record["position"]) for record in records] == list(range(1, log.position() + 1))
    for record, one in zip(records, log.read_envelopes(), strict=True):
        assert json.loads(record["envelope"]) == json.loads(one.envelope)
        assert record["name"] == json.loads(one.envelope)["name"]


def test_an_export_whose_reader_leaves_does_not_end_well(cli: Cli, log: StoredLog) -> None:
    append_one(log, appended(tenant(), events=2_000))
    process = cli.start("events", "export")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(PATIENCE) == 1
    process.stderr.close()
    assert b"not complete" in said
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said


def test_a_story_is_told_one_fact_a_line(cli: Cli, log: StoredLog) -> None:
    [deployment] = lived_in(log, 1)
    told = cli.run("events", "replay", str(deployment))
    lines = told.stdout.decode().splitlines()
    assert "requested Gold (GLD) on scripted  => queued" in lines[0]
    assert "completed: token" in lines[-1]
    assert lines[-1].endswith("=> completed")
    unknown = cli.run("events", "replay", str(UUID(int=1)))
    assert unknown.returncode == 1
    assert unknown.stdout == b""
    assert cli.run("events", "replay", "nonsense").returncode == 2


def test_a_projector_keeps_up_and_a_rebuild_changes_nothing(cli: Cli, log: StoredLog) -> None:
    lived_in(log)
    end = log.position()
    behind = cli.run("projections", "status", "deployment_status").stdout.decode()
    assert behind == f"{DEPLOYMENT_STATUS.table}: position 0, {end} behind\n"
    cli.project()
    assert cli.run("projections", "verify").returncode == 0
    rebuilt = cli.run("projections", "rebuild", "--all")
    assert rebuilt.returncode == 0
    assert rebuilt.stdout.decode().count(f"{end} events read") == len(ALL)
    assert cli.run("projections", "rebuild", "--all", "deployment_status").returncode == 2
    assert cli.run("projections", "rebuild", "nonsense").returncode == 2


def test_a_row_that_lies_is_named_until_it_is_rebuilt(cli: Cli, log: StoredLog) -> None:
    [deployment] = lived_in(log, 1)
    cli.project()
    lie = f"UPDATE {DEPLOYMENT_STATUS.table} SET status = 'failed'"
    sabotage(cli.url, lie)
    verified = cli.run("projections", "verify", "deployment_status")
    assert verified.returncode == 1
    wrong = f"{DEPLOYMENT_STATUS.table}: {deployment} differs from the log\n"
    assert verified.stdout.decode() == wrong
    assert cli.run("projections", "verify", "deployment_history").returncode == 0
    assert cli.run("projections", "rebuild", "deployment_status").returncode == 0
    assert cli.run("projections", "verify").returncode == 0


def test_a_log_with_a_hole_is_not_exported_as_if_it_had_none(
    sqlite_url: str, tmp_path: Path
) -> None:
    with open_log(sqlite_url) as log:
        append_one(log, appended(tenant(), events=9))
    connection = sqlite3.connect(sqlite_path(sqlite_url))
    for (trigger,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("DELETE FROM stored_events WHERE rowid = 5")
    connection.commit()
    connection.close()
    ran = Cli(sqlite_url, tmp_path).run("events", "export")
    assert ran.returncode == 1
    assert b"position 5 is missing: not complete" in ran.stderr
    assert len(ran.stdout.splitlines()) == 4
