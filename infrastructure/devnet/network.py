"""The development network of one data folder: its chain, its catalogue entry, its keys."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infrastructure.devnet.anvil import DEVELOPMENT_KEY, Anvil
from infrastructure.keys.provider import make_development_key
from infrastructure.networks import (
    BadCatalogue,
    development_entry,
    read_catalogue,
    write_catalogue,
)

NETWORK = "anvil"
POLL = 0.25
"""Seconds between two looks at an open deployment: blocks come every second here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Devnet:
    anvil: Anvil
    environment: dict[str, str]
    """What the service's processes need to know."""
    replaced: bool
    """Whether another chain than last time answers: what stands on the old one stays held."""


@contextmanager
def devnet(data: Path, block_time: str = "1") -> Generator[Devnet]:
    """Start the folder's chain where it was left, and describe it; stop it on the way out.

    Raises:
        AnvilFailed: the chain cannot be started.
    """
    data.mkdir(parents=True, exist_ok=True)
    make_development_key(data / "master.key")
    catalogue = data / "networks.toml"
    known = _known_genesis(catalogue)
    with Anvil(state=data / "anvil.json", block_time=block_time) as anvil:
        entry = development_entry(NETWORK, anvil.chain_id, anvil.genesis_hash, anvil.url, POLL)
        write_catalogue(catalogue, entry)
        environment = {
            "PROOFMINT_DATA": str(data),
            "PROOFMINT_NETWORKS": str(catalogue),
            f"PROOFMINT_TREASURY_KEY_{NETWORK.upper()}": DEVELOPMENT_KEY.hex(),
        }
        replaced = known is not None and known != anvil.genesis_hash
        yield Devnet(anvil=anvil, environment=environment, replaced=replaced)


def _known_genesis(catalogue: Path) -> bytes | None:
    try:
        entry = read_catalogue(catalogue).by_id(NETWORK)
    except BadCatalogue:
        return None
    return None if entry is None else entry.reference.genesis_hash
