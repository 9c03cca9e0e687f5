"""Signing in with a wallet (ARC-14, a draft): a challenge of ours, signed, good once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from application.accounts.directory import Directory
from application.accounts.erasure import Erasure
from application.accounts.facts import Facts, version_of
from application.accounts.own_tenants import own_tenant
from application.accounts.ports import PERSON_KEY, Vault, Visitor
from application.accounts.refusals import Forbidden
from application.accounts.sessions import Granted, Sessions
from application.accounts.settling import settle
from application.clock import Clock
from application.commands import Origin
from application.wallet_proofs import InvalidProof, WalletProofs
from domain import account as accounts
from domain import tenant as tenants
from domain.account import Account
from domain.events import (
    ChallengeUsed,
    Proof,
    TenantCreated,
    WalletAccountRegistered,
    WalletClaimed,
    WalletReleased,
)
from domain.log import EventLog
from domain.streams import NOTHING, StreamId, StreamKind
from domain.values import AccountId, NetworkRef, TenantId


class Challenges(Protocol):
    def new(self, now: datetime) -> tuple[bytes, datetime]:
        """Return a nonce that we shall know again, and when it ends."""
        ...

    def holds(self, nonce: bytes, now: datetime) -> bool:
        """Tell whether a nonce is ours and has not ended."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    nonce: bytes
    note: bytes
    """What the wallet signs in the note of a payment of nothing to itself."""
    expires_at: datetime


class Wallets:
    def __init__(
        self,
        log: EventLog,
        directory: Directory,
        vault: Vault,
        sessions: Sessions,
        challenges: Challenges,
        proofs: WalletProofs,
        erasure: Erasure,
        clock: Clock,
    ) -> None:
        self._log = log
        self._directory = directory
        self._vault = vault
        self._sessions = sessions
        self._challenges = challenges
        self._proofs = proofs
        self._erasure = erasure
        self._clock = clock

    def challenge(self) -> Challenge:
        nonce, ends = self._challenges.new(self._clock.now())
        return Challenge(nonce=nonce, note=self._proofs.note(nonce), expires_at=ends)

    def sign_in(
        self,
        network: NetworkRef,
        nonce: bytes,
        signed: bytes,
        tenant: TenantId | None,
        visitor: Visitor,
        origin: Origin,
    ) -> Granted:
        """Open a session for the holder of a wallet; the first time, an account, too.

        Args:
            network: whose genesis hash was signed, and whose nodes know who may sign.
            nonce: of the challenge.
            signed: the signed transaction, msgpack. It is never sent.
            tenant: for which tenant; the account's own where none is named.
            visitor: where the request comes from.
            origin: of the command.

        Raises:
            InvalidProof: what was signed proves nothing, or has been used.
            Forbidden: no member there.
            ChainUnavailable: no node tells who may sign for the wallet.
        """
        wallet = self._proven(network, nonce, signed)

        def decide(facts: Facts) -> Granted:
            account, key = self._account(network, wallet, facts)
            wanted = own_tenant(account, facts) if tenant is None else tenant
            if tenant is not None and tenant not in account.tenants:
                raise Forbidden
            self._use(nonce, account.id, facts)
            return self._sessions.open(facts, account, wanted, visitor, Proof.WALLET, key)

        return settle(self._log, origin, decide)

    def erase(
        self, account: AccountId, network: NetworkRef, nonce: bytes, signed: bytes, origin: Origin
    ) -> None:
        """Erase the account of a wallet, by a new signature of it. There is no way back.

        Raises:
            InvalidProof: what was signed proves nothing, has been used, or is another wallet's.
            LastOwner: a tenant with other members would have no owner.
            ChainUnavailable: no node tells who may sign for the wallet.
        """
        wallet = self._proven(network, nonce, signed)

        def decide(facts: Facts) -> None:
            person, claim = self._directory.person(account), _claim(network, wallet)
            last = self._log.read_last(claim)
            if last is None or last.event != WalletClaimed(account=account):
                raise InvalidProof("another wallet signed, or for another network")
            self._use(nonce, account, facts)
            self._erasure.end(person, facts)
            facts.add(claim, WalletReleased(), version_of(last))

        settle(self._log, origin, decide)

    def _proven(self, network: NetworkRef, nonce: bytes, signed: bytes) -> bytes:
        """Return the wallet whose holder signed a challenge of ours."""
        if not self._challenges.holds(nonce, self._clock.now()):
            raise InvalidProof("the challenge is not ours, or has ended")
        return self._proofs.check(network, signed, nonce).address

    def _use(self, nonce: bytes, account: AccountId, facts: Facts) -> None:
        """Add that a challenge is used up.

        Raises:
            InvalidProof: it was used before.
        """
        used = StreamId(StreamKind.CHALLENGE, nonce.hex())
        if self._log.read_last(used) is not None:
            raise InvalidProof("the challenge was used before")
        facts.add(used, ChallengeUsed(account=account), NOTHING)

    def _account(
        self, network: NetworkRef, wallet: bytes, facts: Facts
    ) -> tuple[Account, bytes | None]:
        """Return the account of a wallet; add one to the facts where there is none."""
        claim = _claim(network, wallet)
        last = self._log.read_last(claim)
        if last is not None and isinstance(last.event, WalletClaimed):
            person = self._directory.person(last.event.account)
            facts.expect(person.stream, person.version)
            return person.account, self._directory.person_key(person.account.id)
        account, tenant = AccountId(uuid4()), TenantId(uuid4())
        facts.add(claim, WalletClaimed(account=account), version_of(last))
        registered = WalletAccountRegistered(tenant=tenant, wallet=wallet)
        facts.add(accounts.stream_of(account), registered, NOTHING)
        facts.add(tenants.stream_of(tenant), TenantCreated(owner=account), NOTHING)
        key = self._vault.new_person_key()
        facts.keep(self._vault.seal(account, PERSON_KEY, key))
        return Account(id=account, tenant=tenant, tenants=(tenant,), wallet=wallet), key


def _claim(network: NetworkRef, wallet: bytes) -> StreamId:
    """Return the stream of a wallet on one network: who may sign for it differs between them."""
    return StreamId(StreamKind.WALLET_CLAIM, f"{network.key}-{wallet.hex()}")
