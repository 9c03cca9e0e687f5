"""Brings a database to the schema of this release: numbered files, forward only, each once.

Processes never create anything: they refuse a database that is not as they need it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Protocol

import psycopg

from infrastructure.event_log.log import sqlite_path
from infrastructure.views.location import views_path

SCHEMAS = {"log": "infrastructure.event_log", "views": "infrastructure.views"}
"""Schema name to the package whose ``schema`` folder holds its files, log first."""
LOCK = 7_230_148_650_122
"""Advisory lock of PostgreSQL that one migration at a time holds."""
BUSY = 30.0
MADE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL)
"""


class WrongSchema(Exception):
    """The database is not at the schema of this release."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}; run `proofmint migrate` with this release")


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    """Schema and file, such as ``log/0001_event_log.sql``."""
    script: str

    @property
    def digest(self) -> str:
        return sha256(self.script.encode()).hexdigest()


class Target(Protocol):
    def applied(self) -> dict[str, str]: ...

    def apply(self, migration: Migration) -> None: ...


def migrate(url: str) -> list[str]:
    """Apply what is missing, under a lock, and return the names of what was applied.

    Raises:
        WrongSchema: an applied file was edited since, or comes from a later release.
    """
    done = []
    for schema in SCHEMAS:
        with _target(url, schema) as target:
            applied = target.applied()
            wanted = _migrations(schema, url)
            _require_known(applied, wanted)
            for migration in wanted:
                if migration.name not in applied:
                    target.apply(migration)
                    done.append(migration.name)
    return done


def require_schema(url: str) -> None:
    """Refuse a database that is not exactly at this release's schema.

    Raises:
        WrongSchema: something is missing, edited, or of a later release.
    """
    for schema in SCHEMAS:
        if url.startswith("sqlite:") and not Path(_sqlite_file(url, schema)).exists():
            raise WrongSchema(f"there is no {schema} database")
        with _target(url, schema) as target:
            applied = target.applied()
            wanted = _migrations(schema, url)
            _require_known(applied, wanted)
            if missing := [known.name for known in wanted if known.name not in applied]:
                raise WrongSchema(f"{', '.join(missing)} is missing")


def _require_known(applied: dict[str, str], wanted: list[Migration]) -> None:
    digests = {migration.name: migration.digest for migration in wanted}
    schema = wanted[0].name.partition("/")[0]
    for name, digest in applied.items():
        if name.partition("/")[0] != schema:
            continue
        if name not in digests:
            raise WrongSchema(f"{name} is not of this release")
        if digests[name] != digest:
            raise WrongSchema(f"{name} was edited after it was applied")


def _migrations(schema: str, url: str) -> list[Migration]:
    dialect = "sqlite" if url.startswith("sqlite:") else "postgres"
    folder: Traversable = files(SCHEMAS[schema]).joinpath("schema", dialect)
    scripts = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return [Migration(f"{schema}/{one.name}", one.read_text(encoding="utf-8")) for one in scripts]


@contextmanager
def _target(url: str, schema: str) -> Iterator[Target]:
    if not url.startswith("sqlite:"):
        with psycopg.connect(url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            yield _Postgres(connection)
        return
    path = _sqlite_file(url, schema)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=BUSY, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("BEGIN IMMEDIATE")
        yield _Sqlite(file)
        file.execute("COMMIT")


def _sqlite_file(url: str, schema: str) -> str:
    return sqlite_path(url) if schema == "log" else views_path(url)


@dataclass(frozen=True, slots=True)
class _Sqlite:
    connection: sqlite3.Connection

    def applied(self) -> dict[str, str]:
        self.connection.execute(MADE)
        return dict(self.connection.execute("SELECT name, sha256 FROM schema_migrations"))

    def apply(self, migration: Migration) -> None:
        statement = ""
        for line in migration.script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self.connection.execute(statement)
                statement = ""
        self.connection.execute(
            "INSERT INTO schema_migrations VALUES (?, ?, datetime('now'))",
            (migration.name, migration.digest),
        )


@dataclass(frozen=True, slots=True)
class _Postgres:
    connection: "psycopg.Connection[tuple[str, str]]"

    def applied(self) -> dict[str, str]:
        self.connection.execute(MADE)
        return dict(self.connection.execute("SELECT name, sha256 FROM schema_migrations"))

    def apply(self, migration: Migration) -> None:
        self.connection.execute(migration.script)
        self.connection.execute(
            "INSERT INTO schema_migrations VALUES (%s, %s, now())",
            (migration.name, migration.digest),
        )
