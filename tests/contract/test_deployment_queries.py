"""The promises of projections.queries.Deployments: doubles and both databases keep the same."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from domain.deployment import stream_of
from domain.events import DeploymentCancelled, DeploymentEvent
from domain.log import Append, Draft, EventLog, append_one
from domain.status import Status
from domain.streams import NOTHING
from domain.values import WORKER, DeploymentId, TenantId
from infrastructure.event_log import open_log
from infrastructure.views import open_views
from projections.catalogue import ALL
from projections.queries import Deployments, Filters, Page, current_history, current_status
from tests.api_world import FoldedDeployments
from tests.engine_world import Hands
from tests.histories import SPACE, requested, requested_asset
from tests.memory_log import MemoryLog

TENANT = TenantId(uuid5(SPACE, "tenant"))
OTHER = TenantId(uuid5(SPACE, "other"))
NOBODY = DeploymentId(UUID(int=1))


class Reader:
    """A log, what was read from it, and a projector that runs when it is told to."""

    def __init__(
        self, log: EventLog, rows: Deployments, clock: Hands, catch_up: Callable[[], None]
    ) -> None:
        self.log, self.rows, self.clock, self.catch_up = log, rows, clock, catch_up

    def write(self, name: str, *events: DeploymentEvent) -> DeploymentId:
        """Append a new deployment's facts."""
        deployment = DeploymentId(uuid5(SPACE, name))
        stream = stream_of(deployment)
        drafts = tuple(
            Draft(
                id=uuid5(deployment, str(number)),
                stream=stream,
                event=event,
                actor=WORKER,
                command=uuid5(deployment, f"command {number}"),
                correlation="c-1",
            )
            for number, event in enumerate(events)
        )
        append_one(self.log, Append(drafts=drafts, expected={stream: NOTHING}))
        return deployment

    def listed(self, filters: Filters | None = None, tenant: TenantId = TENANT) -> Sequence[UUID]:
        return [row.deployment for row in self.page(filters, tenant=tenant).rows]

    def page(
        self,
        filters: Filters | None = None,
        before: int | None = None,
        size: int = 100,
        tenant: TenantId = TENANT,
    ) -> Page:
        return self.rows.page(tenant, filters or Filters(), before, size)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    clock = Hands()
    if request.param == "memory":
        log = MemoryLog(clock.now)
        folded = FoldedDeployments(log, upto=0)
        yield Reader(log, folded, clock, lambda: setattr(folded, "upto", log.position()))
        return
    url = request.getfixturevalue(f"{request.param}_url")
    with open_log(url, clock.now) as stored, open_views(url, stored) as views:
        views.store.prepare(ALL)

        def catch_up() -> None:
            for projection in ALL:
                while views.store.catch_up(projection, most=7):
                    pass

        yield Reader(stored, views.deployments, clock, catch_up)


def test_what_was_never_asked_for_is_not_found(reader: Reader) -> None:
    assert reader.rows.find(NOBODY) is None
    assert reader.rows.history(NOBODY) == []
    assert reader.listed() == []
    assert current_status(reader.log, reader.rows, NOBODY) is None
    assert list(current_history(reader.log, reader.rows, NOBODY)) == []


def test_a_reader_that_is_behind_still_answers_by_id(reader: Reader) -> None:
    deployment = reader.write("one", requested(), DeploymentCancelled(reason="typo"))
    assert reader.rows.find(deployment) is None
    row = current_status(reader.log, reader.rows, deployment)
    entries = current_history(reader.log, reader.rows, deployment)
    assert row is not None
    assert row.status is Status.CANCELLED
    assert [entry.version for entry in entries] == [1, 2]
    reader.catch_up()
    assert reader.rows.find(deployment) == row
    assert list(reader.rows.history(deployment)) == list(entries)
    assert current_status(reader.log, reader.rows, deployment) == row


