"""Lists the open sessions of a person: found in a read model, judged by the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.accounts.directory import Directory
from application.accounts.ports import CLIENT, Vault
from application.clock import Clock
from domain import session as sessions
from domain.events import Proof, SessionOpened
from domain.log import EventLog
from domain.values import AccountId, SessionId


class SessionRows(Protocol):
    def ids_of(self, account: AccountId) -> Sequence[SessionId]:
        """Return sessions that may be open, newest first, as far as the projector has come."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    session: SessionId
    proof: Proof
    second_factor: bool
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None


class OpenSessions:
    def __init__(
        self, log: EventLog, directory: Directory, vault: Vault, rows: SessionRows, clock: Clock
    ) -> None:
        self._log = log
        self._directory = directory
        self._vault = vault
        self._rows = rows
        self._clock = clock

    def of(self, account: AccountId, current: SessionId) -> list[ListedSession]:
        """Return a person's open sessions, newest first; the asking one is always among them."""
        person, key = self._directory.person(account).account, self._directory.person_key(account)
        found = []
        for session in dict.fromkeys([*self._rows.ids_of(account), current]):
            events = self._log.read(sessions.stream_of(session)).events
            if not events or not sessions.is_open(events[-1], self._clock.now()):
                continue
            state = sessions.state_of(events[-1].event)
            if state.account != account or not person.holds(session, state):
                continue
            opened, sealed = events[0].event, events[0].personal
            assert isinstance(opened, SessionOpened)
            visitor = self._vault.open_personal(sealed, CLIENT, key) if sealed and key else {}
            found.append(
                ListedSession(
                    session=session,
                    proof=opened.proof,
                    second_factor=opened.second_factor,
                    opened_at=state.opened_at,
                    last_used_at=events[-1].time,
                    expires_at=state.expires_at,
                    address=visitor.get("address") or None,
                    user_agent=visitor.get("userAgent") or None,
                )
            )
        return sorted(found, key=lambda one: one.opened_at, reverse=True)
