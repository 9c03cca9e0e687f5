"""Accounts over doubles that keep the ports' promises: quick passwords, a clock that is moved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pyotp

from application.accounts.attempts import Attempt
from application.accounts.confirming import Confirmation
from application.accounts.identity import Identity, Tools
from application.accounts.ports import Visitor
from application.accounts.registration import Registered
from application.commands import Origin
from application.wallet_proofs import InvalidProof, WalletProof
from domain.event_names import name_of
from domain.events import LinkPurpose, SessionOpened
from domain.log import EventLog
from domain.values import AccountId, Actor, NetworkRef, SessionId
from infrastructure.api_key_texts import RandomApiKeys
from infrastructure.challenges import SignedChallenges
from infrastructure.devices import SignedDevices
from infrastructure.keys.derivation import DerivedAccount, account_of
from infrastructure.keys.provider import KeyProvider
from infrastructure.keys.words import SeedWords
from infrastructure.links import MailLinks
from infrastructure.one_time_passwords import TimeBasedPasswords
from infrastructure.refresh_tokens import RefreshTokens
from infrastructure.vault import KeyVault

KEYS = KeyProvider(bytes(range(32)))
PASSWORD = "a sentence is a good password"
EMAIL = "ada@example.com"
VISITOR = Visitor(address="192.0.2.7", user_agent="tests")


class MovableClock:
    """Implements application.clock.Clock; stands still until it is moved."""

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime.now(UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


class PlainPasswords:
    """Implements application.accounts.ports.Passwords without the work."""

    prefix = "plain:"

    def hash(self, password: str) -> str:
        return self.prefix + password

    def verify(self, password: str, verifier: str | None) -> bool:
        return verifier is not None and verifier.split(":", 1)[1] == password

    def needs_update(self, verifier: str) -> bool:
        return not verifier.startswith(self.prefix)


class QuickDerivation:
    """Implements application.accounts.ports.Derivation without the work."""

    version = "test/1"

    def derive(self, email: str, password: str, slot: int = 0) -> DerivedAccount:
        return account_of(sha256(f"{email}\0{password}\0{slot}".encode()).digest())


class EasyJudge:
    """Implements application.credentials.PasswordJudge: all but one password holds."""

    def judge(self, password: str, context: Sequence[str]) -> str | None:
        return "too easy" if password == "an easy sentence" else None


class SaidProofs:
    """Implements application.wallet_proofs.WalletProofs: believes what it is told."""

    def note(self, nonce: bytes) -> bytes:
        return b"proofmint#ARC14:" + nonce.hex().encode()

    def check(self, network: NetworkRef, signed: bytes, nonce: bytes) -> WalletProof:
        if len(signed) != 32:
            raise InvalidProof("it is not signed")
        return WalletProof(
            address=signed,
            network=network,
            nonce=nonce,
            first_valid=1,
            last_valid=2,
            kind="single",
        )


@dataclass
class LoggedSessions:
    """Implements application.accounts.open_sessions.SessionRows by reading the whole log."""

    log: EventLog

    def ids_of(self, account: AccountId) -> Sequence[SessionId]:
        return [
            SessionId(UUID(one.stream.id))
            for one in self.log.read_all()
            if isinstance(one.event, SessionOpened) and one.event.state.account == account
        ]


@dataclass
class People:
    """Accounts over one log, with what a test changes of their tools."""

    log: EventLog
    clock: MovableClock = field(default_factory=MovableClock)
    passwords: Any = field(default_factory=PlainPasswords)
    derivation: Any = field(default_factory=QuickDerivation)
    judge: Any = field(default_factory=EasyJudge)
    keys: KeyProvider = KEYS

    def __post_init__(self) -> None:
        self.vault = KeyVault(self.log, self.keys)  # type: ignore[arg-type]
        self.links = MailLinks(self.keys)
        self.one_time = TimeBasedPasswords()
        self.refresh_texts = RefreshTokens(self.keys)
        tools = Tools(
            vault=self.vault,
            passwords=self.passwords,
            derivation=self.derivation,
            judge=self.judge,
            refresh=self.refresh_texts,
            links=self.links,
            devices=SignedDevices(self.keys),
            one_time=self.one_time,
            api_keys=RandomApiKeys(),
            words=SeedWords(),
            challenges=SignedChallenges(self.keys),
            wallet_proofs=SaidProofs(),
            session_rows=LoggedSessions(self.log),
            clock=self.clock,
        )
        self.identity = Identity(self.log, tools)

    def register(self, email: str = EMAIL, password: str = PASSWORD) -> Registered:
        return self.identity.registration.register(email, password, VISITOR, origin())

    def sign_in(
        self, password: str = PASSWORD, email: str = EMAIL, code: str | None = None, **visitor: Any
    ) -> Any:
        attempt = attempted(password, code, **visitor)
        return self.identity.sign_in.sign_in(email, None, attempt)

    def set_second_factor(
        self, account: AccountId, password: str = PASSWORD, session: SessionId | None = None
    ) -> tuple[bytes, list[str]]:
        """Return the key and the recovery codes."""
        factors = self.identity.second_factors
        factors.offer(account, attempted(password))
        key = self.vault.unsealed(account, "one-time-key-offered")
        assert key is not None
        kept = session or SessionId(uuid4())
        codes = factors.confirm(account, kept, self.code(key), VISITOR, origin())
        return key, codes

    def confirmed(
        self, account: AccountId, password: str = PASSWORD, code: str | None = None
    ) -> Confirmation:
        """Return what somebody confirms with who is signed in."""
        attempt = attempted(password, code)
        return Confirmation(account=account, session=SessionId(uuid4()), attempt=attempt)

    def verify(self, account: AccountId) -> None:
        """Open the link that was mailed at the sign-up."""
        issued = self.identity.directory.person(account).account.links[LinkPurpose.VERIFY_EMAIL]
        text = self.links.text(LinkPurpose.VERIFY_EMAIL.value, account, issued.link)
        self.identity.links.verify_email(text, origin())

    def code(self, key: bytes) -> str:
        """Return what an authenticator shows now."""
        return pyotp.TOTP(self.one_time.spelled(key)).at(self.clock.now())

    def names(self, kind: str = "") -> list[str]:
        """Return the names of events of one kind of streams, in order."""
        return [
            name_of(one.stream.kind, one.event)
            for one in self.log.read_all()
            if one.stream.kind.value.startswith(kind)
        ]


def origin(actor: str = "anonymous") -> Origin:
    return Origin(actor=Actor(actor), command=uuid4(), correlation="c-1")


def attempted(password: str = PASSWORD, code: str | None = None, **visitor: Any) -> Attempt:
    seen = {"address": VISITOR.address, "user_agent": VISITOR.user_agent} | visitor
    return Attempt(password=password, code=code, visitor=Visitor(**seen), origin=origin())
