"""What lies in the database is what was appended, and the database lets nobody change it."""

import json
import sqlite3
from contextlib import closing
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from domain.log import append_one
from infrastructure.event_log import StoredLog, UnknownEvent, open_log
from infrastructure.event_log.json_scalars import BadShape
from infrastructure.event_log.log import sqlite_path
from tests.drafts import appended, tenant

COLUMNS = """
    SELECT {position}, originator_id, originator_version, topic, state, {id} FROM stored_events
    ORDER BY 1
"""
INSERT = """
    INSERT INTO stored_events
        ({position}, originator_id, originator_version, topic, state, event_id)
    VALUES ({place}, {place}, {place}, {place}, {place}, {place})
"""
CHANGES = (
    "UPDATE stored_events SET topic = 'other'",
    "DELETE FROM stored_events",
    "DELETE FROM blobs",
    "UPDATE blobs SET content = 'other'",
)
POSTGRES_CHANGES = (
    "TRUNCATE stored_events",
    "TRUNCATE blobs",
    "DELETE FROM stored_events WHERE false",
    """
    INSERT INTO stored_events SELECT * FROM stored_events
    ON CONFLICT (notification_id) DO UPDATE SET topic = 'other'
    """,
)


def rows(url: str) -> list[tuple[int, str, int, str, bytes, str]]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url))) as file:
            return file.execute(COLUMNS.format(position="rowid", id="event_id")).fetchall()
    with psycopg.connect(url) as connection:
        query = COLUMNS.format(position="notification_id", id="event_id::text")
        return connection.execute(query.encode()).fetchall()


def insert(url: str, row: tuple[object, ...]) -> None:
    """Write a row behind the log's back."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url))) as file:
            file.execute(INSERT.format(position="rowid", place="?"), row)
            file.commit()
        return
    with psycopg.connect(url) as connection:
        connection.execute(INSERT.format(position="notification_id", place="%s").encode(), row)


def fill(url: str) -> None:
    with open_log(url) as log:
        for events in range(1, 4):
            append_one(log, appended(tenant(), events=events, blobs=(b"bytes",)))


def test_columns_and_envelopes_say_the_same_in_every_row(any_database_url: str) -> None:
    fill(any_database_url)
    stored = rows(any_database_url)
    assert len(stored) == 6
    for position, stream, version, name, envelope, event_id in stored:
        body = json.loads(envelope)
        assert body["position"] == position
        assert f"{body['stream']['kind']}/{body['stream']['id']}" == stream
        assert (body["version"], body["name"], body["id"]) == (version, name, event_id)


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_itself_refuses_to_change_the_log(change: str, any_database_url: str) -> None:
    fill(any_database_url)
    before = rows(any_database_url)
    if any_database_url.startswith("sqlite"):
        with (
            closing(sqlite3.connect(sqlite_path(any_database_url))) as file,
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
        ):
            file.execute(change)
    else:
        refused_by_postgres(any_database_url, change)
    assert rows(any_database_url) == before


@pytest.mark.parametrize("change", POSTGRES_CHANGES)
def test_postgres_refuses_its_own_ways_around(change: str, postgres_url: str) -> None:
    fill(postgres_url)
    before = rows(postgres_url)
    refused_by_postgres(postgres_url, change)
    assert rows(postgres_url) == before


def refused_by_postgres(url: str, change: str) -> None:
    for role in ("origin", "replica"):
        with psycopg.connect(url) as connection:
            connection.execute(f"SET session_replication_role = {role}".encode())
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                connection.execute(change.encode())


@pytest.mark.parametrize("position", [1, 6, 8])
def test_sqlite_takes_no_replacement_and_no_gap(sqlite_url: str, position: int) -> None:
    fill(sqlite_url)
    before = rows(sqlite_url)
    with closing(sqlite3.connect(sqlite_path(sqlite_url))) as file:
        for how in ("INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"):
            statement = f"{how} INTO stored_events VALUES (?, 'tenant/x', 1, 'n', x'00', 'id')"
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                file.execute(statement, (position,))
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            file.execute("INSERT OR REPLACE INTO blobs SELECT sha256, x'00' FROM blobs")
    assert rows(sqlite_url) == before


def with_foreign_event(url: str, **changes: object) -> None:
    """Record two events, then a third that no release of ours wrote."""
    with open_log(url) as log:
        append_one(log, appended(tenant(), events=2))
    event_id = str(uuid4())
    place = {"id": event_id, "position": 3, "version": 1, "stream": {"kind": "tenant", "id": "x"}}
    body = json.loads(rows(url)[-1][4]) | place | changes
    insert(url, (3, "tenant/x", 1, body["name"], json.dumps(body).encode(), event_id))


def read_everything(log: StoredLog) -> list[int]:
    return [one.position for one in log.read_all()]


def test_an_unknown_event_stops_the_reader_with_its_place(any_database_url: str) -> None:
    with_foreign_event(any_database_url, name="tenant.renamed")
    with open_log(any_database_url) as log:
        with pytest.raises(UnknownEvent, match=r"position 3 holds tenant\.renamed@1") as stopped:
            read_everything(log)
        assert (stopped.value.position, stopped.value.name) == (3, "tenant.renamed")
        assert [one.position for one in log.read_envelopes()] == [1, 2, 3]


@pytest.mark.parametrize("schema", [2, 0, -1, 1.0, "1", None])
def test_a_schema_that_was_never_published_stops_the_reader(
    sqlite_url: str, schema: object
) -> None:
    with_foreign_event(sqlite_url, schema=schema)
    with open_log(sqlite_url) as log, pytest.raises(UnknownEvent, match="position 3"):
        read_everything(log)


@pytest.mark.parametrize("owner", [None, 7, "", "0x00", "{00000000-0000-0000-0000-000000000000}"])
def test_a_damaged_event_stops_the_reader_with_its_place(sqlite_url: str, owner: object) -> None:
    with_foreign_event(sqlite_url, public={"owner": owner})
    with open_log(sqlite_url) as log, pytest.raises(BadShape, match=r"position 3 .*created@1"):
        read_everything(log)


def test_the_librarys_own_way_in_is_closed(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        row = StoredEvent("tenant/x", 1, "tenant.created", b"{}")
        with pytest.raises(NotImplementedError, match="append alone"):
            log._recorder.insert_events([row])
        assert log.position() == 0
