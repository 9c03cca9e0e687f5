"""The promises of projections.security_queries: the double and both databases keep the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from domain.events import (
    ApiKeyMade,
    Event,
    PasswordChanged,
    RoleGranted,
    SessionEnd,
    SessionRevoked,
    SessionRotated,
    SignerExported,
)
from domain.events.tenants import KeyForm
from domain.log import EventLog
from domain.roles import Role, Scope
from domain.streams import StreamId, StreamKind
from domain.values import AccountId, SessionId, SignerId
from infrastructure.event_log import open_log
from infrastructure.views import open_views
from projections.catalogue import ALL
from projections.security_activity import SecurityEntry, Severity
from projections.security_queries import (
    MOST_SESSIONS,
    ActivityFilters,
    Reach,
    SecurityActivity,
    SecurityRows,
    SessionRows,
)
from tests.memory_log import MemoryLog
from tests.security_world import (
    ADA,
    BOB,
    EVE,
    OTHER,
    SPACE,
    TENANT,
    FoldedSecurity,
    Hands,
    PersonKeys,
    failed,
    opened,
    record,
    session_state,
    stream_for,
    succeeded,
)

ALL_OF_IT = Reach(tenant=TENANT, since={ADA: 0, BOB: 0})
NO_FILTERS = ActivityFilters()


@dataclass
class Reader:
    """A log, what was read from it, and a projector that runs when it is told to."""

    log: EventLog
    rows: SecurityRows
    sessions: SessionRows
    clock: Hands
    catch_up: Callable[[], None]

    def write(self, event: Event, account: UUID = ADA, tenant: UUID = TENANT) -> int:
        """Append one fact; return its position."""
        record(self.log, event, stream_for(event, account, tenant))
        return self.log.position()

    def listed(self, reach: Reach = ALL_OF_IT, filters: ActivityFilters = NO_FILTERS) -> list[int]:
        self.catch_up()
        return [row.position for row in self.rows.page(reach, filters, None, 100).rows]

    def session(self, name: str, *events: Event) -> SessionId:
        session = SessionId(uuid5(SPACE, name))
        for event in events:
            record(self.log, event, StreamId(StreamKind.SESSION, str(session)))
        return session


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    clock = Hands()
    if request.param == "memory":
        log = MemoryLog(clock.now)
        folded = FoldedSecurity(log, upto=0)
        yield Reader(log, folded, folded, clock, lambda: setattr(folded, "upto", log.position()))
        return
    url = request.getfixturevalue(f"{request.param}_url")
    with open_log(url, clock.now) as stored, open_views(url, stored) as views:
        views.store.prepare(ALL)

        def catch_up() -> None:
            for projection in ALL:
                while views.store.catch_up(projection):
                    pass

        yield Reader(stored, views.security, views.sessions, clock, catch_up)


def test_nothing_happened_to_anybody(reader: Reader) -> None:
    assert reader.listed() == []
    assert reader.rows.position() == 0
    assert list(reader.sessions.open_of(ADA)) == []


def test_a_row_comes_back_as_it_was_folded(reader: Reader) -> None:
    personal = PersonKeys().sealed(ADA, "192.0.2.7")
    record(reader.log, failed(ADA), stream_for(failed(ADA)), personal)
    reader.catch_up()
    [row] = reader.rows.page(ALL_OF_IT, NO_FILTERS, None, 10).rows
    assert isinstance(row, SecurityEntry)
    assert (row.event, row.account, row.tenant) == ("sign-in.failed", ADA, None)
    assert (row.personal, row.severity, row.success) == (personal, Severity.WARNING, False)


def test_a_tenant_reads_its_own_facts_and_what_happens_to_its_members(reader: Reader) -> None:
    signing_in = reader.write(failed(ADA))
    exported = reader.write(
        SignerExported(signer=SignerId(uuid4()), form=KeyForm.ALGORAND), tenant=TENANT
    )
    reader.write(failed(EVE), account=EVE)  # no member
    reader.write(RoleGranted(account=ADA, role=Role.AUDITOR), tenant=OTHER)
    reader.session("elsewhere", opened(ADA, OTHER))
    bob = reader.write(PasswordChanged(number=2, kept=SessionId(uuid4())), account=BOB)
    assert reader.listed() == [bob, exported, signing_in]
    assert reader.listed(Reach(tenant=TENANT, since={})) == [exported]


def test_what_happened_to_a_member_before_it_joined_is_not_the_tenants(reader: Reader) -> None:
    before = reader.write(failed(BOB), account=BOB)
    after = reader.write(failed(BOB), account=BOB)
    assert reader.listed(Reach(tenant=TENANT, since={BOB: before})) == [after]
    assert reader.listed(Reach(tenant=TENANT, since={BOB: 0})) == [after, before]


def test_the_part_of_one_account_leaves_out_what_concerns_others(reader: Reader) -> None:
    ours = reader.write(RoleGranted(account=BOB, role=Role.OWNER))
    reader.write(RoleGranted(account=ADA, role=Role.AUDITOR))
    reader.write(SignerExported(signer=SignerId(uuid4()), form=KeyForm.BIP39))
    reader.write(failed(ADA))
    own = reader.write(failed(BOB), account=BOB)
    assert reader.listed(ALL_OF_IT.of(BOB)) == [own, ours]
    gone = Reach(tenant=TENANT, since={ADA: 0})
    assert reader.listed(gone.of(BOB)) == [ours]
    assert reader.listed(gone.of(EVE)) == []


def test_filters_are_joined_by_and(reader: Reader) -> None:
    wrong = reader.write(failed(ADA))
    right = reader.write(succeeded(ADA))
    strange = reader.write(succeeded(ADA, new_device=True))
    key = reader.write(
        ApiKeyMade(key=uuid4(), digest=b"", scope=Scope.READ, maker=ADA, expires_at=None)
    )
    for filters, expected in (
        (ActivityFilters(success=False), [wrong]),
        (ActivityFilters(success=True), [key, strange, right]),
        (ActivityFilters(event="sign-in.succeeded"), [strange, right]),
        (ActivityFilters(severity=Severity.WARNING), [key, strange, wrong]),
        (ActivityFilters(severity=Severity.WARNING, event="sign-in.succeeded"), [strange]),
        (ActivityFilters(severity=Severity.CRITICAL), []),
        (ActivityFilters(event="' OR 1=1 --"), []),
    ):
        assert reader.listed(filters=filters) == expected


def test_times_are_from_included_to_excluded(reader: Reader) -> None:
    reader.clock.pass_by(seconds=0.5)
    first = reader.write(failed(ADA))
    noon = reader.clock.now()
    reader.clock.pass_by(seconds=0.5)
    second = reader.write(failed(ADA))
    moment = timedelta(microseconds=1)
    assert reader.listed(filters=ActivityFilters(time_from=noon)) == [second, first]
    assert reader.listed(filters=ActivityFilters(time_from=noon + moment)) == [second]
    assert reader.listed(filters=ActivityFilters(time_before=noon)) == []
    assert reader.listed(filters=ActivityFilters(time_before=noon + moment)) == [first]


def test_pages_join_without_gap_or_repeat_while_more_happens(reader: Reader) -> None:
    written = [reader.write(failed(one), account=one) for _ in range(6) for one in (ADA, BOB)]
    written += [reader.write(RoleGranted(account=ADA, role=Role.OWNER)) for _ in range(5)]
    seen: list[int] = []
    before = None
    while True:
        reader.catch_up()
        page = reader.rows.page(ALL_OF_IT, NO_FILTERS, before, 4)
        seen += [row.position for row in page.rows]
        if (before := page.before) is None:
            break
        reader.write(failed(ADA))
    assert seen == written[::-1]


def test_a_page_that_ends_exactly_at_the_end_promises_no_more(reader: Reader) -> None:
    for _ in range(4):
        reader.write(failed(ADA))
    reader.catch_up()
    first = reader.rows.page(ALL_OF_IT, NO_FILTERS, None, 2)
    assert first.before is not None
    assert reader.rows.page(ALL_OF_IT, NO_FILTERS, first.before, 2).before is None
    assert reader.rows.page(ALL_OF_IT, NO_FILTERS, None, 4).before is None


def test_a_tenant_with_as_many_members_as_there_can_be_is_one_question(reader: Reader) -> None:
    members = [AccountId(uuid5(SPACE, f"member {number}")) for number in range(100)]
    written = [reader.write(failed(one), account=one) for one in members[::20]]
    reach = Reach(tenant=TENANT, since=dict.fromkeys(members, 0))
    assert reader.listed(reach) == written[::-1]


def test_an_export_is_complete_up_to_its_position_and_holds_nothing_later(reader: Reader) -> None:
    for _ in range(12):
        reader.write(failed(ADA))
    reader.catch_up()
    activity = SecurityActivity(reader.rows, 400, reader.clock.now)
    export = activity.export(ALL_OF_IT, NO_FILTERS)
    read = [next(export.rows).position]
    reader.write(failed(ADA))
    reader.catch_up()
    read += [row.position for row in export.rows]
    assert export.position == 12
    assert read == list(range(12, 0, -1))


def test_what_the_projector_has_not_read_is_behind_the_position_of_an_export(
    reader: Reader,
) -> None:
    reader.write(failed(ADA))
    reader.catch_up()
    reader.write(failed(ADA))
    export = SecurityActivity(reader.rows, 400, reader.clock.now).export(ALL_OF_IT, NO_FILTERS)
    assert (export.position, len(list(export.rows))) == (1, 1)


def test_what_is_too_old_is_neither_shown_nor_exported_and_stays_in_the_log(
    reader: Reader,
) -> None:
    old = reader.write(failed(ADA))
    began = reader.clock.now()
    reader.clock.pass_by(days=30)
    young = reader.write(failed(ADA))
    reader.catch_up()
    activity = SecurityActivity(reader.rows, 30, reader.clock.now)

    def shown(filters: ActivityFilters = NO_FILTERS) -> list[int]:
        listed = [row.position for row in activity.page(ALL_OF_IT, filters, None, 10).rows]
        exported = [row.position for row in activity.export(ALL_OF_IT, filters).rows]
        assert listed == exported
        return listed

    assert shown() == [young, old]
    reader.clock.pass_by(seconds=1)
    assert shown() == [young]
    assert shown(ActivityFilters(time_from=began - timedelta(days=900))) == [young]
    assert shown(ActivityFilters(time_from=reader.clock.now())) == []
    assert shown(ActivityFilters(time_before=began + timedelta(days=1))) == []
    assert [one.position for one in reader.log.read_all()] == [old, young]


def test_open_sessions_are_newest_first_without_those_that_ended(reader: Reader) -> None:
    first = reader.session("first", opened())
    reader.session("ended", opened(), SessionRevoked(state=session_state(ended=SessionEnd.LOGOUT)))
    reader.session("anothers", opened(BOB))
    second = reader.session(
        "second", opened(ADA, OTHER), SessionRotated(state=session_state(ADA, OTHER, generation=2))
    )
    reader.catch_up()
    rows = reader.sessions.open_of(ADA)
    assert [row.session for row in rows] == [second, first]
    assert [(row.tenant, row.generation) for row in rows] == [(OTHER, 2), (TENANT, 1)]


def test_sessions_beyond_the_most_are_the_oldest_ones(reader: Reader) -> None:
    sessions = [reader.session(f"number {n}", opened()) for n in range(MOST_SESSIONS + 2)]
    reader.catch_up()
    found = [row.session for row in reader.sessions.open_of(ADA)]
    assert found == sessions[:1:-1]
