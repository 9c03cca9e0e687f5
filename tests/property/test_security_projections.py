"""Rows of accounts' security: stopping anywhere and resuming equals rebuilding, to the byte."""

from collections.abc import Mapping
from typing import Any, get_args
from uuid import uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Event, SessionOpened, SessionRevoked, SessionRotated
from domain.log import RecordedEvent, SealedPersonal
from domain.streams import StreamId, StreamKind
from infrastructure.views.tables import encode
from projections.account_sessions import ACCOUNT_SESSIONS
from projections.projection import Projection, fold_batch
from projections.security_activity import SECURITY_ACTIVITY, WEIGHTS, SecurityEntry
from projections.security_story import LEFT_OUT, TenantFact
from tests.event_strategies import of
from tests.security_world import ADA, SPACE, recorded

PERSONAL = SealedPersonal(person=ADA, nonce=b"n" * 12, ciphertext=b"sealed")
KINDS = sorted({*WEIGHTS, *LEFT_OUT}, key=lambda kind: kind.__name__)
SESSION = (SessionOpened, SessionRotated, SessionRevoked)
FACTS = st.one_of([of(kind) for kind in KINDS if kind not in SESSION])
FOLLOWING = st.one_of([of(SessionRotated), of(SessionRevoked)])


@st.composite
def lived(draw: st.DrawFn) -> list[RecordedEvent]:
    """Draw a log: any facts, and sessions of which each begins with its opening."""
    events: list[RecordedEvent] = []
    open_sessions: list[StreamId] = []
    for position in range(1, draw(st.integers(1, 30))):
        known = draw(st.sampled_from([None, *open_sessions]))
        more: dict[str, Any] = {}
        event: Event = draw(FACTS)
        if known is not None:
            event, more = draw(FOLLOWING), {"stream": known}
        elif draw(st.booleans()):
            event = draw(of(SessionOpened))
            stream = StreamId(StreamKind.SESSION, str(uuid5(SPACE, f"session {position}")))
            open_sessions.append(stream)
            more = {"stream": stream}
        personal = draw(st.sampled_from([None, PERSONAL]))
        events.append(recorded(event, position, personal=personal, **more))
    return events


def folded(
    projection: Projection[Any], events: list[RecordedEvent], cuts: set[int]
) -> dict[str, str]:
    rows: dict[str, Any] = {}
    batch: list[RecordedEvent] = []
    for number, one in enumerate(events):
        if type(one.event) in projection.reads:
            batch.append(one)
        if number in cuts:
            rows |= fold_batch(projection, batch, rows)
            batch = []
    rows |= fold_batch(projection, batch, rows)
    return {key: encode(row) for key, row in rows.items()}


@settings(max_examples=200)
@given(lived(), st.sets(st.integers(0, 30)))
def test_stopping_anywhere_and_resuming_equals_rebuilding(
    events: list[RecordedEvent], cuts: set[int]
) -> None:
    for projection in (SECURITY_ACTIVITY, ACCOUNT_SESSIONS):
        one_by_one = folded(projection, events, set(range(len(events))))
        assert folded(projection, events, cuts) == folded(projection, events, set()) == one_by_one


@settings(max_examples=200)
@given(lived())
def test_every_fact_that_concerns_somebody_has_exactly_its_row(
    events: list[RecordedEvent],
) -> None:
    batch = [one for one in events if type(one.event) in SECURITY_ACTIVITY.reads]
    rows: Mapping[str, SecurityEntry] = fold_batch(SECURITY_ACTIVITY, batch, {})
    by_position = {row.position: row for row in rows.values()}
    assert len(by_position) == len(rows)
    for one in batch:
        row = by_position.get(one.position)
        if row is None:
            assert getattr(one.event, "account", None) is None
            assert one.stream.kind is StreamKind.SIGN_IN
            continue
        assert (row.id, row.time, row.actor) == (one.id, one.time, one.actor)
        assert (row.tenant is not None) or (row.account is not None)
        if isinstance(one.event, get_args(TenantFact)):
            assert str(row.tenant) == one.stream.id
        assert row.personal in {None, one.personal}
