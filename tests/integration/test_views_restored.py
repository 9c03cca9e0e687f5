"""Read models where the log or another builder is not what they think."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from domain.log import RecordedEvent, append_one
from infrastructure.event_log import StoredLog, open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.views import Views, open_views
from infrastructure.views.location import views_path
from infrastructure.views.place import AnotherLog, place_at
from infrastructure.views.store import BATCH, BuiltTwice, ViewStore
from interfaces.cli.project import Projector
from projections.catalogue import ALL
from projections.deployment_status import DEPLOYMENT_STATUS
from tests.benchmarks.test_rebuild import fill
from tests.drafts import appended, tenant
from tests.engine_world import World


@contextmanager
def opened(url: str) -> Iterator[tuple[StoredLog, Views]]:
    with open_log(url) as log, open_views(url, log) as views:
        views.store.prepare(ALL)
        yield log, views


class Lines:
    """Keeps log lines."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, line: str, **_: object) -> None:
        self.said.append(line)

    warning = info


def project(views: Views) -> list[str]:
    lines = Lines()
    projector = Projector(views.store, lines)
    while projector.turn():
        pass
    return lines.said


def agree(views: Views) -> bool:
    return all(views.store.disagreements(projection) == [] for projection in ALL)


def request(log: StoredLog, *names: str) -> None:
    world = World()
    world.log = log
    for name in names:
        world.request(name)


@pytest.mark.parametrize("again", [0, 1, 2, 5])
def test_rows_of_a_log_that_was_restored_since_are_read_anew(
    sqlite_url: str, tmp_path: Path, again: int
) -> None:
    backup = tmp_path / "backup.db"
    with opened(sqlite_url) as (log, views):
        request(log, "kept")
        project(views)
        with sqlite3.connect(sqlite_path(sqlite_url)) as source, sqlite3.connect(backup) as copy:
            source.backup(copy)
        source.close()
        copy.close()
        request(log, "lost one", "lost two")
        assert project(views) == []
    for left in Path(sqlite_path(sqlite_url)).parent.glob("proofmint.db*"):
        left.unlink()
    shutil.copy(backup, sqlite_path(sqlite_url))
    with opened(sqlite_url) as (log, views):
        request(log, *(f"new {number}" for number in range(again)))
        standing = views.store.standing(DEPLOYMENT_STATUS)
        if log.position() != standing.position:
            assert standing.behind > 0
        assert len(views.store.disagreements(DEPLOYMENT_STATUS)) >= 2
        with pytest.raises(AnotherLog, match="rebuild it"):
            views.store.catch_up(DEPLOYMENT_STATUS)
        assert project(views).count("reading anew") == len(ALL)
        assert agree(views)
        assert views.store.standing(DEPLOYMENT_STATUS).position == log.position()
        request(log, "and on")
        assert project(views) == []
        assert agree(views)


def test_a_place_is_told_by_the_envelope_that_is_there(any_database_url: str) -> None:
    with opened(any_database_url) as (log, _):
        append_one(log, appended(tenant(), events=2))
        assert place_at(log, 0).mark == place_at(log, 3).mark == ""
        assert len({place_at(log, position).mark for position in (1, 2)}) == 2


def test_a_projector_with_nothing_to_read_writes_nothing(any_database_url: str) -> None:
    def changes() -> object:
        if any_database_url.startswith("sqlite"):
            with sqlite3.connect(views_path(any_database_url)) as connection:
                found = connection.execute("PRAGMA data_version").fetchall()
            connection.close()
            return found, Path(views_path(any_database_url) + "-wal").stat().st_size
        # By who wrote or locked each row last: the WAL has the cluster's own writes too.
        with psycopg.connect(any_database_url) as other:
            tables = other.execute(
                "SELECT relname FROM pg_stat_user_tables ORDER BY relname"
            ).fetchall()
            return {
                table: other.execute(
                    sql.SQL("SELECT ctid::text, xmin::text, xmax::text FROM {} ORDER BY 1").format(
                        sql.Identifier(table)
                    )
                ).fetchall()
                for (table,) in tables
            }

    with opened(any_database_url) as (log, views):
        request(log, "one")
        project(views)
        before = changes()
        for _ in range(50):
            assert project(views) == []
        assert changes() == before


def test_a_builder_whose_lock_was_lost_stops_where_another_began_anew(postgres_url: str) -> None:
    beside = f"{DEPLOYMENT_STATUS.table}_rebuild"
    anew = f"UPDATE projection_position SET position = 0 WHERE projection = '{beside}'"
    pages: list[object] = []

    with opened(postgres_url) as (log, views):
        fill(log, 4 * BATCH)
        project(views)

        class Interrupted:
            """The log, in whose second page another builder begins."""

            position = log.position

            def read_page(self, *where: object) -> list[RecordedEvent]:
                pages.append(where)
                found = log.read_page(*where)
                if len(pages) == 1:
                    other.start()
                return found

        def begin_anew() -> None:
            with psycopg.connect(postgres_url) as connection:
                connection.execute(anew.encode())  # waits for the batch that is under way

        other = threading.Thread(target=begin_anew)
        database = views.store._database
        with pytest.raises(BuiltTwice, match="another process"):
            ViewStore(database, Interrupted()).rebuild(DEPLOYMENT_STATUS)
        other.join()
        assert agree(views)
        views.store.rebuild(DEPLOYMENT_STATUS)
        assert agree(views)


def test_a_projector_says_that_it_is_late_and_that_it_has_caught_up(sqlite_url: str) -> None:
    with opened(sqlite_url) as (log, views):
        fill(log, 3 * BATCH)
        assert project(views) == ["behind", "caught up"]
