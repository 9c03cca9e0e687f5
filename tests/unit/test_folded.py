"""What is kept of streams is never other than what a whole reading would fold."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from application.accounts.directory import Directory
from application.accounts.folded import FoldedStreams
from domain.log import Append, RecordedEvent, append_one
from domain.streams import NOTHING, StreamId, StreamVersion
from tests.drafts import appended, tenant, version_now
from tests.identity_world import People
from tests.memory_log import MemoryLog


@dataclass(frozen=True)
class Ids:
    """Stands in for an aggregate: nothing of its history is lost in it."""

    ids: tuple[UUID, ...]
    version: StreamVersion


def fold(known: Ids | None, events: Sequence[RecordedEvent]) -> Ids:
    before = known.ids if known else ()
    last = events[-1]
    return Ids((*before, *(one.id for one in events)), StreamVersion(last.version, last.id))


class CountingLog(MemoryLog):
    """Counts the events that were read of streams."""

    def __init__(self) -> None:
        super().__init__()
        self.read_events = 0
        self.after_reading: Callable[[], object] = lambda: None

    def read_after(self, stream: StreamId, version: int) -> tuple[RecordedEvent, ...]:
        found = super().read_after(stream, version)
        self.read_events += len(found)
        return found

    def restore(self, *appends: Append) -> None:
        """Become another log, as after a restore from a backup, under whoever reads it."""
        self.__dict__.update(MemoryLog().__dict__)
        for one in appends:
            append_one(self, one)


def whole(log: MemoryLog, stream: StreamId) -> Ids | None:
    events = log.read(stream).events
    return fold(None, events) if events else None


def grow(log: MemoryLog, stream: StreamId, events: int = 1) -> None:
    append_one(log, appended(stream, version_now(log, stream), events=events))


def test_only_what_is_new_is_read() -> None:
    log, stream = CountingLog(), tenant()
    grow(log, stream, 500)
    folded = FoldedStreams(log, fold)
    first = folded.state(stream)
    assert first == whole(log, stream)
    assert folded.state(stream) is first
    assert log.read_events == 1, "the event that was the last, to know it again"
    grow(log, stream, 3)
    assert folded.state(stream) == whole(log, stream)
    assert log.read_events == 1 + 4


def test_a_stream_that_is_not_there_is_looked_for_each_time() -> None:
    log, stream = MemoryLog(), tenant()
    folded = FoldedStreams(log, fold)
    assert folded.state(stream) is None
    grow(log, stream)
    assert folded.state(stream) == whole(log, stream)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from("gur")), max_size=30), st.integers(1, 3)
)
def test_whatever_happens_it_is_what_a_whole_reading_says(
    steps: list[tuple[int, str]], most: int
) -> None:
    log, streams = CountingLog(), [tenant() for _ in range(5)]
    folded = FoldedStreams(log, fold, most)
    for number, step in steps:
        stream = streams[number]
        if step == "g":
            grow(log, stream, number + 1)
        elif step == "r":
            log.restore(*(appended(one, NOTHING, events=2) for one in streams[:number]))
        assert folded.state(stream) == whole(log, stream)
        assert len(folded._states) <= most


def test_after_a_restore_the_same_number_with_another_event_is_folded_anew() -> None:
    log, stream = CountingLog(), tenant()
    folded = FoldedStreams(log, fold)
    grow(log, stream, 3)
    lost = folded.state(stream)
    for events in (3, 2, 5):
        log.restore(appended(stream, NOTHING, events=events))
        assert folded.state(stream) == whole(log, stream) != lost
    log.restore()
    assert folded.state(stream) is None


def test_who_was_used_longest_ago_is_forgotten_first() -> None:
    log, kept, gone, new = CountingLog(), tenant(), tenant(), tenant()
    folded = FoldedStreams(log, fold, 2)
    for stream in (kept, gone, new):
        grow(log, stream)
    for stream in (kept, gone, kept, new):
        folded.state(stream)
    assert set(folded._states) == {kept, new}


def test_a_state_that_was_handed_out_does_not_change() -> None:
    people = People(MemoryLog())
    registered = people.register()
    directory = people.identity.directory
    organisation = directory.organisation(registered.profile.tenant)
    person = directory.person(registered.profile.account)
    before = replace(organisation), replace(person)
    people.set_second_factor(person.account.id)
    assert directory.person(person.account.id).version.number > person.version.number
    assert (organisation, person) == before
    again = Directory(people.log, people.vault)
    assert again.person(person.account.id) == directory.person(person.account.id)


def test_many_threads_read_while_a_stream_grows() -> None:
    log, stream = MemoryLog(), tenant()
    grow(log, stream)
    folded = FoldedStreams(log, fold)

    def read(_: int) -> bool:
        at_least = log.read(stream).version.number
        found = folded.state(stream)
        return found is not None and len(found.ids) == found.version.number >= at_least

    with ThreadPoolExecutor(8) as pool:
        reads = pool.map(read, range(400))
        for _ in range(50):
            grow(log, stream)
        assert all(reads)
