"""How fast read models are rebuilt from 200,000 events, beside the live ones, in flat memory."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from uuid import uuid4

import pytest

from domain.log import Append, EventLog
from domain.streams import NOTHING, StreamId, StreamKind
from infrastructure.event_log import open_log
from infrastructure.views import open_views
from projections.catalogue import ALL
from projections.deployment_status import DEPLOYMENT_STATUS
from tests.drafts import draft
from tests.engine_world import World

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]
EVENTS = 200_000
AT_ONCE = 200
"""Appends in one transaction while the log is filled."""
MEASURE = """
import resource, sys, time
from infrastructure.event_log import open_log
from infrastructure.views import open_views
from projections.catalogue import ALL
with open_log(sys.argv[1]) as log, open_views(sys.argv[1], log) as views:
    for projection in ALL:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        began = time.monotonic()
        read = views.store.rebuild(projection)
        took = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(f"  rebuild {projection.table:<24} {read / took:8.0f} events/s  "
              f"resident memory {before:.0f} -> {after:.0f} MB")
"""


def fill(log: EventLog, events: int) -> int:
    """Fill a log with whole deployments, all of one completed one's facts each."""
    world = World()
    world.chain.balances[world.user] = 1000
    world.settle(world.request())
    facts = [one for one in world.log.read_all() if one.stream.kind is StreamKind.DEPLOYMENT]
    facts = [replace(one, event=shorter(one.event)) for one in facts]
    written = 0
    while written < events:
        appends = []
        for _ in range(AT_ONCE):
            stream = StreamId(StreamKind.DEPLOYMENT, str(uuid4()))
            drafts = tuple(replace(draft(stream), event=one.event) for one in facts)
            appends.append(Append(drafts=drafts, expected={stream: NOTHING}))
            written += len(drafts)
        log.append(appends)
    return written


def shorter(event):
    """Return a fact with signed bytes as long as a transfer's: they are not what is folded."""
    return replace(event, raw=event.raw[:120]) if hasattr(event, "raw") else event


def test_rebuild_beside_the_live_view(any_database_url: str) -> None:
    kind = any_database_url.partition(":")[0]
    with open_log(any_database_url) as log, open_views(any_database_url, log) as views:
        began = time.monotonic()
        written = fill(log, EVENTS)
        print(f"\n{kind}: {written} events written at {written / (time.monotonic() - began):.0f}/s")
        views.store.prepare(ALL)
        began = time.monotonic()
        while views.store.catch_up(DEPLOYMENT_STATUS):
            pass
        rate = written / (time.monotonic() - began)
        print(f"  live {DEPLOYMENT_STATUS.table:<27} {rate:8.0f} events/s")
        for projection in ALL:
            while views.store.catch_up(projection):
                pass
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, any_database_url],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": "."},
    )
    print(ran.stdout, end="")
    with open_log(any_database_url) as log, open_views(any_database_url, log) as views:
        assert views.store.disagreements(DEPLOYMENT_STATUS) == []
