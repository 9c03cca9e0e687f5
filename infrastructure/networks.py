"""The catalogue of networks: which chains there are, through which nodes, under which policy.

A file, so that a network is added by configuration alone. Chain ids and genesis
hashes come from here and never from a node.
"""

import math
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from domain.values import Family, NetworkRef

HASH = re.compile(r"0x[0-9a-fA-F]{64}")
ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
"""Lower case, since a setting that names a network is in upper case."""
AMOUNT = re.compile(r"0|[1-9][0-9]{0,77}")
LEAST_WINDOW, MOST_WINDOW = 4, 500
"""Rounds. Nothing begins in the last quarter; a slot reaches into no more than one window, and
a plain node keeps 1,000 rounds."""
LEAST_FEE = 1_000
"""Microalgos: the protocol's minimum."""
MOST_MARGIN = 1_000
"""Percent. More is a slip of the pen."""


class BadCatalogue(Exception):
    """The catalogue cannot be used; the message names the place."""


class NodeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    url: str
    operator: str
    """Who runs it. Two nodes of one operator are one voice."""
    token: str = ""
    """Names the setting PROOFMINT_NODE_TOKEN_<token> that holds its API token; secrets are no
    part of a catalogue. Algorand only."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError("a node has an http(s) url")
        if not self.operator or self.operator != self.operator.strip():
            raise ValueError("a node has the name of its operator, without blanks around")
        if self.token and not ID.fullmatch(self.token):
            raise ValueError("token is the name of a setting, in lower case: never a token itself")


class PolicyEntry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="kebab"
):
    depth: int = 12
    """Blocks, the inclusion block included, before Confirmed is said."""
    required_operators: int = 2
    """How many operators have to state a block as final."""
    undecided_limit: int = 16
    most_slots: int = 5
    """Slots of a step that may end unused before a deployment fails, with all their proofs."""
    sponsored: bool = False
    """Whether the treasury pays for users without coins."""
    highest_fee_per_gas: str = "200000000000"
    """Wei, as a decimal string."""
    tip: str = "1000000000"
    """Wei, as a decimal string."""
    gas_margin: int = 10
    """Percent on top of the estimate."""
    window: int = 40
    """Algorand: rounds in which a slot can be used. A longer one makes its proof dearer."""
    highest_fee: int = 10_000
    """Algorand: microalgos for one transaction."""
    standstill: float = 60.0
    """Algorand: seconds without a round, after which a node is not relied on."""
    index_patience: float = 60.0
    stuck_after: float = 300.0
    rebroadcast_after: float = 30.0
    poll: float = 2.0
    timeout: float = 10.0
    """Seconds, all five."""

    def __post_init__(self) -> None:
        least = min(self.depth, self.required_operators, self.undecided_limit, self.most_slots)
        if least < 1:
            raise ValueError("depth, required-operators, undecided-limit and most-slots start at 1")
        if not 0 <= self.gas_margin <= MOST_MARGIN:
            raise ValueError(f"gas-margin is 0 to {MOST_MARGIN} percent")
        if not all(AMOUNT.fullmatch(wei) for wei in (self.highest_fee_per_gas, self.tip)):
            raise ValueError("highest-fee-per-gas and tip are wei, as decimal strings")
        if int(self.highest_fee_per_gas) < max(1, int(self.tip)):
            raise ValueError("highest-fee-per-gas is more than 0, and no less than tip")
        if not LEAST_WINDOW <= self.window <= MOST_WINDOW:
            raise ValueError(f"window is {LEAST_WINDOW} to {MOST_WINDOW} rounds")
        if self.highest_fee < LEAST_FEE:
            raise ValueError(f"highest-fee is {LEAST_FEE} microalgos or more")
        seconds = (
            self.stuck_after,
            self.rebroadcast_after,
            self.poll,
            self.timeout,
            self.standstill,
        )
        if not all(math.isfinite(one) and one > 0 for one in seconds):
            raise ValueError(
                "stuck-after, rebroadcast-after, poll, timeout, standstill are seconds, above 0"
            )
        if not (math.isfinite(self.index_patience) and self.index_patience >= 0):
            raise ValueError("index-patience is seconds, from 0")


class NetworkEntry(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename="kebab",
    omit_defaults=True,  # TOML has no null
):
    id: str
    name: str
    family: Family
    genesis_hash: str
    chain_id: int | None = None
    development: bool = False
    """Nobody signs its blocks: outcomes have level `development`."""
    nodes: tuple[NodeEntry, ...]
    indexers: tuple[NodeEntry, ...] = ()
    """Algorand: independent readers. Without one, Indexed is not said."""
    policy: PolicyEntry = PolicyEntry()

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError("a network's id has lower-case letters, digits, dots and hyphens")
        operators = {node.operator for node in self.nodes}
        required = self.policy.required_operators
        if len(operators) < required:
            raise ValueError(f"{self.id}: {len(operators)} operators, {required} are required")
        if not HASH.fullmatch(self.genesis_hash):
            raise ValueError(f"{self.id}: genesis-hash is 0x and 32 bytes in hexadecimal")
        if self.chain_id is not None and self.chain_id < 1:
            raise ValueError(f"{self.id}: chain-id starts at 1")
        if self.family is Family.EVM and self.indexers:
            raise ValueError(f"{self.id}: an EVM network is read by nodes, it has no indexers")
        self.reference  # noqa: B018 - checks that an EVM network has a chain id, and no other

    @property
    def reference(self) -> NetworkRef:
        return NetworkRef(
            id=self.id,
            family=self.family,
            chain_id=self.chain_id,
            genesis_hash=bytes.fromhex(self.genesis_hash.removeprefix("0x")),
        )


def setting_of(network: str) -> str:
    """Return how a setting names a network: a variable's name cannot hold dots."""
    return network.replace(".", "-")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    network: tuple[NetworkEntry, ...] = ()


class Catalogue:
    def __init__(self, entries: tuple[NetworkEntry, ...]) -> None:
        self.entries = entries
        self._by_id: Mapping[str, NetworkEntry] = {entry.id: entry for entry in entries}
        if len(self._by_id) < len(entries):
            raise BadCatalogue("two networks have the same id")
        if len({setting_of(entry.id) for entry in entries}) < len(entries):
            raise BadCatalogue("two networks differ in dots alone: settings cannot name them")
        # Two names for one chain would be two policies for the same nonces.
        if len({entry.reference.key for entry in entries}) < len(entries):
            raise BadCatalogue("two networks are the same chain")

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
    except (ValueError, BadCatalogue) as error:
        raise BadCatalogue(f"{path}: {error}") from None


def write_catalogue(path: Path, *entries: NetworkEntry) -> None:
    """Write a catalogue, whole or not at all: for whoever starts development chains."""
    text = msgspec.toml.encode(_File(network=entries))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(text)
    Path(file.name).replace(path)
