"""Read models on both databases: kept by several, rebuilt under readers, repaired, never wrong."""

import json
import multiprocessing
import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from domain.events import DeploymentRequested
from domain.log import append_one
from domain.status import Status
from domain.streams import StreamKind
from infrastructure.event_log import StoredLog, UnknownEvent, open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.migrate import WrongSchema, migrate, require_schema
from infrastructure.views import Views, open_views
from infrastructure.views.location import views_path
from projections.catalogue import ALL
from projections.deployment_status import DEPLOYMENT_STATUS
from projections.queries import Filters, current_history, current_status
from tests.benchmarks.test_rebuild import fill
from tests.drafts import appended, tenant
from tests.engine_world import TENANT, World

SERVER = multiprocessing.get_context("forkserver")


@contextmanager
def opened(url: str) -> Iterator[tuple[StoredLog, Views]]:
    with open_log(url) as log, open_views(url, log) as views:
        views.store.prepare(ALL)
        yield log, views


def project(url: str) -> None:
    """Catch up with the log, as a projector does."""
    with opened(url) as (_, views):
        for projection in ALL:
            while views.store.catch_up(projection, most=50):
                pass


def lived_in(log: StoredLog, deployments: int = 5) -> World:
    world = World()
    world.log = log
    world.chain.balances[world.user] = 10**6
    for number in range(deployments):
        world.settle(world.request(f"number {number}"))
    return world


def agree(views: Views) -> bool:
    return all(views.store.disagreements(projection) == [] for projection in ALL)


def test_rows_are_what_the_log_says_and_the_position_passes_what_is_ignored(
    any_database_url: str,
) -> None:
    with opened(any_database_url) as (log, views):
        lived_in(log)
        append_one(log, appended(tenant(), events=3))
        project(any_database_url)
        assert agree(views)
        standing = views.store.standing(DEPLOYMENT_STATUS)
        assert (standing.position, standing.behind) == (log.position(), 0)


def test_what_was_damaged_is_found_and_repaired(any_database_url: str) -> None:
    with opened(any_database_url) as (log, views):
        lived_in(log)
        project(any_database_url)
        statement = f"DELETE FROM {DEPLOYMENT_STATUS.table} WHERE status = 'completed'"
        if any_database_url.startswith("sqlite"):
            damaged = sqlite3.connect(views_path(any_database_url))
            damaged.execute(statement)
            damaged.commit()
            damaged.close()
        else:
            with psycopg.connect(any_database_url) as connection:
                connection.execute(statement.encode())
        assert len(views.store.disagreements(DEPLOYMENT_STATUS)) == 5
        assert views.store.rebuild(DEPLOYMENT_STATUS) == log.position()
        assert agree(views)


