"""The log in PostgreSQL: positions from a one-row head under lock, in commit order."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from inspect import unwrap
from typing import Any

from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, IsolationLevel, Pipeline
from psycopg.conninfo import conninfo_to_dict

from domain.log import Outcome
from infrastructure.event_log.admission import (
    Candidate,
    Head,
    SecretKey,
    event_ids_of,
    secret_key,
    streams_of,
    version_of,
)
from infrastructure.event_log.recorder import Change, LogRecorder, utc_now

CONNECT_PATIENCE = 2.0
"""Seconds to wait for a connection: request threads must not pile up behind a lost database."""
IDLE_IN_TRANSACTION = 5.0
"""Seconds after which the server cuts off a client that sits on the lock."""
MOST_CONNECTIONS = 16
PATIENCE = "SELECT set_config('lock_timeout', %s, false)"
# Events are durable when an append returns, whatever the server has as its default.
DURABLE = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'
"""
# First an advisory lock, because those who wait for a row lock are not served in order.
QUEUE = "SELECT pg_advisory_xact_lock('log_head'::regclass::oid::bigint)"
LOCK = "SELECT position, time FROM log_head FOR UPDATE"
VERSIONS = """
    SELECT stream, last.originator_version, last.event_id::text
    FROM unnest(%s::text[]) AS stream CROSS JOIN LATERAL (
        SELECT originator_version, event_id FROM stored_events WHERE originator_id = stream
        ORDER BY originator_version DESC LIMIT 1) AS last
"""
KNOWN = "SELECT event_id::text FROM stored_events WHERE event_id = ANY(%s::uuid[])"
TAKEN = """
    SELECT owner::text, purpose, version FROM secrets
    WHERE (owner, purpose) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))
"""
INSERT = """
    INSERT INTO stored_events
        (notification_id, originator_id, originator_version, topic, state, event_id)
    SELECT * FROM unnest(
        %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bytea[], %s::uuid[])
"""
INSERT_BLOB = """
    INSERT INTO blobs (sha256, content) SELECT * FROM unnest(%b::bytea[], %b::bytea[])
    ON CONFLICT DO NOTHING
"""
DESTROY = """
    DELETE FROM secrets WHERE (owner, purpose) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))
"""
INSERT_SECRET = """
    INSERT INTO secrets (owner, purpose, version, sealed)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::bytea[])
"""
MOVE_HEAD = "UPDATE log_head SET position = %s, time = %s"
BLOB = "SELECT content FROM blobs WHERE sha256 = %s"
SECRET = """
    SELECT version, sealed FROM secrets WHERE owner = %s AND purpose = %s
    ORDER BY version DESC LIMIT 1
"""
SECRETS_AFTER = """
    SELECT owner::text, purpose, version, sealed FROM secrets
    WHERE (owner, purpose, version) > (%s, %s, %s) ORDER BY owner, purpose, version LIMIT %s
"""
EXCHANGE = """
    UPDATE secrets SET sealed = %s
    WHERE owner = %s AND purpose = %s AND version = %s AND sealed = %s
"""


class LogDatastore(PostgresDatastore):
    """The library's pool, with all that a URL can say, and an end to waiting for locks."""

    def __init__(self, url: str, patience: int) -> None:
        said = conninfo_to_dict(url)
        self._patience = f"{patience}s"
        super().__init__(
            dbname=str(said.pop("dbname", "")),
            host=str(said.pop("host", "")),
            port=str(said.pop("port", "")),
            user=str(said.pop("user", "")),
            password=str(said.pop("password", "")),
            connect_timeout=CONNECT_PATIENCE,
            idle_in_transaction_session_timeout=IDLE_IN_TRANSACTION,
            pool_size=1,
            max_overflow=MOST_CONNECTIONS - 1,
            pre_ping=True,
            originator_id_type="text",
        )
        assert isinstance(self.pool.kwargs, dict)
        self.pool.kwargs |= said  # such as sslmode

    def after_connect_func(self) -> Callable[[Connection[Any]], None]:
        configure, patience = super().after_connect_func(), self._patience

        def after_connect(connection: Connection[Any]) -> None:
            configure(connection)
            connection.execute(PATIENCE, (patience,))
            connection.execute(DURABLE)
            # Each statement after the lock has to see what was committed while it waited.
            connection.isolation_level = IsolationLevel.READ_COMMITTED

        return after_connect


