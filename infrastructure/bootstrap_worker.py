"""The worker's composition root, apart from the others: it alone loads the chains' libraries."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from application.engine.chain import Policy
from application.engine.drive import Engine
from application.engine.work import WorkQueue
from domain.values import Family, NetworkRef
from infrastructure.event_log import StoredLog, open_log
from infrastructure.evm.chain import EvmChain, Fees
from infrastructure.evm.node import Node
from infrastructure.evm.nodes import Nodes
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.signing_keys import StoredSigningKeys
from infrastructure.migrate import require_schema
from infrastructure.networks import Catalogue, NetworkEntry, read_catalogue
from infrastructure.settings import Settings
from infrastructure.system_clock import SystemClock
from infrastructure.work_queue import open_work_queue


class CataloguedChains:
    """Implements application.engine.chain.Chains over the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._chains = {
            entry.reference.key: evm_chain(entry)
            for entry in catalogue.entries
            if entry.family is Family.EVM
        }

    def of(self, network: NetworkRef) -> EvmChain | None:
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
    """
    require_schema(settings.database_url)
    chains = CataloguedChains(read_catalogue(settings.networks))
    clock = SystemClock()
    with (
        open_log(settings.database_url) as log,
        open_work_queue(settings.database_url) as queue,
    ):
        keys = StoredSigningKeys(log, Envelope(settings.keys), settings.treasuries)
        engine = Engine(log, chains, keys, clock)
        yield WorkerParts(log=log, queue=queue, engine=engine, clock=clock)


def evm_chain(entry: NetworkEntry) -> EvmChain:
    """Make the adapter of one catalogued EVM network."""
    chosen = entry.policy
    policy = Policy(
        depth=chosen.depth,
        required_operators=chosen.required_operators,
        undecided_limit=chosen.undecided_limit,
        sponsored=chosen.sponsored,
        index_patience=chosen.index_patience,
        stuck_after=chosen.stuck_after,
        rebroadcast_after=chosen.rebroadcast_after,
        poll=chosen.poll,
        most_slots=chosen.most_slots,
    )
    fees = Fees(
        highest_per_gas=int(chosen.highest_fee_per_gas),
        tip=int(chosen.tip),
        gas_margin=chosen.gas_margin,
    )
    nodes = [Node(node.url, node.operator, chosen.timeout) for node in entry.nodes]
    reference = entry.reference
    return EvmChain(reference, policy, fees, Nodes(reference, nodes, chosen.required_operators))
