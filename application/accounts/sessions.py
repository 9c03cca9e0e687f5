"""Sessions: opened by a proof, kept by refresh tokens that are good once each."""

import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from application.accounts.directory import Directory
from application.accounts.facts import Facts
from application.accounts.ports import RefreshTexts, Visitor
from application.accounts.refusals import (
    InvalidRefreshToken,
    RefreshTokenExpired,
    RefreshTokenRevoked,
)
from application.clock import Clock
from application.commands import Origin
from domain import session as sessions
from domain.account import Account
from domain.events import Proof, SessionEnd, SessionOpened, SessionsEnded, SessionState
from domain.log import ConcurrentChange, EventLog, RecordedEvent
from domain.session import Presented
from domain.streams import NOTHING, StreamVersion
from domain.tenant import NoSuch
from domain.values import AccountId, SessionId, TenantId

MOST_TRIES = 100
SALT = 16
"""Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A session that was opened or refreshed."""

    account: AccountId
    tenant: TenantId
    session: SessionId
    refresh: str = field(repr=False)
    """The refresh token."""
    expires_at: datetime
    """Of the session, whatever happens."""


class Sessions:
    def __init__(
        self, log: EventLog, directory: Directory, texts: RefreshTexts, clock: Clock
    ) -> None:
        self._log = log
        self._directory = directory
        self._texts = texts
        self._clock = clock

    def open(
        self,
        facts: Facts,
        account: Account,
        tenant: TenantId,
        visitor: Visitor,
        proof: Proof,
        key: bytes | None,
    ) -> Granted:
        """Add a new session to facts that prove who somebody is.

        Args:
            facts: of the proof.
            account: whose session; where it is new, as it will be.
            tenant: what the session is for.
            visitor: where it is opened.
            proof: what was proven.
            key: the person's key, under which the visitor is sealed.
        """
        session, now, salt = SessionId(uuid4()), self._clock.now(), os.urandom(SALT)
        text = self._texts.text(session, 1, salt)
        state = SessionState(
            account=account.id,
            tenant=tenant,
            epoch=account.epoch,
            opened_at=now,
            expires_at=now + sessions.LIFETIME,
            salt=salt,
            generation=1,
            digest=self._texts.digest(text),
            parent=b"",
        )
        opened = SessionOpened(proof=proof, second_factor=account.factor is not None, state=state)
        personal = self._directory.sealed_visitor(account.id, key, visitor)
        facts.add(sessions.stream_of(session), opened, NOTHING, personal)
        return _granted(session, state, text)

    def refresh(self, text: str, origin: Origin) -> Granted:
        """Exchange a refresh token for the next one of its family.

        A token that was just used gives the same child again: its answer may have been lost.

        Raises:
            InvalidRefreshToken: not one of ours.
            RefreshTokenExpired: the session ended by its time.
            RefreshTokenRevoked: it was ended; also by this token, if it was used up before.
        """
        for _ in range(MOST_TRIES):
            session, generation, last = self._ours(text)
            state, now = sessions.state_of(last.event), self._clock.now()
            person = self._directory.any_person(state.account)
            if state.ended or person is None or not person.account.holds(session, state):
                raise RefreshTokenRevoked
            worth = sessions.judge(last, generation, self._texts.digest(text), now)
            if worth is Presented.EXPIRED:
                raise RefreshTokenExpired
            if worth is Presented.JUST_USED:
                child = self._texts.text(session, state.generation, state.salt)
                return _granted(session, state, child)
            facts, stream = Facts(origin), sessions.stream_of(session)
            facts.expect(person.stream, person.version)
            following = self._texts.text(session, state.generation + 1, state.salt)
            if worth is Presented.REUSED:
                ended = sessions.end(state, SessionEnd.REUSE)
                facts.add(stream, ended, _version(last))
            else:
                rotated = sessions.rotate(state, self._texts.digest(following))
                facts.add(stream, rotated, _version(last))
            try:
                facts.record(self._log)
            except ConcurrentChange:
                continue
            if worth is Presented.REUSED:
                raise RefreshTokenRevoked
            return _granted(session, state, following)
        raise ConcurrentChange("others were faster too often")

    def end(self, account: AccountId, session: SessionId, why: SessionEnd, origin: Origin) -> None:
        """End one session of an account; one that has ended stays as it is.

        Raises:
            NoSuch: unknown, or another account's.
        """
        for _ in range(MOST_TRIES):
            last = self._log.read_last(sessions.stream_of(session))
            if last is None or sessions.state_of(last.event).account != account:
                raise NoSuch("session")
            state = sessions.state_of(last.event)
            if state.ended:
                return
            facts = Facts(origin)
            facts.add(sessions.stream_of(session), sessions.end(state, why), _version(last))
            try:
                facts.record(self._log)
            except ConcurrentChange:
                continue
            return
        raise ConcurrentChange("others were faster too often")

    def end_all(self, account: AccountId, kept: SessionId | None, origin: Origin) -> None:
        """End all sessions of an account, or all but one.

        Raises:
            UnknownAccount: the log does not have it.
        """
        for _ in range(MOST_TRIES):
            person = self._directory.person(account)
            facts = Facts(origin)
            facts.add(person.stream, SessionsEnded(kept=kept), person.version)
            try:
                facts.record(self._log)
            except ConcurrentChange:
                continue
            return
        raise ConcurrentChange("others were faster too often")

    def good(self, session: SessionId) -> SessionState | None:
        """Return the state of a session that is open; None otherwise."""
        last = self._log.read_last(sessions.stream_of(session))
        if last is None or not sessions.is_open(last, self._clock.now()):
            return None
        return sessions.state_of(last.event)

    def _ours(self, text: str) -> tuple[SessionId, int, RecordedEvent]:
        """Return session and generation of a refresh token that we made."""
        named = self._texts.read(text)
        last = self._log.read_last(sessions.stream_of(named[0])) if named else None
        if named is None or last is None:
            raise InvalidRefreshToken
        session, generation = named
        made = self._texts.text(session, generation, sessions.state_of(last.event).salt)
        if not hmac.compare_digest(made.encode(), text.encode()):
            raise InvalidRefreshToken
        return session, generation, last


def _granted(session: SessionId, state: SessionState, text: str) -> Granted:
    return Granted(
        account=state.account,
        tenant=state.tenant,
        session=session,
        refresh=text,
        expires_at=state.expires_at,
    )


def _version(last: RecordedEvent) -> StreamVersion:
    return StreamVersion(last.version, last.id)
