"""The promises of infrastructure.views.store.Database: rows and place move together or not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid5

import pytest

from domain.log import RecordedEvent
from infrastructure.event_log import open_log
from infrastructure.views.place import Place
from infrastructure.views.postgres import open_postgres_views
from infrastructure.views.sqlite import open_sqlite_views
from infrastructure.views.store import MOVE, Database, Session, ViewStore
from infrastructure.views.tables import Table, encode
from projections.catalogue import ALL
from projections.deployment_status import DEPLOYMENT_STATUS, DeploymentStatus
from projections.projection import fold_batch
from tests.histories import SPACE, recorded, requested

TABLE = Table(DEPLOYMENT_STATUS, DEPLOYMENT_STATUS.table)
AWKWARD = "é漢'\"\\{},%s;--"


class Broken(Exception):
    pass


@pytest.fixture
def database(any_database_url: str) -> Iterator[Database]:
    opening = open_sqlite_views if any_database_url.startswith("sqlite") else open_postgres_views
    with open_log(any_database_url) as log, opening(any_database_url) as opened:
        ViewStore(opened, log).prepare(ALL)
        yield opened


def rows(number: int, name: str = "Gold") -> dict[str, DeploymentStatus]:
    events: list[RecordedEvent] = []
    for n in range(number):
        events += recorded([requested(name=name)], f"number {n}", after=n)
    return fold_batch(DEPLOYMENT_STATUS, events, {})


def all_rows(session: Session) -> dict[str, DeploymentStatus]:
    found = session.run(f"SELECT key, row FROM {TABLE.name} ORDER BY key")
    return {key: TABLE.decode(row) for key, row in found}


def move(session: Session, position: int, mark: str = "m") -> None:
    session.run(MOVE, (TABLE.name, position, mark))


def test_rows_read_back_as_they_were_written(database: Database) -> None:
    written = rows(250, AWKWARD)
    with database.transaction() as session:
        session.upsert(TABLE, written)
    with database.reading() as session:
        assert session.load(TABLE, written) == written == all_rows(session)
        assert session.load(TABLE, ["unknown"]) == {}
        assert session.load(TABLE, []) == {}


def test_a_row_that_is_there_is_replaced_with_all_of_its_columns(database: Database) -> None:
    with database.transaction() as session:
        session.upsert(TABLE, rows(2, "Old"))
    with database.transaction() as session:
        session.upsert(TABLE, rows(2, "New"))
        session.upsert(TABLE, {})
    with database.reading() as session:
        assert all_rows(session) == rows(2, "New")
        tenant = str(uuid5(SPACE, "tenant"))
        assert session.run(f"SELECT DISTINCT tenant FROM {TABLE.name}") == [(tenant,)]


def test_an_error_leaves_neither_rows_nor_place(database: Database) -> None:
    with suppress(Broken), database.transaction() as session:
        session.upsert(TABLE, rows(1))
        move(session, 7)
        raise Broken
    with database.transaction() as session:
        assert all_rows(session) == {}
        assert session.lock_place(TABLE.name) == Place(0, "")


def test_a_place_is_known_once_it_was_set(database: Database) -> None:
    with database.transaction() as session:
        assert session.lock_place("unknown") is None
        move(session, 7, "abc")
    with database.transaction() as session:
        assert session.lock_place(TABLE.name) == Place(7, "abc")


def test_who_locks_the_place_is_alone_with_it(database: Database) -> None:
    def add_one(_: int) -> None:
        with database.transaction() as session:
            place = session.lock_place(TABLE.name)
            assert place is not None
            move(session, place.position + 1)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(add_one, range(60)))
    with database.transaction() as session:
        place = session.lock_place(TABLE.name)
    assert place == Place(60, "m")


def test_a_reader_sees_what_was_kept_and_waits_for_nobody(database: Database) -> None:
    def read(_: int) -> int:
        with database.reading() as session:
            return len(all_rows(session))

    with ThreadPoolExecutor(1) as other:
        with database.transaction() as session:
            session.lock_place(TABLE.name)
            session.upsert(TABLE, rows(3))
            assert list(other.map(read, [0], timeout=10)) == [0]
        assert list(other.map(read, [0], timeout=10)) == [3]


def test_one_at_a_time_does_what_has_a_name(database: Database) -> None:
    inside: list[int] = []

    def work(number: int) -> None:
        with database.alone("something"):
            inside.append(number)
            assert inside == [number]
            with database.transaction() as session:  # other work goes on in the meantime
                session.lock_place(TABLE.name)
            inside.remove(number)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(20)))
    with suppress(Broken), database.alone("something"):
        raise Broken
    with database.alone("something"), database.alone("something else"):
        pass


def test_equal_rows_are_equal_bytes() -> None:
    [one], [other] = rows(1).values(), rows(1).values()
    assert one is not other
    assert encode(one) == encode(other)
    assert TABLE.decode(encode(one)) == one
