"""The engine on the real Algorand ledger: a log, static keys, and nodes of a test's choice."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from uuid import UUID, uuid4

from algosdk.v2client.algod import AlgodClient

from application.engine.chain import Policy
from application.engine.drive import Engine
from domain.log import EventLog
from domain.tokens import AsaFungible
from domain.values import (
    DeploymentId,
    Family,
    NetworkRef,
    SignerId,
    SignerRef,
)
from infrastructure.addresses import algorand_address_text
from infrastructure.algorand.binding import Terms
from infrastructure.algorand.chain import AlgorandChain
from infrastructure.algorand.groups import public_key
from infrastructure.algorand.node import Algod as Node
from infrastructure.algorand.node import Indexer as Reader
from infrastructure.algorand.nodes import Nodes
from infrastructure.devnet.algod import DEVELOPMENT_SEED, Algod
from infrastructure.devnet.indexer import Indexer
from infrastructure.system_clock import SystemClock
from tests.driven_world import DrivenWorld, ask_for

POLICY = Policy(
    depth=1,
    required_operators=1,
    undecided_limit=16,
    sponsored=True,
    index_patience=30.0,
    stuck_after=5.0,
    rebroadcast_after=0.5,
    poll=0.05,
    most_slots=3,
)
WINDOW = 8
TERMS = AsaFungible(
    name="Gold Bond",
    unit_name="GLD",
    decimals=6,
    total=2**64 - 1,
    url="https://example.com/gold",
    metadata_hash=b"\7" * 32,
)


class StaticKeys:
    """Implements application.engine.chain.SigningKeys: a key from each signer's id."""

    rich = True

    def seed_of(self, signer: UUID) -> bytes:
        return sha256(signer.bytes).digest()

    def treasury(self, network: NetworkRef) -> bytes | None:
        return DEVELOPMENT_SEED if self.rich else None


@dataclass
class OneAlgorand:
    """Implements application.engine.chain.Chains."""

    chain: AlgorandChain

    def of(self, network: NetworkRef) -> AlgorandChain | None:
        return self.chain if network.key == self.chain.network.key else None


def reference(node: Algod) -> NetworkRef:
    return NetworkRef(id="algorand", family=Family.ALGORAND, genesis_hash=node.genesis_hash)


def adapter(
    node: Algod,
    urls: Sequence[str] = (),
    policy: Policy = POLICY,
    readers: Sequence[Indexer] = (),
    timeout: float = 5.0,
    standstill: float = 60.0,
    window: int = WINDOW,
) -> AlgorandChain:
    """Make the adapter of a devnet's chain; `urls` puts other nodes before it."""
    network = reference(node)
    nodes = [
        Node(url, node.token, f"operator-{number}", timeout)
        for number, url in enumerate(urls or node.urls[:1], 1)
    ]
    indexers = [Reader(one.url, one.algod_token, "reader", timeout) for one in readers]
    sought = Nodes(network, nodes, policy.required_operators, standstill)
    terms = Terms(window=window, highest_fee=10_000)
    return AlgorandChain(network, policy, terms, sought, indexers)


def make_engine(log: EventLog, chain: AlgorandChain, keys: StaticKeys | None = None) -> Engine:
    return Engine(log, OneAlgorand(chain), keys or StaticKeys(), SystemClock(), quiet=0)


def request(
    log: EventLog, network: NetworkRef, signer: SignerId, deployment: DeploymentId, **terms: object
) -> None:
    """Ask for an asset whose roles are the signer's."""
    address = address_of(signer)
    roles = dict.fromkeys(("manager", "reserve", "freeze", "clawback"), address)
    token = replace(TERMS, **(roles | terms))  # type: ignore[arg-type]
    ask_for(log, network, SignerRef(id=signer, address=address), deployment, token)


def address_of(signer: SignerId) -> bytes:
    return public_key(StaticKeys().seed_of(signer))


def assets_of(node: Algod, address: bytes) -> list[dict[str, object]]:
    """Ask the ledger itself what an account has created."""
    client = AlgodClient(node.token, node.url)
    found = client.account_info(algorand_address_text(address))
    return list(found.get("created-assets", ()))


@dataclass
class AlgorandWorld(DrivenWorld):
    node: Algod
    chain: AlgorandChain | None = None
    keys: StaticKeys = field(default_factory=StaticKeys)

    def __post_init__(self) -> None:
        self.chain = self.chain or adapter(self.node)
        self.network = self.chain.network
        self.engine = make_engine(self.log, self.chain, self.keys)

    @property
    def address(self) -> bytes:
        return address_of(self.signer)

    def request(self, **terms: object) -> DeploymentId:
        deployment = DeploymentId(uuid4())
        request(self.log, self.network, self.signer, deployment, **terms)
        return deployment

    def assets(self) -> list[dict[str, object]]:
        return assets_of(self.node, self.address)
