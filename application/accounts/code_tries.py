"""Counts wrong codes where no password is asked for with them.

All of one purpose count together, wherever they come from: who holds a link, or a session, must
not get five more by asking from elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from application.accounts.directory import Directory
from application.accounts.facts import Facts, version_of
from application.accounts.ports import Visitor
from application.clock import Clock
from domain import sign_in
from domain.events import Proof, TriesState
from domain.log import EventLog
from domain.sign_in import Client
from domain.streams import StreamId, StreamVersion
from domain.values import AccountId

KEY = 16
"""Bytes of a client's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTry:
    stream: StreamId
    state: TriesState
    version: StreamVersion
    client: Client
    now: datetime


class CodeTries:
    def __init__(self, log: EventLog, directory: Directory, clock: Clock) -> None:
        self._log = log
        self._directory = directory
        self._clock = clock

    def begin(self, claim: str, purpose: str) -> CodeTry:
        """Return what a try is judged by.

        Raises:
            AccountLocked: too many failed before.
        """
        stream, now = sign_in.stream_of(claim), self._clock.now()
        last = self._log.read_last(stream)
        state = sign_in.state_of(last.event if last else None)
        key = sha256(f"{purpose}:{claim}".encode()).digest()[:KEY]
        # Known: a stranger who closes the address to unknown clients must not close this, too.
        client = Client(key=key, known=True)
        sign_in.require_unlocked(state, client, now)
        return CodeTry(stream=stream, state=state, version=version_of(last), client=client, now=now)

    def fail(self, tried: CodeTry, account: AccountId, visitor: Visitor, facts: Facts) -> None:
        """Add a failure to the count."""
        key = self._directory.person_key(account)
        personal = self._directory.sealed_visitor(account, key, visitor)
        failed = sign_in.fail(tried.state, tried.client, account, Proof.SECOND_FACTOR, tried.now)
        facts.expect(tried.stream, tried.version)
        for event in failed:
            facts.add(tried.stream, event, personal=personal)
