"""Sessions: a family of refresh tokens, each good once. The last event of a stream decides."""

import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from domain.events import (
    Event,
    SessionEnd,
    SessionOpened,
    SessionRevoked,
    SessionRotated,
    SessionState,
)
from domain.log import RecordedEvent
from domain.streams import StreamId, StreamKind
from domain.values import SessionId

LIFETIME = timedelta(days=30)
"""Of a family, whatever happens."""
IDLE = timedelta(days=7)
"""Without a refresh, after which a family ends."""
GRACE = timedelta(seconds=10)
"""In which a token that was just used may come again: its answer may have been lost (RFC 9700,
section 4.14, asks to revoke on reuse; a lost answer is no theft)."""


class Presented(Enum):
    """What a refresh token that we made is worth now."""

    CURRENT = auto()
    JUST_USED = auto()
    """Its child is unused and young: the child is given again."""
    REUSED = auto()
    EXPIRED = auto()


def judge(last: RecordedEvent, generation: int, digest: bytes, now: datetime) -> Presented:
    """Say what a token is worth.

    Args:
        last: the last event of its session.
        generation: which token of the family it says it is; its maker is known to be us.
        digest: its SHA-256.
        now: the time.
    """
    state = state_of(last.event)
    if state.ended is not None or now >= min(state.expires_at, last.time + IDLE):
        return Presented.EXPIRED
    if generation == state.generation and hmac.compare_digest(digest, state.digest):
        return Presented.CURRENT
    is_parent = generation == state.generation - 1 and hmac.compare_digest(digest, state.parent)
    # A clock that was set back gives no second grace.
    if is_parent and timedelta(0) <= now - last.time <= GRACE:
        return Presented.JUST_USED
    return Presented.REUSED


def rotate(state: SessionState, digest: bytes) -> SessionRotated:
    """Replace the current token by the next one.

    Args:
        state: of the session.
        digest: SHA-256 of the next token.
    """
    following = replace(state, generation=state.generation + 1, digest=digest, parent=state.digest)
    return SessionRotated(state=following)


def end(state: SessionState, why: SessionEnd) -> SessionRevoked:
    return SessionRevoked(state=replace(state, ended=why))


def is_open(last: RecordedEvent, now: datetime) -> bool:
    """Tell whether a session has not ended by itself or by time."""
    state = state_of(last.event)
    return state.ended is None and now < min(state.expires_at, last.time + IDLE)


def state_of(event: Event) -> SessionState:
    assert isinstance(event, SessionOpened | SessionRotated | SessionRevoked)
    return event.state


def stream_of(session: SessionId) -> StreamId:
    return StreamId(StreamKind.SESSION, str(session))
