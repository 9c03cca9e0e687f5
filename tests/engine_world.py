"""A small world for engine tests: a log, a scripted chain, and deployments in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID, uuid5

from application.commands import CancelDeployment, Origin, RequestDeployment, RetryDeployment
from application.engine.drive import Engine, Pause
from application.execute import CommandHandler, Executed
from domain.deployment import Deployment, replay, stream_of
from domain.events import DeploymentRequested, Event, SignerState
from domain.log import EventLog
from domain.signer import state_of
from domain.signer import stream_of as signer_stream
from domain.tokens import AsaFungible, MintableErc20, Token
from domain.values import (
    AccountId,
    Actor,
    DeploymentId,
    Family,
    SignerId,
    SignerRef,
    TenantId,
)
from tests.memory_log import MemoryLog
from tests.scripted_chain import OneChain, ScriptedChain, ScriptedKeys
from tests.scripted_leases import ScriptedLeases

SPACE = UUID(int=7)
TENANT = TenantId(uuid5(SPACE, "tenant"))
ACCOUNT = AccountId(uuid5(SPACE, "account"))
SIGNER = SignerId(uuid5(SPACE, "signer"))
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
FINGERPRINT = b"f" * 32


@dataclass
class Hands:
    """A clock that a test moves."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


ChainT = TypeVar("ChainT", ScriptedChain, ScriptedLeases)


@dataclass
class World(Generic[ChainT]):
    chain: ChainT = field(default_factory=ScriptedChain)  # type: ignore[assignment]
    keys: ScriptedKeys = field(default_factory=ScriptedKeys)
    clock: Hands = field(default_factory=Hands)
    listed: bool = True
    log: EventLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = MemoryLog(clock=self.clock.now)
        self.chain.balances[self.treasury] = 10**9

    @property
    def treasury(self) -> bytes:
        return self.chain.address_of(b"t" * 32)

    @property
    def user(self) -> bytes:
        return self.address_of(SIGNER)

    def address_of(self, signer: SignerId) -> bytes:
        return self.chain.address_of(self.keys.seed_of(signer))

    @property
    def engine(self) -> Engine:
        """A worker's engine; another one each time, as after a restart."""
        chains = OneChain(self.chain if self.listed else None)
        return Engine(self.log, chains, self.keys, self.clock, quiet=0)

    def request(self, name: str = "one", signer: SignerId = SIGNER) -> DeploymentId:
        deployment = DeploymentId(uuid5(SPACE, name))
        address = self.address_of(signer)
        requested = DeploymentRequested(
            tenant=TENANT,
            account=ACCOUNT,
            signer=SignerRef(id=signer, address=address),
            network=self.chain.network,
            token=terms(self.chain.network.family, address),
            fingerprint=FINGERPRINT,
        )
        command = RequestDeployment(deployment=deployment, request=requested)
        CommandHandler(self.log).execute(command, origin(name))
        return deployment

    def cancel(self, deployment: DeploymentId) -> Executed:
        command = CancelDeployment(
            deployment=deployment, tenant=TENANT, reason="typo", fingerprint=FINGERPRINT
        )
        return CommandHandler(self.log).execute(command, origin(f"cancel {deployment}"))

    def retry(self, deployment: DeploymentId, key: str = "retry") -> Executed:
        command = RetryDeployment(deployment=deployment, tenant=TENANT, fingerprint=FINGERPRINT)
        return CommandHandler(self.log).execute(command, origin(f"{key} {deployment}"))

    def drive(self, deployment: DeploymentId) -> Pause | None:
        return self.engine.drive(stream_of(deployment))

    def settle(self, deployment: DeploymentId, blocks: int = 20) -> Deployment:
        """Drive and mine in turns until nothing is open, or so many blocks have passed."""
        for _ in range(blocks):
            if self.drive(deployment) is None:
                break
            self.chain.mine()
            self.clock.pass_by(1)
        return self.state(deployment)

    def state(self, deployment: DeploymentId) -> Deployment:
        state = replay(self.events(deployment))
        assert state is not None
        return state

    def events(self, deployment: DeploymentId) -> Sequence[Event]:
        return [recorded.event for recorded in self.log.read(stream_of(deployment)).events]

    def names(self, deployment: DeploymentId) -> list[str]:
        return [type(event).__name__ for event in self.events(deployment)]

    def signer(self, address: bytes) -> SignerState | None:
        last = self.log.read_last(signer_stream(self.chain.network, address))
        return state_of(last.event) if last else None


def terms(family: Family, owner: bytes) -> Token:
    if family is Family.ALGORAND:
        return AsaFungible(name="Gold", unit_name="GLD", decimals=2, total=1000, manager=owner)
    return MintableErc20(
        name="Gold",
        symbol="GLD",
        decimals=2,
        cap=1000,
        initial_supply=10,
        receiver=owner,
        owner=owner,
    )


def origin(name: str) -> Origin:
    return Origin(actor=Actor(f"account:{ACCOUNT}"), command=uuid5(SPACE, name), correlation="c-1")
