"""Migrations: numbered, forward only, each once, by whoever comes first."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

from domain.log import append_one
from infrastructure.event_log import open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.migrate import SCHEMAS, WrongSchema, migrate, require_schema
from tests.drafts import appended, tenant
from tests.postgres_cluster import Cluster

AT_ONCE = 6
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/that is new/proofmint.db"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.fresh_database()


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    """Execute behind everybody's back, on the log's database."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url), isolation_level=None)) as file:
            return file.execute(statement).fetchall()
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_every_schema_is_applied_in_order_and_once(empty_url: str) -> None:
    applied = migrate(empty_url)
    assert applied[0] == "log/0001_event_log.sql"
    assert {name.partition("/")[0] for name in applied} == set(SCHEMAS)
    assert migrate(empty_url) == []
    require_schema(empty_url)
    with open_log(empty_url) as log:
        append_one(log, appended(tenant()))


def test_of_many_at_once_each_migration_is_applied_by_one(empty_url: str) -> None:
    together = Barrier(AT_ONCE)

    def start(_: int) -> list[str]:
        together.wait(20)
        return migrate(empty_url)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        applied = [name for names in threads.map(start, range(AT_ONCE)) for name in names]
    assert len(applied) == len(set(applied)) > 0
    require_schema(empty_url)


def test_a_database_without_schema_is_refused_and_left_as_it_is(empty_url: str) -> None:
    with pytest.raises(WrongSchema, match=r"log/0001_event_log\.sql.* has nothing.*migrate"):
        require_schema(empty_url)
    if empty_url.startswith("sqlite"):
        assert not Path(sqlite_path(empty_url)).exists()
    else:
        assert run(empty_url, "SELECT to_regclass('schema_migrations')") == [(None,)]


CHANGES = {
    "was edited after it was applied": "UPDATE schema_migrations SET sha256 = '0'",
    "log/9999_later.sql is not of this release": (
        "INSERT INTO schema_migrations VALUES ('log/9999_later.sql', '0', 'now')"
    ),
    "log/0001_event_log.sql was never applied": (
        "DELETE FROM schema_migrations WHERE name = 'log/0001_event_log.sql'"
    ),
}


@pytest.mark.parametrize("problem", CHANGES)
@pytest.mark.parametrize("ask", [migrate, require_schema])
def test_a_schema_with_another_past_is_refused_by_name(
    any_database_url: str, problem: str, ask: Callable[[str], object]
) -> None:
    run(any_database_url, CHANGES[problem])
    with pytest.raises(WrongSchema, match=problem):
        ask(any_database_url)


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        Path(sqlite_path(empty_url)).parent.mkdir(parents=True)
    run(empty_url, "CREATE TABLE secrets (in_the_way INTEGER)")
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.DuplicateTable)):
        migrate(empty_url)
    run(empty_url, "DROP TABLE secrets")
    migrate(empty_url)
    require_schema(empty_url)


def test_every_dialect_has_the_same_migrations() -> None:
    for package in SCHEMAS.values():
        folder = ROOT.joinpath(*package.split("."), "schema")
        names = [
            sorted(one.name for one in folder.glob(f"{dialect}/*.sql"))
            for dialect in ("sqlite", "postgres")
        ]
        assert names[0] == names[1]
        assert [name[:4] for name in names[0]] == [f"{n:04}" for n in range(1, len(names[0]) + 1)]
