"""The library's own cases for application recorders, run on ours.

Our recorders append drafts that know their stream's last event, not rows. So an adapter turns
the library's words into ours: its states travel inside an envelope, the ids of its aggregates
become streams, a first version of 0 becomes 1, and event ids follow from stream and version.

Not run, because they cannot apply: AggregateRecorderTestCase (wants no positions back),
ProcessRecorderTestCase and tracking (our projector tracks by itself), transcoders and factories
(not our classes).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from threading import Event
from typing import Any, Self
from unittest import TestCase
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.postgres import PostgresSubscription
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)
from psycopg.sql import SQL, Identifier

from domain.log import Append, ConcurrentChange
from domain.streams import NOTHING, StreamId, StreamKind, StreamVersion
from infrastructure.event_log.admission import Candidate
from infrastructure.event_log.envelope import Sealable
from infrastructure.event_log.log import open_log
from infrastructure.event_log.recorder import LogRecorder
from tests.drafts import draft

MOST_CALLS = 300


class Adapter:
    """Speaks the library's words to one of our recorders."""

    def __init__(self, recorder: LogRecorder) -> None:
        self._recorder = recorder
        self._first: dict[str, int] = {}

    def insert_events(self, stored: Sequence[StoredEvent], **_: Any) -> list[int]:
        names = [str(one.originator_id) for one in stored]
        for name, one in zip(names, stored, strict=True):
            self._first.setdefault(name, one.originator_version)
        versions = [
            one.originator_version - self._first[name] + 1
            for name, one in zip(names, stored, strict=True)
        ]
        sealables = tuple(map(sealable, names, versions, stored))
        expected = {stream(name): NOTHING for name in names}
        for name, version in zip(names, versions, strict=True):
            if version > 1 and version == min(versions):
                expected[stream(name)] = StreamVersion(version - 1, event_id(name, version - 1))
        append = Append(drafts=tuple(one.draft for one in sealables), expected=expected)
        [outcome] = self._recorder.append([Candidate(append, sealables)])
        if isinstance(outcome, ConcurrentChange):
            raise IntegrityError(str(outcome))
        return [recorded.position for recorded in outcome]

    def select_events(self, originator_id: UUID, **how: Any) -> list[StoredEvent]:
        name = str(originator_id)
        found = self._recorder.select_events(str(stream(name)), **how)
        return [self.theirs(one) for one in found]

    def select_notifications(self, *place: Any, **how: Any) -> list[Notification]:
        found = self._recorder.select_notifications(*place, **how)
        return [self.notification(one) for one in found]

    def max_notification_id(self) -> int | None:
        return self._recorder.max_notification_id()

    def subscribe(self, *place: Any, **how: Any) -> Any:
        inner: Any = self._recorder.subscribe(*place, **how)
        if isinstance(inner, PostgresSubscription):
            await_listening(inner)
        return Subscription(self, inner)

    def notification(self, one: Notification) -> Notification:
        theirs = self.theirs(one)
        return Notification(
            id=one.id,
            originator_id=theirs.originator_id,
            originator_version=theirs.originator_version,
            topic=theirs.topic,
            state=theirs.state,
        )

    def theirs(self, one: Any) -> StoredEvent:
        name = str(one.originator_id).partition("/")[2]
        state: str = json.loads(one.state)["public"]["state"]
        first = self._first[name]
        return StoredEvent(
            UUID(name), one.originator_version + first - 1, one.topic, state.encode()
        )


class Subscription:
    def __init__(self, adapter: Adapter, inner: Any) -> None:
        self._adapter, self._inner = adapter, inner

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(self, *what: object) -> None:
        self._inner.__exit__(*what)

    def __iter__(self) -> Iterator[Notification]:
        for one in self._inner:
            yield self._adapter.notification(one)

    def stop(self) -> None:
        self._inner.stop()


def await_listening(subscription: Any) -> None:
    """Wait until a subscription hears: it says LISTEN on a thread, and what is appended before
    that, but after its first look, reaches it only with the next append. The case has none.
    """
    heard, noted = Event(), subscription._has_been_notified
    tell = noted.set

    def told() -> None:
        tell()
        heard.set()

    noted.set = told
    recorder = subscription._recorder
    notify = SQL("NOTIFY {0}").format(Identifier(recorder.channel_name))
    for _ in range(MOST_CALLS):
        with recorder.datastore.get_connection() as conn:
            conn.execute(notify)
        if heard.wait(0.1):
            return
    raise AssertionError("nobody listens")


def stream(name: str) -> StreamId:
    return StreamId(StreamKind.TENANT, name)


def event_id(name: str, version: int) -> UUID:
    return uuid5(NAMESPACE_OID, f"{name}/{version}")


@cache
def pattern() -> Sealable:
    return Sealable.of(draft(stream("pattern")))


def sealable(name: str, version: int, stored: StoredEvent) -> Sealable:
    ours = replace(pattern().draft, stream=stream(name), id=event_id(name, version))
    body = pattern().body | {
        "id": str(ours.id),
        "stream": {"kind": "tenant", "id": name},
        "name": stored.topic,
        "public": {"state": stored.state.decode()},
    }
    return replace(pattern(), draft=ours, name=stored.topic, body=body)


class OnOurs(TestCase):
    url = "sqlite_url"

    @pytest.fixture(autouse=True)
    def _opened(self, request: pytest.FixtureRequest) -> Iterator[None]:
        with open_log(request.getfixturevalue(self.url), lambda: datetime.now(UTC)) as log:
            self._adapter = Adapter(log._recorder)
            yield

    def create_recorder(self) -> Any:
        return self._adapter


class TestSqliteRecorder(OnOurs, ApplicationRecorderTestCase):  # type: ignore[type-arg]
    pass


class TestPostgresRecorder(OnOurs, ApplicationRecorderTestCase):  # type: ignore[type-arg]
    url = "postgres_url"

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestSqlitePositions(OnOurs, NonInterleavingNotificationIDsBaseCase):
    pass


class TestPostgresPositions(OnOurs, NonInterleavingNotificationIDsBaseCase):
    url = "postgres_url"


del OnOurs, ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase  # not run alone
