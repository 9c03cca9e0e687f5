"""Brings a database to the schema of this release: numbered files, forward only, each once.

Processes never create anything: they refuse a database that is not as they need it.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
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

    def __init__(self, problem: str, there: Iterable[str], needed: Iterable[str]) -> None:
        has, needs = max(there, default="nothing"), max(needed)
        super().__init__(
            f"{problem} (the database has {has}, this release needs {needs}); "
            "run `proofmint migrate` with this release"
        )


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    """Schema and file, such as ``log/0001_event_log.sql``."""
    script: str

    @property
    def digest(self) -> str:
        return sha256(self.script.encode()).hexdigest()


class Target(Protocol):
    """One open database."""

    def applied(self) -> dict[str, str]:
        """Return names and digests of what was applied; makes nothing."""
        ...

    def apply(self, migration: Migration) -> None: ...


def migrate(url: str) -> list[str]:
    """Apply what is missing, under a lock, and return the names of what was applied.

    Raises:
        WrongSchema: an applied file was edited since, comes from a later release, or is
            preceded by one that was not applied.
    """
    done = []
    for schema in SCHEMAS:
        wanted = _migrations(schema, url)
        with _locked(url, schema) as target:
            for migration in _missing(target.applied(), wanted):
                target.apply(migration)
                done.append(migration.name)
    return done


def require_schema(url: str) -> None:
    """Refuse a database that is not exactly at this release's schema. Changes nothing.

    Raises:
        WrongSchema: something is missing, edited, or of a later release.
    """
    for schema in SCHEMAS:
        wanted = _migrations(schema, url)
        with _reading(url, schema) as target:
            applied = {} if target is None else target.applied()
        if missing := [migration.name for migration in _missing(applied, wanted)]:
            raise WrongSchema(f"{', '.join(missing)} is missing", _of(schema, applied), missing)


def _missing(applied: dict[str, str], wanted: list[Migration]) -> list[Migration]:
    """Return what is to be applied yet, in order."""
    schema = wanted[0].name.partition("/")[0]
    there = _of(schema, applied)
    digests = {migration.name: migration.digest for migration in wanted}
    for name in there:
        if name not in digests:
            raise WrongSchema(f"{name} is not of this release", there, digests)
        if digests[name] != applied[name]:
            raise WrongSchema(f"{name} was edited after it was applied", there, digests)
    missing = [migration for migration in wanted if migration.name not in applied]
    if missing and there and missing[0].name < there[-1]:
        raise WrongSchema(f"{missing[0].name} was never applied", there, digests)
    return missing


def _of(schema: str, applied: dict[str, str]) -> list[str]:
    return sorted(name for name in applied if name.partition("/")[0] == schema)


def _migrations(schema: str, url: str) -> list[Migration]:
    dialect = "sqlite" if url.startswith("sqlite:") else "postgres"
    folder: Traversable = files(SCHEMAS[schema]).joinpath("schema", dialect)
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".sql"))
    scripts = sorted(found, key=lambda entry: entry.name)
    return [Migration(f"{schema}/{one.name}", one.read_text(encoding="utf-8")) for one in scripts]


@contextmanager
def _locked(url: str, schema: str) -> Iterator[Target]:
    """Open a database for one migration at a time; all that it does is kept, or nothing."""
    if not url.startswith("sqlite:"):
        with psycopg.connect(url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            connection.execute(MADE)
            yield _Postgres(connection)
        return
    path = _sqlite_file(url, schema)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=BUSY, isolation_level=None)) as file:
        _write_ahead(file)
        file.execute("BEGIN IMMEDIATE")
        file.execute(MADE)
        yield _Sqlite(file)
        file.execute("COMMIT")


@contextmanager
def _reading(url: str, schema: str) -> Iterator[Target | None]:
    if not url.startswith("sqlite:"):
        with psycopg.connect(url) as connection:
            yield _Postgres(connection)
        return
    path = _sqlite_file(url, schema)
    if not Path(path).exists():
        yield None
        return
    with closing(sqlite3.connect(path, timeout=BUSY, isolation_level=None)) as file:
        yield _Sqlite(file)


def _write_ahead(file: sqlite3.Connection) -> None:
    """Let readers and the writer go on beside each other. SQLite itself does not wait here."""
    deadline = time.monotonic() + BUSY
    while True:
        try:
            file.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _sqlite_file(url: str, schema: str) -> str:
    return sqlite_path(url) if schema == "log" else views_path(url)


@dataclass(frozen=True, slots=True)
class _Sqlite:
    connection: sqlite3.Connection

    def applied(self) -> dict[str, str]:
        there = "SELECT name FROM sqlite_master WHERE name = 'schema_migrations'"
        if self.connection.execute(there).fetchone() is None:
            return {}
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
        [there] = self.connection.execute("SELECT to_regclass('schema_migrations')").fetchall()
        if there[0] is None:
            return {}
        return dict(self.connection.execute("SELECT name, sha256 FROM schema_migrations"))

    def apply(self, migration: Migration) -> None:
        self.connection.execute(migration.script)
        self.connection.execute(
            "INSERT INTO schema_migrations VALUES (%s, %s, now())",
            (migration.name, migration.digest),
        )