class PostgresLogRecorder(LogRecorder, PostgresApplicationRecorder):
    # The library would try each read ten times, almost a minute while the database is away.
    select_events = unwrap(PostgresApplicationRecorder.select_events)
    select_notifications = unwrap(PostgresApplicationRecorder.select_notifications)
    max_notification_id = unwrap(PostgresApplicationRecorder.max_notification_id)

    def __init__(
        self, datastore: PostgresDatastore, clock: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__(datastore)
        self.clock = clock

    def append(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        with (
            self.datastore.get_connection() as connection,
            connection.pipeline() as pipeline,
            connection.transaction(),
        ):
            head = self._lock_head(connection, pipeline, candidates)
            outcomes = head.admit_all(candidates, self.clock())
            if head.rows:
                self._write(connection, head)
        return outcomes

    def _lock_head(
        self, connection: Connection[Any], pipeline: Pipeline, candidates: Sequence[Candidate]
    ) -> Head:
        secrets = [secret for candidate in candidates for secret in candidate.append.secrets]
        connection.execute(QUEUE, prepare=True)
        locked = connection.execute(LOCK, prepare=True)
        found = connection.execute(VERSIONS, (streams_of(candidates),), prepare=True)
        known = connection.execute(KNOWN, (event_ids_of(candidates),), prepare=True)
        taken = None
        if secrets:
            pairs = ([s.owner for s in secrets], [s.purpose for s in secrets])
            taken = connection.execute(TAKEN, pairs)
        # Without a sync a client frozen here stays "active", and no idle time-out ends it.
        pipeline.sync()
        last = locked.fetchone()
        assert last is not None, "the log has no head: migrate first"
        versions = {
            row["stream"]: version_of(row["originator_version"], row["event_id"]) for row in found
        }
        ids = {row["event_id"] for row in known}
        head = Head(last["position"], last["time"], versions, ids)
        if taken is not None:
            head.taken = {(row["owner"], row["purpose"], row["version"]) for row in taken}
        return head

    def _write(self, connection: Connection[Any], head: Head) -> None:
        columns = [list(column) for column in zip(*head.rows, strict=True)]
        connection.execute(INSERT, columns, prepare=True)
        if head.blobs:
            connection.execute(INSERT_BLOB, (list(head.blobs), list(head.blobs.values())))
        if head.destroyed:
            names = zip(*sorted(head.destroyed), strict=True)
            connection.execute(DESTROY, [list(column) for column in names])
        if head.secrets:
            rows = [(*secret_key(secret), secret.sealed) for secret in head.secrets]
            connection.execute(INSERT_SECRET, [list(column) for column in zip(*rows, strict=True)])
        connection.execute(MOVE_HEAD, (head.position, head.time), prepare=True)
        self._notify_channel(connection.cursor())

    def blob(self, digest: bytes) -> bytes | None:
        with self.datastore.get_connection() as connection:
            found = connection.execute(BLOB, (digest,)).fetchone()
        return None if found is None else bytes(found["content"])

    def secret(self, owner: str, purpose: str) -> tuple[int, bytes] | None:
        with self.datastore.get_connection() as connection:
            found = connection.execute(SECRET, (owner, purpose)).fetchone()
        return None if found is None else (int(found["version"]), bytes(found["sealed"]))

    def secrets_after(self, last: SecretKey, limit: int) -> list[tuple[str, str, int, bytes]]:
        with self.datastore.get_connection() as connection:
            found = connection.execute(SECRETS_AFTER, (*last, limit)).fetchall()
        return [
            (row["owner"], row["purpose"], int(row["version"]), bytes(row["sealed"]))
            for row in found
        ]

    def exchange(self, changes: Sequence[Change]) -> list[bool]:
        with self.datastore.get_connection() as connection, connection.transaction():
            # In turn with appends, which may delete the same rows in another order.
            connection.execute(QUEUE)
            return [
                connection.execute(EXCHANGE, (new, *place, old)).rowcount == 1
                for place, old, new in changes
            ]


@contextmanager
def open_postgres(
    url: str, clock: Callable[[], datetime], patience: int
) -> Generator[PostgresLogRecorder]:
    with LogDatastore(url, patience) as datastore:
        yield PostgresLogRecorder(datastore, clock)
