"""Tries to sign in to one address: who is locked out, and since when. The last event decides.

Counted for each client apart, so that a stranger locks out himself alone. The ceiling counts
them all: above it only devices that were signed in before may try (OWASP, credential stuffing).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.errors import DomainError
from domain.events import (
    ClientLock,
    CodeAsked,
    Event,
    FailedTry,
    Proof,
    ResetAsked,
    SignInFailed,
    SignInLocked,
    SignInSucceeded,
    SignInUnlocked,
    TriesState,
)
from domain.streams import StreamId, StreamKind
from domain.values import AccountId

MOST_FAILURES = 5
WINDOW = timedelta(minutes=15)
"""In which failures of one client count together."""
LOCK = timedelta(minutes=30)
CEILING = 50
"""Failures of all clients in a row (NIST SP 800-63B-4 allows 100)."""
CLOSED = timedelta(hours=1)
"""How long unknown clients are refused after that."""


class AccountLocked(DomainError):
    code = "ACCOUNT_LOCKED"

    def __init__(self, until: datetime) -> None:
        super().__init__("too many failures: signing in from here is locked for a while")
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Where a try comes from."""

    key: bytes
    """A keyed hash of address and device, or of address and network."""
    known: bool
    """Whether this device was signed in to that account before."""


def require_unlocked(state: TriesState, client: Client, now: datetime) -> None:
    """Refuse a client that is locked out.

    Raises:
        AccountLocked: until when.
    """
    ends = [lock.until for lock in state.locks if lock.client == client.key]
    if state.closed_until is not None and not client.known:
        ends.append(state.closed_until)
    if (until := max(ends, default=now)) > now:
        raise AccountLocked(until)


def fail(
    state: TriesState, client: Client, account: AccountId | None, wrong: Proof, now: datetime
) -> list[SignInFailed | SignInLocked]:
    """Count a failure; the fifth locks the client, the fiftieth in a row all unknown ones."""
    state = _current(state, now)
    failed = (*state.failed, FailedTry(client=client.key, at=now))
    state = replace(state, failed=failed, consecutive=state.consecutive + 1)
    events: list[SignInFailed | SignInLocked] = [
        SignInFailed(account=account, client=client.key, wrong=wrong, state=state)
    ]
    if sum(one.client == client.key for one in failed) >= MOST_FAILURES:
        until = now + LOCK
        locks = (*state.locks, ClientLock(client=client.key, until=until))
        state = replace(_forgetting(state, client), locks=locks)
        events.append(SignInLocked(account=account, client=client.key, until=until, state=state))
    if state.consecutive >= CEILING:
        until = now + CLOSED
        state = replace(state, failed=(), consecutive=0, closed_until=until)
        events.append(SignInLocked(account=account, client=None, until=until, state=state))
    return events


def succeed(
    state: TriesState, client: Client, account: AccountId, now: datetime, *, new_device: bool
) -> SignInSucceeded:
    state = replace(_forgetting(_current(state, now), client), consecutive=0)
    return SignInSucceeded(account=account, client=client.key, new_device=new_device, state=state)


def ask_code(state: TriesState, client: Client, account: AccountId, now: datetime) -> CodeAsked:
    """Note that a code was asked for, the password being right. Nothing is counted or forgotten."""
    return CodeAsked(account=account, client=client.key, state=_current(state, now))


def unlock(account: AccountId | None) -> SignInUnlocked:
    """Forget all failures and locks."""
    return SignInUnlocked(account=account, state=TriesState())


def state_of(event: Event | None) -> TriesState:
    """Return the state that an event carries; nothing happened yet where there is none."""
    if event is None:
        return TriesState()
    assert isinstance(
        event,
        SignInFailed | SignInLocked | SignInSucceeded | SignInUnlocked | CodeAsked | ResetAsked,
    )
    return event.state


def stream_of(claim: str) -> StreamId:
    """Return the stream of an address, named by its keyed hash."""
    return StreamId(StreamKind.SIGN_IN, claim)


def _current(state: TriesState, now: datetime) -> TriesState:
    """Drop what no longer counts, so that no state grows for ever."""
    closed = state.closed_until
    return replace(
        state,
        failed=tuple(one for one in state.failed if now - one.at < WINDOW),
        locks=tuple(lock for lock in state.locks if lock.until > now),
        closed_until=closed if closed is not None and closed > now else None,
    )


def _forgetting(state: TriesState, client: Client) -> TriesState:
    return replace(state, failed=tuple(one for one in state.failed if one.client != client.key))
