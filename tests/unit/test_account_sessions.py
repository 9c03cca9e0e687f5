"""Sessions as rows: opened, refreshed, ended."""

from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from domain.events import Event, SessionEnd, SessionRevoked, SessionRotated
from domain.log import RecordedEvent, SealedPersonal
from domain.streams import StreamId, StreamKind
from projections.account_sessions import ACCOUNT_SESSIONS, SessionRow
from projections.catalogue import ALL
from tests.security_world import ADA, LATER, SPACE, TENANT, folded, opened, recorded, session_state

SESSION = uuid5(SPACE, "session")
PERSONAL = SealedPersonal(person=ADA, nonce=b"n" * 12, ciphertext=b"sealed")


def history(*events: Event, session: UUID = SESSION) -> list[RecordedEvent]:
    stream = StreamId(StreamKind.SESSION, str(session))
    return [
        recorded(event, position, stream=stream, personal=PERSONAL if position == 1 else None)
        for position, event in enumerate(events, start=1)
    ]


def row_of(*events: Event) -> SessionRow:
    [(key, row)] = folded(ACCOUNT_SESSIONS, history(*events)).items()
    assert key == str(SESSION)
    assert isinstance(row, SessionRow)
    return row


def test_a_session_begins_with_its_opening() -> None:
    row = row_of(opened(epoch=3))
    assert (row.session, row.account, row.tenant) == (SESSION, ADA, TENANT)
    assert (row.epoch, row.generation, row.ended) == (3, 1, None)
    assert (row.expires_at, row.personal) == (LATER, PERSONAL)
    assert row in folded(ACCOUNT_SESSIONS, history(opened(epoch=3))).values()
    assert ACCOUNT_SESSIONS in ALL


def test_a_refresh_moves_the_last_use_and_nothing_else() -> None:
    first = row_of(opened())
    row = row_of(opened(), SessionRotated(state=session_state(generation=2)))
    assert row.generation == 2
    assert row.last_used_at == first.last_used_at + timedelta(seconds=1)
    assert (row.position, row.opened_at, row.personal) == (1, first.opened_at, PERSONAL)


@pytest.mark.parametrize("why", SessionEnd)
def test_an_end_says_why_and_when(why: SessionEnd) -> None:
    row = row_of(opened(), SessionRevoked(state=session_state(ended=why)))
    assert (row.ended, row.last_used_at < (row.ended_at or row.last_used_at)) == (why, True)
    assert ACCOUNT_SESSIONS.columns(row) == (str(ADA), 1, why.value)


def test_a_history_without_an_opening_is_a_broken_log() -> None:
    with pytest.raises(ValueError, match="does not start with its opening"):
        row_of(SessionRotated(state=session_state()))
