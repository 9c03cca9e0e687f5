"""The engine on a real EVM chain: a log, static keys, and nodes of a test's choice."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID, uuid4

from application.engine.chain import Policy
from application.engine.drive import Engine
from domain.deployment import Deployment
from domain.log import EventLog
from domain.tokens import MintableErc20
from domain.values import (
    DeploymentId,
    Family,
    NetworkRef,
    SignerId,
    SignerRef,
)
from infrastructure.devnet.anvil import DEVELOPMENT_KEY, Anvil
from infrastructure.evm.chain import EvmChain, Fees
from infrastructure.evm.node import Node
from infrastructure.evm.nodes import Nodes
from infrastructure.system_clock import SystemClock
from tests.driven_world import DrivenWorld, ask_for

POLICY = Policy(
    depth=2,
    required_operators=1,
    undecided_limit=16,
    sponsored=True,
    index_patience=1.0,
    stuck_after=5.0,
    rebroadcast_after=0.5,
    poll=0.05,
    most_slots=3,
)
FEES = Fees(highest_per_gas=100 * 10**9, tip=10**9, gas_margin=10)
TERMS = MintableErc20(
    name="Gold Bond",
    symbol="GLD",
    decimals=6,
    cap=5_000_000,
    initial_supply=1_000_000,
    receiver=b"\1" * 20,
    owner=b"\1" * 20,
)


class StaticKeys:
    """Implements application.engine.chain.SigningKeys: a key from each signer's id."""

    def seed_of(self, signer: UUID) -> bytes:
        return sha256(signer.bytes).digest()

    def treasury(self, network: NetworkRef) -> bytes | None:
        return DEVELOPMENT_KEY


@dataclass
class OneEvm:
    """Implements application.engine.chain.Chains."""

    chain: EvmChain

    def of(self, network: NetworkRef) -> EvmChain | None:
        return self.chain if network.key == self.chain.network.key else None


def reference(anvil: Anvil) -> NetworkRef:
    return NetworkRef(
        id="anvil",
        family=Family.EVM,
        chain_id=anvil.chain_id,
        genesis_hash=anvil.genesis_hash,
    )


def adapter(
    network: NetworkRef, *urls: str, policy: Policy = POLICY, timeout: float = 3.0
) -> EvmChain:
    nodes = [Node(url, f"operator-{number}", timeout) for number, url in enumerate(urls, 1)]
    return EvmChain(network, policy, FEES, Nodes(network, nodes, policy.required_operators))


def make_engine(log: EventLog, chain: EvmChain) -> Engine:
    return Engine(log, OneEvm(chain), StaticKeys(), SystemClock(), quiet=0)


def request(
    log: EventLog, network: NetworkRef, signer: SignerId, deployment: DeploymentId, **terms: object
) -> None:
    """Ask for a token whose receiver and owner are the signer."""
    address = address_of(signer)
    token = replace(TERMS, receiver=address, owner=address, **terms)  # type: ignore[arg-type]
    ask_for(log, network, SignerRef(id=signer, address=address), deployment, token)


def address_of(signer: SignerId) -> bytes:
    from eth_keys.datatypes import PrivateKey

    return PrivateKey(StaticKeys().seed_of(signer)).public_key.to_canonical_address()


@dataclass
class EvmWorld(DrivenWorld):
    anvil: Anvil
    urls: Sequence[str] = ()
    policy: Policy = POLICY
    timeout: float = 3.0

    def __post_init__(self) -> None:
        self.network = reference(self.anvil)
        self.chain = adapter(
            self.network,
            *(self.urls or (self.anvil.url,)),
            policy=self.policy,
            timeout=self.timeout,
        )
        self.engine = make_engine(self.log, self.chain)

    @property
    def address(self) -> bytes:
        return address_of(self.signer)

    @property
    def account(self) -> str:
        return "0x" + self.address.hex()

    def give_coins(self, wei: int = 10**18) -> None:
        self.anvil.ask("anvil_setBalance", self.account, hex(wei))

    def request(self, **terms: object) -> DeploymentId:
        deployment = DeploymentId(uuid4())
        request(self.log, self.network, self.signer, deployment, **terms)
        return deployment

    def for_a_while(self, deployment: DeploymentId, seconds: float = 1.5) -> Deployment:
        """Drive for a while, whatever comes of it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.drive(deployment) is not None:
            time.sleep(0.05)
        return self.state(deployment)

    def nonce(self) -> int:
        return int(self.anvil.ask("eth_getTransactionCount", self.account, "latest"), 16)
