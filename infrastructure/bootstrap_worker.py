"""The worker's composition root, apart from the others: it alone loads the chains' libraries."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import assert_never

from application.engine.chain import Chain, Policy
from application.engine.drive import Engine
from application.engine.work import WorkQueue
from domain.values import Family, NetworkRef
from infrastructure.algorand.binding import Terms
from infrastructure.algorand.chain import AlgorandChain
from infrastructure.algorand.node import Algod, Indexer
from infrastructure.algorand.nodes import Nodes as AlgorandNodes
from infrastructure.custody import open_custody
from infrastructure.event_log import StoredLog, open_log
from infrastructure.evm.chain import EvmChain, Fees
from infrastructure.evm.node import Node
from infrastructure.evm.nodes import Nodes as EvmNodes
from infrastructure.keys.signing_keys import StoredSigningKeys
from infrastructure.migrate import require_schema
from infrastructure.networks import (
    BadCatalogue,
    Catalogue,
    NetworkEntry,
    NodeEntry,
    PolicyEntry,
    read_catalogue,
)
from infrastructure.settings import NODE_TOKEN, Settings
from infrastructure.system_clock import SystemClock
from infrastructure.work_queue import open_work_queue


class CataloguedChains:
    """Implements application.engine.chain.Chains over the catalogue."""

    def __init__(self, catalogue: Catalogue, tokens: Mapping[str, str]) -> None:
        """Make the adapter of every catalogued network.

        Args:
            catalogue: the networks.
            tokens: API token of nodes, by the name that the catalogue calls it.

        Raises:
            BadCatalogue: it names a token that is not set.
        """
        self._chains: dict[str, Chain] = {
            entry.reference.key: chain_of(entry, tokens) for entry in catalogue.entries
        }

    def of(self, network: NetworkRef) -> Chain | None:
        return self._chains.get(network.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    log: StoredLog
    queue: WorkQueue
    engine: Engine
    clock: SystemClock


@contextmanager
def worker_parts(settings: Settings) -> Generator[WorkerParts]:
    """Open what one worker process needs; close it on the way out.

    Raises:
        WrongSchema: the database is not at this release's schema.
        BadCatalogue: the network catalogue cannot be used.
        NoRoot, NotOpened, KeysUnavailable: see infrastructure.custody.
    """
    require_schema(settings.database_url)
    chains = CataloguedChains(read_catalogue(settings.networks), settings.node_tokens)
    clock = SystemClock()
    with (
        open_log(settings.database_url) as log,
        open_work_queue(settings.database_url) as queue,
    ):
        custody = open_custody(settings.keys, log)
        keys = StoredSigningKeys(log, custody.envelope, settings.treasuries)
        engine = Engine(log, chains, keys, clock)
        yield WorkerParts(log=log, queue=queue, engine=engine, clock=clock)


def chain_of(entry: NetworkEntry, tokens: Mapping[str, str]) -> Chain:
    """Make the adapter of one catalogued network.

    Raises:
        BadCatalogue: it names a token that is not set.
    """
    match entry.family:
        case Family.EVM:
            return evm_chain(entry)
        case Family.ALGORAND:
            return algorand_chain(entry, tokens)
        case _:
            assert_never(entry.family)


def evm_chain(entry: NetworkEntry) -> EvmChain:
    chosen, reference = entry.policy, entry.reference
    fees = Fees(
        highest_per_gas=int(chosen.highest_fee_per_gas),
        tip=int(chosen.tip),
        gas_margin=chosen.gas_margin,
    )
    nodes = [Node(node.url, node.operator, chosen.timeout) for node in entry.nodes]
    sought = EvmNodes(reference, nodes, chosen.required_operators)
    return EvmChain(reference, _policy(chosen, chosen.depth), fees, sought)


def algorand_chain(entry: NetworkEntry, tokens: Mapping[str, str]) -> AlgorandChain:
    chosen, reference = entry.policy, entry.reference
    terms = Terms(window=chosen.window, highest_fee=chosen.highest_fee)
    nodes = [
        Algod(node.url, _token(node, tokens), node.operator, chosen.timeout) for node in entry.nodes
    ]
    indexers = [
        Indexer(node.url, _token(node, tokens), node.operator, chosen.timeout)
        for node in entry.indexers
    ]
    sought = AlgorandNodes(reference, nodes, chosen.required_operators, chosen.standstill)
    # What is in a block is final here: there is no depth to wait for.
    return AlgorandChain(reference, _policy(chosen, depth=1), terms, sought, indexers)


def _token(node: NodeEntry, tokens: Mapping[str, str]) -> str:
    if node.token and node.token not in tokens:
        wanted = NODE_TOKEN + node.token.upper().replace("-", "_").replace(".", "_")
        raise BadCatalogue(f"{node.url} wants {wanted}, which is not set")
    return tokens.get(node.token, "")


def _policy(chosen: PolicyEntry, depth: int) -> Policy:
    return Policy(
        depth=depth,
        required_operators=chosen.required_operators,
        undecided_limit=chosen.undecided_limit,
        sponsored=chosen.sponsored,
        index_patience=chosen.index_patience,
        stuck_after=chosen.stuck_after,
        rebroadcast_after=chosen.rebroadcast_after,
        poll=chosen.poll,
        most_slots=chosen.most_slots,
    )