def test_the_newest_comes_first_and_pages_join_without_gap_or_repeat(reader: Reader) -> None:
    written = [reader.write(f"number {n}", requested()) for n in range(23)]  # the clock stands
    reader.catch_up()
    seen: list[UUID] = []
    before = None
    for number in range(5):
        page = reader.page(before=before, size=5)
        seen += [row.deployment for row in page.rows]
        before = page.before
        reader.write(f"meanwhile {number}", requested())
        reader.catch_up()
    assert seen == written[::-1]
    assert before is None


def test_a_page_that_ends_exactly_at_the_end_promises_no_more(reader: Reader) -> None:
    for number in range(4):
        reader.write(f"number {number}", requested())
    reader.catch_up()
    first = reader.page(size=2)
    assert first.before is not None
    assert reader.page(size=2, before=first.before).before is None
    assert reader.page(size=4).before is None


def test_a_tenant_sees_its_own_and_a_position_of_anothers_list_leaks_nothing(
    reader: Reader,
) -> None:
    own = reader.write("own", requested("tenant"))
    others = [reader.write(f"other {n}", requested("other")) for n in range(3)]
    reader.catch_up()
    assert reader.listed() == [own]
    assert reader.listed(tenant=OTHER) == others[::-1]
    [middle, _] = reader.page(tenant=OTHER, size=2).rows
    assert [row.tenant for row in reader.page(before=middle.requested).rows] == [TENANT]


def test_filters_are_joined_by_and(reader: Reader) -> None:
    plain = reader.write("plain", requested(network="one"))
    gone = reader.write("gone", requested(network="one"), DeploymentCancelled(reason="typo"))
    far = reader.write("far", requested(network="two"))
    reader.catch_up()
    assert reader.listed(Filters(network="one")) == [gone, plain]
    assert reader.listed(Filters(network="two")) == [far]
    assert reader.listed(Filters(network="one", status=Status.QUEUED)) == [plain]
    assert reader.listed(Filters(status=Status.CANCELLED)) == [gone]
    assert reader.listed(Filters(kind="erc20-mintable")) == [far, gone, plain]
    assert reader.listed(Filters(kind="asa-ft")) == []
    asset = reader.write("asset", requested_asset())
    reader.catch_up()
    assert reader.listed(Filters(kind="asa-ft")) == [asset]
    assert reader.listed(Filters(kind="erc20-mintable")) == [far, gone, plain]
    assert reader.listed(Filters(network="' OR 1=1 --")) == []


def test_times_are_from_included_to_excluded_in_any_zone(reader: Reader) -> None:
    reader.clock.pass_by(0.5)
    first = reader.write("first", requested())
    noon = reader.clock.now()
    reader.clock.pass_by(0.5)
    second = reader.write("second", requested())
    reader.catch_up()
    moment = timedelta(microseconds=1)
    assert reader.listed(Filters(requested_from=noon)) == [second, first]
    assert reader.listed(Filters(requested_from=noon + moment)) == [second]
    assert reader.listed(Filters(requested_before=noon)) == []
    assert reader.listed(Filters(requested_before=noon + moment)) == [first]
    window = Filters(requested_from=noon, requested_before=reader.clock.now())
    assert reader.listed(window) == [first]


def test_an_account_is_a_filter_too(any_database_url: str) -> None:
    with open_log(any_database_url) as log, open_views(any_database_url, log) as views:
        views.store.prepare(ALL)
        reader = Reader(log, views.deployments, Hands(), lambda: None)
        own = reader.write("own", requested())
        views.store.catch_up(ALL[0])
        account = requested().account
        assert reader.listed(Filters(account=account)) == [own]
        assert reader.listed(Filters(account=uuid5(SPACE, "stranger"))) == []


def test_a_history_is_oldest_first_also_beyond_nine_facts(reader: Reader) -> None:
    facts = [DeploymentCancelled(reason=f"again {number}") for number in range(12)]
    deployment = reader.write("long", requested(), *facts)
    reader.write("other", requested())
    reader.catch_up()
    entries = reader.rows.history(deployment)
    assert [entry.version for entry in entries] == list(range(1, 14))
    assert {entry.deployment for entry in entries} == {deployment}
