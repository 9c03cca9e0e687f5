"""The promises of domain.log.EventLog, held by every implementation."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.events import Event, SignerAdded, SignerHeld, SignerState, TenantCreated
from domain.log import Append, ConcurrentChange, append_one, digest_of
from domain.streams import NOTHING, StreamId, StreamKind, StreamVersion
from domain.values import AccountId, BlockRef
from infrastructure.event_log import StoredLog, open_log
from infrastructure.event_log.group_commit import GroupCommit
from tests.drafts import appended, draft, secret, tenant, version_now
from tests.memory_log import MemoryLog

Log = StoredLog | MemoryLog


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(params=["memory", "sqlite", "postgres", "sqlite grouped", "postgres grouped"])
def log(request: pytest.FixtureRequest, watch: Watch) -> Iterator[Log]:
    kind, _, grouped = request.param.partition(" ")
    if kind == "memory":
        yield MemoryLog(clock=watch)
        return
    with open_log(request.getfixturevalue(f"{kind}_url"), clock=watch) as stored:
        if not grouped:
            yield stored
            return
        group = GroupCommit(stored)
        yield group  # type: ignore[misc]
        group.close()


def test_what_was_appended_is_read_back(log: Log) -> None:
    stream = tenant()
    recorded = append_one(log, appended(stream, events=3))
    assert log.read(stream).events == recorded
    assert tuple(log.read_all()) == recorded
    assert log.read_last(stream) == recorded[-1]


def test_an_unknown_stream_is_empty(log: Log) -> None:
    assert log.read(tenant()).version == NOTHING
    assert log.read_last(tenant()) is None
    assert log.position() == 0


def test_a_stream_is_read_on_from_a_version(log: Log) -> None:
    stream, other = tenant(), tenant()
    recorded = append_one(log, appended(stream, events=3))
    append_one(log, appended(other, events=5))
    for version in range(5):
        assert tuple(log.read_after(stream, version)) == recorded[version:]
    assert tuple(log.read_after(tenant(), 0)) == ()


def test_positions_count_without_gaps_over_all_streams(log: Log) -> None:
    for _ in range(4):
        append_one(log, appended(tenant(), events=2))
    assert [one.position for one in log.read_all()] == list(range(1, 9))
    assert [one.position for one in log.read_all(after=3, upto=6)] == [4, 5, 6]


def test_a_version_is_taken_once(log: Log) -> None:
    stream = tenant()
    append_one(log, appended(stream))
    with pytest.raises(ConcurrentChange):
        append_one(log, appended(stream))
    assert log.position() == 1


def test_the_right_number_with_another_event_behind_it_is_refused(log: Log) -> None:
    stream = tenant()
    append_one(log, appended(stream))
    with pytest.raises(ConcurrentChange):
        append_one(log, appended(stream, StreamVersion(1, uuid4())))
    append_one(log, appended(stream, version_now(log, stream)))


def test_a_number_ahead_is_refused(log: Log) -> None:
    stream = tenant()
    with pytest.raises(ConcurrentChange):
        append_one(log, appended(stream, StreamVersion(7, uuid4())))


def test_several_streams_are_kept_together_or_not_at_all(log: Log) -> None:
    free, taken = tenant(), tenant()
    append_one(log, appended(taken))
    both = Append(drafts=(draft(free), draft(taken)), expected={free: NOTHING, taken: NOTHING})
    with pytest.raises(ConcurrentChange):
        append_one(log, both)
    assert log.read(free).events == ()


def test_a_stream_that_was_only_read_has_to_stand_still(log: Log) -> None:
    read, written = tenant(), tenant()
    append_one(log, appended(read))
    stale = Append(drafts=(draft(written),), expected={written: NOTHING, read: NOTHING})
    with pytest.raises(ConcurrentChange):
        append_one(log, stale)
    append_one(log, replace(stale, expected={written: NOTHING, read: version_now(log, read)}))


def test_a_conflict_in_a_list_costs_the_others_nothing(log: Log) -> None:
    stream, other = tenant(), tenant()
    outcomes = log.append([appended(stream), appended(stream), appended(other)])
    assert [isinstance(outcome, ConcurrentChange) for outcome in outcomes] == [False, True, False]
    assert log.position() == 2


def test_appends_of_one_call_may_follow_each_other_on_a_stream(log: Log) -> None:
    stream = tenant()
    first = appended(stream)
    after_it = appended(stream, StreamVersion(1, first.drafts[0].id))
    assert not any(isinstance(found, ConcurrentChange) for found in log.append([first, after_it]))
    assert log.read(stream).version == StreamVersion(2, after_it.drafts[0].id)


def test_an_event_is_recorded_once_however_often_it_comes(log: Log) -> None:
    once = draft(tenant())
    append_one(log, Append(drafts=(once,), expected={once.stream: NOTHING}))
    again = replace(once, stream=tenant())
    twice = Append(drafts=(again,), expected={again.stream: NOTHING})
    outcomes = log.append([twice, appended(tenant())])
    assert [isinstance(outcome, ConcurrentChange) for outcome in outcomes] == [True, False]


UNSTORABLE = (
    SignerHeld(
        at=BlockRef(number=1, hash=bytes(32)), used=2**53, state=SignerState(next_nonce=None)
    ),
    SignerHeld(at=BlockRef(number=1, hash=bytes(32)), used=1.0, state=SignerState(next_nonce=1)),  # type: ignore[arg-type]
    SignerHeld(at=BlockRef(number=1, hash=bytes(32)), used=True, state=SignerState(next_nonce=1)),
    SignerHeld(
        at=BlockRef(number=1, hash=bytes(32)),
        used=1,
        state=SignerState(next_nonce=1, hold="\ud800"),
    ),
    SignerHeld(at=BlockRef(number=1, hash=bytes(32)), used=1, state=None),  # type: ignore[arg-type]
    TenantCreated(owner=AccountId(uuid4())),
)


@pytest.mark.parametrize("event", UNSTORABLE, ids=range(len(UNSTORABLE)))
def test_what_could_not_be_read_back_exactly_is_never_written(log: Log, event: Event) -> None:
    signer = StreamId(StreamKind.SIGNER, "evm-1-0")
    wrong = Append(drafts=(replace(draft(signer), event=event),), expected={signer: NOTHING})
    with pytest.raises(ValueError, match=r"signer\.held cannot be stored|TenantCreated"):
        log.append([appended(tenant()), wrong])
    assert log.position() == 0


@pytest.mark.parametrize("name", ["a\0b", "a\nb"])
def test_names_that_one_database_could_not_hold_are_refused_by_all(log: Log, name: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        append_one(log, appended(tenant(name)))
    unholdable = replace(secret(uuid4()), purpose=name)
    with pytest.raises(ValueError, match="printable"):
        append_one(log, appended(tenant(), secrets=(unholdable,)))


def test_an_append_that_is_no_append_at_all_does_nothing(log: Log) -> None:
    assert log.append([]) == []


def test_blobs_and_secrets_are_kept_with_their_append_and_lost_with_it(log: Log) -> None:
    owner, stream = uuid4(), tenant()
    kept = appended(stream, blobs=(b"bytes", b"bytes"), secrets=(secret(owner),))
    append_one(log, kept)
    assert log.blob(digest_of(b"bytes")) == b"bytes"
    found = log.secret(owner, "password")
    assert found is not None
    assert (found.version, found.sealed) == (1, b"sealed")
    with pytest.raises(ConcurrentChange):
        append_one(log, appended(stream, blobs=(b"lost",), secrets=(secret(owner, 2),)))
    assert log.blob(digest_of(b"lost")) is None
    assert log.secret(owner, "password") == found


def test_a_destroyed_secret_is_gone_in_every_version_and_with_its_append(log: Log) -> None:
    owner, other = uuid4(), uuid4()
    append_one(log, appended(tenant(), secrets=(secret(owner), secret(other))))
    append_one(log, appended(tenant(), secrets=(secret(owner, 2),)))
    stream = tenant()
    append_one(log, appended(stream, secrets=(secret(owner, 3),), destroyed=((owner, "password"),)))
    found = log.secret(owner, "password")
    assert found is not None
    assert found.version == 3
    with pytest.raises(ConcurrentChange):
        append_one(log, appended(stream, destroyed=((owner, "password"),)))
    assert log.secret(owner, "password") == found
    append_one(log, appended(tenant(), destroyed=((owner, "password"), (uuid4(), "none"))))
    assert log.secret(owner, "password") is None
    assert log.secret(other, "password") is not None


def test_appends_of_one_transaction_destroy_in_their_order(log: Log) -> None:
    owner = uuid4()
    kept, gone = (
        appended(tenant(), secrets=(secret(owner),)),
        appended(tenant(), destroyed=((owner, "password"),)),
    )
    log.append([kept, gone])
    assert log.secret(owner, "password") is None
    again = appended(tenant(), secrets=(secret(owner, 2),))
    log.append([appended(tenant(), destroyed=((owner, "password"),)), again])
    assert log.secret(owner, "password") is not None


def test_a_secrets_version_is_taken_once_and_the_newest_is_read(log: Log) -> None:
    owner = uuid4()
    append_one(log, appended(tenant(), secrets=(secret(owner),)))
    with pytest.raises(ConcurrentChange):
        append_one(log, appended(tenant(), secrets=(secret(owner),)))
    append_one(log, appended(tenant(), secrets=(secret(owner, 2),)))
    found = log.secret(owner, "password")
    assert found is not None
    assert found.version == 2


def test_time_never_runs_backwards_along_the_positions(log: Log, watch: Watch) -> None:
    append_one(log, appended(tenant()))
    watch.time -= timedelta(days=1)
    append_one(log, appended(tenant()))
    watch.time += timedelta(days=2)
    append_one(log, appended(tenant()))
    times = [one.time for one in log.read_all()]
    assert times == sorted(times)
    assert times[0] == times[1] < times[2]


def test_a_page_holds_only_the_types_that_are_asked_for(log: Log) -> None:
    if isinstance(log, GroupCommit):
        return  # what reads pages opens the log without a group
    append_one(log, appended(tenant(), events=3))
    assert len(log.read_page(0, 2, None, frozenset({TenantCreated}))) == 2
    assert log.read_page(0, 2, None, frozenset({SignerAdded})) == []
    assert log.read_page(0, 2, None, frozenset()) == []


def test_envelopes_are_canonical_and_say_their_own_place(log: Log) -> None:
    append_one(log, appended(tenant(), events=2))
    for stored in log.read_envelopes():
        body = json.loads(stored.envelope)
        assert body["position"] == stored.position
        again = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert again.encode() == stored.envelope
