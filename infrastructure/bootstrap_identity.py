"""Assembles what accounts are made of, for the API and for the operator's commands."""

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager

from application.accounts.identity import Identity, Tools
from application.accounts.ports import Derived, Passwords
from application.credentials import PasswordJudge
from domain.log import EventLog, SecretStore
from domain.values import AccountId, SessionId
from infrastructure.algorand.wallet_proofs import open_wallet_proofs
from infrastructure.api_key_texts import RandomApiKeys
from infrastructure.bounded_work import BoundedWork
from infrastructure.challenges import SignedChallenges
from infrastructure.custody import Custody
from infrastructure.devices import SignedDevices
from infrastructure.keys.words import SeedWords
from infrastructure.links import MailLinks
from infrastructure.networks import Catalogue
from infrastructure.one_time_passwords import TimeBasedPasswords
from infrastructure.password_strength import open_judge
from infrastructure.passwords import PhcPasswords
from infrastructure.refresh_tokens import RefreshTokens
from infrastructure.settings import Settings
from infrastructure.system_clock import SystemClock
from infrastructure.vault import Arc76Derivation, KeyVault
from projections.security_queries import SessionRows


class PooledPasswords:
    """Implements application.accounts.ports.Passwords: a few at once, and none too many."""

    def __init__(self, passwords: Passwords, proving: BoundedWork, making: BoundedWork) -> None:
        self._passwords = passwords
        self._proving = proving
        self._making = making
        self.needs_update = passwords.needs_update

    def hash(self, password: str) -> str:
        return self._making.run(lambda: self._passwords.hash(password))

    def verify(self, password: str, verifier: str | None) -> bool:
        return self._proving.run(lambda: self._passwords.verify(password, verifier))


class PooledDerivation:
    """Implements application.accounts.ports.Derivation, likewise."""

    def __init__(self, derivation: Arc76Derivation, work: BoundedWork) -> None:
        self._derivation = derivation
        self._work = work
        self.version = derivation.version

    def derive(self, email: str, password: str, slot: int = 0) -> Derived:
        return self._work.run(lambda: self._derivation.derive(email, password, slot))


class PooledJudge:
    """Implements application.credentials.PasswordJudge, likewise."""

    def __init__(self, judge: PasswordJudge, work: BoundedWork) -> None:
        self._judge = judge
        self._work = work

    def judge(self, password: str, context: Sequence[str]) -> str | None:
        return self._work.run(lambda: self._judge.judge(password, context))


class ListedSessions:
    """Implements application.accounts.open_sessions.SessionRows over the read model."""

    def __init__(self, rows: SessionRows) -> None:
        self._rows = rows

    def ids_of(self, account: AccountId) -> Sequence[SessionId]:
        return [SessionId(row.session) for row in self._rows.open_of(account)]


@contextmanager
def open_identity(
    settings: Settings,
    log: EventLog,
    secrets: SecretStore,
    custody: Custody,
    rows: SessionRows,
    catalogue: Catalogue,
    processes: int,
) -> Generator[Identity]:
    """Open what accounts need; end the threads of password work on the way out.

    Raises:
        BadPasswordList: the operator's list of common passwords cannot be read.
        BadCatalogue: an Algorand node wants a token that is not set.
    """
    root, access = custody.root, settings.access
    judge = open_judge(access.common_passwords)
    with (
        closing(BoundedWork.that_proves(processes)) as proving,
        closing(BoundedWork.that_makes()) as making,
    ):
        tools = Tools(
            vault=KeyVault(secrets, root, custody.envelope),
            passwords=PooledPasswords(PhcPasswords(access.scheme), proving, making),
            derivation=PooledDerivation(Arc76Derivation(), making),
            judge=PooledJudge(judge, making),
            refresh=RefreshTokens(root),
            links=MailLinks(root),
            devices=SignedDevices(root),
            one_time=TimeBasedPasswords(),
            api_keys=RandomApiKeys(),
            words=SeedWords(),
            challenges=SignedChallenges(root),
            wallet_proofs=open_wallet_proofs(catalogue, settings.node_tokens, access.realm),
            session_rows=ListedSessions(rows),
            clock=SystemClock(),
        )
        yield Identity(log, tools)
