"""The catalogue of networks: which chains there are, through which nodes, under which policy.

A file, so that a network is added by configuration alone. Chain ids and genesis
hashes come from here and never from a node.
"""

import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from domain.values import Family, NetworkRef

SECOND_NETWORK = "two networks are called {}"


class BadCatalogue(Exception):
    """The catalogue cannot be used; the message names the place."""


class NodeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    url: str
    operator: str
    """Who runs it. Two nodes of one operator are one voice."""

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"http", "https"} or not self.operator:
            raise ValueError("a node has an http(s) url and the name of its operator")


class PolicyEntry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="kebab"
):
    depth: int = 12
    """Blocks, the inclusion block included, before Confirmed is said."""
    required_operators: int = 2
    """How many operators have to state a block as final."""
    undecided_limit: int = 16
    sponsored: bool = False
    """Whether the treasury pays for users without coins."""
    highest_fee_per_gas: str = "200000000000"
    """Wei, as a decimal string."""
    tip: str = "1000000000"
    """Wei, as a decimal string."""
    gas_margin: int = 10
    """Percent on top of the estimate."""
    index_patience: float = 60.0
    stuck_after: float = 300.0
    rebroadcast_after: float = 30.0
    poll: float = 2.0
    timeout: float = 10.0
    """Seconds, all five."""

    def __post_init__(self) -> None:
        whole = (self.depth, self.required_operators, self.undecided_limit)
        if min(whole) < 1 or self.gas_margin < 0:
            raise ValueError("depth, required-operators and undecided-limit start at 1")
        if not (self.highest_fee_per_gas + self.tip).isdecimal():
            raise ValueError("highest-fee-per-gas and tip are wei, as decimal strings")


class NetworkEntry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="kebab"
):
    id: str
    name: str
    family: Family
    genesis_hash: str
    chain_id: int | None = None
    development: bool = False
    """Nobody signs its blocks: outcomes have level `development`."""
    nodes: tuple[NodeEntry, ...]
    policy: PolicyEntry = PolicyEntry()

    def __post_init__(self) -> None:
        operators = {node.operator for node in self.nodes}
        if len(operators) < self.policy.required_operators:
            raise ValueError(f"{self.id}: {len(operators)} operators, more are required")
        if not self.id.replace("-", "").replace(".", "").isalnum() or not self.id.isascii():
            raise ValueError("a network's id has letters, digits, dots and hyphens")
        self.reference  # noqa: B018 - checks chain id and genesis hash

    @property
    def reference(self) -> NetworkRef:
        return NetworkRef(
            id=self.id,
            family=self.family,
            chain_id=self.chain_id,
            genesis_hash=bytes.fromhex(self.genesis_hash.removeprefix("0x")),
        )


class _File(msgspec.Struct, forbid_unknown_fields=True):
    network: tuple[NetworkEntry, ...] = ()


class Catalogue:
    def __init__(self, entries: tuple[NetworkEntry, ...]) -> None:
        self.entries = entries
        self._by_id: Mapping[str, NetworkEntry] = {entry.id: entry for entry in entries}
        if len(self._by_id) < len(entries):
            raise BadCatalogue("two networks have the same id")

    def by_id(self, network: str) -> NetworkEntry | None:
        return self._by_id.get(network)

    def by_chain_id(self, chain_id: int) -> NetworkEntry | None:
        """Return the one network with this chain id; None where there is none, or more."""
        found = [entry for entry in self.entries if entry.chain_id == chain_id]
        return found[0] if len(found) == 1 else None

    def by_reference(self, network: NetworkRef) -> NetworkEntry | None:
        """Return the network with this very identity, whatever it is called now."""
        keys = (entry for entry in self.entries if entry.reference.key == network.key)
        return next(keys, None)


def read_catalogue(path: Path) -> Catalogue:
    """Read the catalogue file.

    Raises:
        BadCatalogue: it cannot be read, or a rule is broken; the message says where.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return Catalogue(msgspec.convert(raw, _File).network)
    except OSError as error:
        raise BadCatalogue(f"{path} cannot be read: {type(error).__name__}") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise BadCatalogue(f"{path}: {error}") from None


def development_entry(
    network: str, chain_id: int, genesis_hash: bytes, url: str, poll: float
) -> NetworkEntry:
    """Describe a development chain: one operator, sponsored, quick."""
    policy = PolicyEntry(
        depth=2, required_operators=1, sponsored=True, poll=poll, rebroadcast_after=5.0
    )
    return NetworkEntry(
        id=network,
        name="Development network (Anvil)",
        family=Family.EVM,
        genesis_hash="0x" + genesis_hash.hex(),
        chain_id=chain_id,
        development=True,
        nodes=(NodeEntry(url=url, operator="devnet"),),
        policy=policy,
    )


def write_catalogue(path: Path, *entries: NetworkEntry) -> None:
    """Write a catalogue, whole or not at all: for whoever starts development chains."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(msgspec.toml.encode(_File(network=entries)))
    Path(file.name).replace(path)