def test_several_projectors_at_once_are_harmless(any_database_url: str) -> None:
    with opened(any_database_url) as (log, views):
        fill(log, 3_000)
        processes = [SERVER.Process(target=project, args=(any_database_url,)) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
        assert agree(views)


def test_a_projector_killed_anywhere_leaves_rows_and_position_together(
    any_database_url: str,
) -> None:
    with opened(any_database_url) as (log, views):
        fill(log, 6_000)
        dice = random.Random(5)
        for _ in range(6):
            process = SERVER.Process(target=project, args=(any_database_url,))
            process.start()
            process.join(dice.uniform(0.05, 0.4))
            process.kill()
            process.join(10)
            assert agree(views)
        project(any_database_url)
        assert agree(views)
        assert views.store.standing(DEPLOYMENT_STATUS).behind == 0


def test_a_rebuild_goes_on_beside_writers_projectors_and_readers(any_database_url: str) -> None:
    with opened(any_database_url) as (log, views):
        fill(log, 4_000)
        world = lived_in(log, 1)
        project(any_database_url)
        stop, troubles, counts = threading.Event(), list[Exception](), list[int]()

        def reading() -> None:
            while not stop.is_set():
                try:
                    page = views.deployments.page(TENANT, Filters(), None, 100)
                    counts.append(len(page.rows))
                except Exception as error:
                    troubles.append(error)

        def writing() -> None:
            number = 0
            while not stop.is_set():
                world.request(f"meanwhile {number}")
                number += 1
                views.store.catch_up(DEPLOYMENT_STATUS)

        threads = [threading.Thread(target=target) for target in (reading, reading, writing)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            views.store.rebuild(DEPLOYMENT_STATUS)
        stop.set()
        for thread in threads:
            thread.join()
        assert troubles == []
        assert len(counts) > 10
        assert min(counts) >= 1
        project(any_database_url)
        assert agree(views)


def test_two_replays_give_the_same_bytes(any_database_url: str) -> None:
    def rows() -> list[tuple[str, str]]:
        with opened(any_database_url) as (_, views), views.store.snapshot() as session:
            statement = f"SELECT key, row FROM {DEPLOYMENT_STATUS.table} ORDER BY key"
            return [(key, row) for key, row in session.run(statement)]

    with opened(any_database_url) as (log, views):
        lived_in(log)
        project(any_database_url)
        first = rows()
        views.store.rebuild(DEPLOYMENT_STATUS)
        assert rows() == first
        assert len(first) == 5


def test_a_read_by_id_is_never_behind_the_log(any_database_url: str) -> None:
    with opened(any_database_url) as (log, views):
        world = World()
        world.log = log
        deployment = world.request()
        row = current_status(log, views.deployments, deployment)
        assert row is not None
        assert row.status is Status.QUEUED
        project(any_database_url)
        world.chain.balances[world.user] = 1000
        world.settle(deployment)
        row = current_status(log, views.deployments, deployment)
        assert row is not None
        assert row.status is Status.COMPLETED
        history = current_history(log, views.deployments, deployment)
        assert [entry.version for entry in history] == list(range(1, len(history) + 1))
        project(any_database_url)
        assert current_status(log, views.deployments, deployment) == row
        assert current_history(log, views.deployments, deployment) == history


def test_pages_reach_every_deployment_once_whatever_the_clock_says(any_database_url: str) -> None:
    with opened(any_database_url) as (log, views):
        world = World()
        world.log = log
        wanted = {world.request(f"number {number}") for number in range(50)}
        project(any_database_url)
        seen, before = list[object](), None
        while True:
            page = views.deployments.page(TENANT, Filters(network="scripted"), before, 7)
            seen += [row.deployment for row in page.rows]
            world.request(f"meanwhile {len(seen)}")
            project(any_database_url)
            if (before := page.before) is None:
                break
        assert len(seen) == len(set(seen)) == len(wanted)
        assert set(seen) == wanted


def test_an_unknown_event_stops_the_projector_with_its_place(sqlite_url: str) -> None:
    with opened(sqlite_url) as (log, _):
        world = World()
        world.log = log
        world.request()
    connection = sqlite3.connect(sqlite_path(sqlite_url))
    [(state, name)] = connection.execute("SELECT state, topic FROM stored_events").fetchall()
    body = json.loads(state) | {"position": 2, "version": 2, "schema": 9}
    row = (2, f"{StreamKind.DEPLOYMENT}/{body['stream']['id']}", 2, name, json.dumps(body).encode())
    connection.execute("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, 'id')", row)
    connection.commit()
    connection.close()
    with pytest.raises(UnknownEvent, match=r"position 2 holds deployment\.requested@9"):
        project(sqlite_url)
    assert DeploymentRequested in DEPLOYMENT_STATUS.reads


def test_a_schema_that_is_missing_or_edited_is_refused(any_database_url: str) -> None:
    require_schema(any_database_url)
    assert migrate(any_database_url) == []
    edit = "UPDATE schema_migrations SET sha256 = 'edited' WHERE name LIKE 'log/0001%'"
    if any_database_url.startswith("sqlite"):
        connection = sqlite3.connect(sqlite_path(any_database_url))
        connection.execute(edit)
        connection.commit()
        connection.close()
    else:
        with psycopg.connect(any_database_url) as other:
            other.execute(edit.encode())
    for refuse in (require_schema, migrate):
        with pytest.raises(WrongSchema, match="edited"):
            refuse(any_database_url)
