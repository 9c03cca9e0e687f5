"""Sessions: opened by a proof, kept by refresh tokens that are good once each."""

import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from application.accounts.directory import Directory
from application.accounts.facts import Facts, version_of
from application.accounts.ports import RefreshTexts, Visitor
from application.accounts.refusals import (
    InvalidRefreshToken,
    RefreshTokenExpired,
    RefreshTokenRevoked,
)
from application.accounts.settling import settle
from application.clock import Clock
from application.commands import Origin
from domain import session as sessions
from domain.account import Account
from domain.events import Proof, SessionEnd, SessionOpened, SessionsEnded, SessionState
from domain.log import EventLog, RecordedEvent
from domain.session import Presented
from domain.streams import NOTHING
from domain.tenant import NoSuch
from domain.values import AccountId, SessionId, TenantId

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

        def decide(facts: Facts) -> Granted | RefreshTokenRevoked:
            session, generation, last = self._ours(text)
            state, stream = sessions.state_of(last.event), sessions.stream_of(session)
            person = self._directory.any_person(state.account)
            if state.ended or person is None or not person.account.holds(session, state):
                raise RefreshTokenRevoked
            digest = self._texts.digest(text)
            worth = sessions.judge(last, generation, digest, self._clock.now())
            if worth is Presented.EXPIRED:
                raise RefreshTokenExpired
            if worth is Presented.JUST_USED:
                child = self._texts.text(session, state.generation, state.salt)
                return _granted(session, state, child)
            facts.expect(person.stream, person.version)
            if worth is Presented.REUSED:
                facts.add(stream, sessions.end(state, SessionEnd.REUSE), version_of(last))
                return RefreshTokenRevoked()
            following = self._texts.text(session, state.generation + 1, state.salt)
            rotated = sessions.rotate(state, self._texts.digest(following))
            facts.add(stream, rotated, version_of(last))
            return _granted(session, state, following)

        return settle(self._log, origin, decide)

    def end(self, account: AccountId, session: SessionId, why: SessionEnd, origin: Origin) -> None:
        """End one session of an account; one that has ended stays as it is.

        Raises:
            NoSuch: unknown, or another account's.
        """

        def decide(facts: Facts) -> None:
            last = self._log.read_last(sessions.stream_of(session))
            if last is None or sessions.state_of(last.event).account != account:
                raise NoSuch("session")
            state = sessions.state_of(last.event)
            if not state.ended:
                ended = sessions.end(state, why)
                facts.add(sessions.stream_of(session), ended, version_of(last))

        settle(self._log, origin, decide)

    def end_all(self, account: AccountId, kept: SessionId | None, origin: Origin) -> None:
        """End all sessions of an account, or all but one.

        Raises:
            UnknownAccount: the log does not have it.
        """

        def decide(facts: Facts) -> None:
            person = self._directory.person(account)
            facts.add(person.stream, SessionsEnded(kept=kept), person.version)

        settle(self._log, origin, decide)

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
