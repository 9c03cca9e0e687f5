"""The development network of one data folder: chains, their catalogue entries and keys, mails."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.anvil import DEVELOPMENT_KEY, Anvil
from infrastructure.devnet.entries import TOKEN, algorand_entry, anvil_entry
from infrastructure.devnet.indexer import Indexer
from infrastructure.devnet.mailbox import SENDER, Mailbox
from infrastructure.keys.provider import make_development_key
from infrastructure.mail_settings import MAIL_FROM, SMTP_URL
from infrastructure.networks import BadCatalogue, read_catalogue, write_catalogue

EVM = "anvil"
ALGORAND = "algorand-devnet"
POLL = 0.25
"""Seconds between two looks at an open deployment: blocks come every second here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Devnet:
    anvil: Anvil
    algod: Algod
    indexer: Indexer
    mailbox: Mailbox
    environment: dict[str, str]
    """What the service's processes need to know."""
    replaced: tuple[str, ...]
    """Networks with another chain than last time: what stands on the old one stays held."""


@contextmanager
def devnet(data: Path, block_seconds: float = 1) -> Generator[Devnet]:
    """Start the folder's chains where they were left, and a mail server; stop all on the way out.

    Args:
        data: the folder; everything of the chains lies below it.
        block_seconds: between two blocks, and between two rounds.

    Raises:
        AnvilFailed: the EVM chain cannot be started.
        AlgodFailed: the Algorand chain cannot be started.
        IndexerFailed: the indexer cannot be started.
        MailboxFailed: the mail server cannot be started.
    """
    data.mkdir(parents=True, exist_ok=True)
    make_development_key(data / "master.key")
    catalogue = data / "networks.toml"
    known = _known_genesis(catalogue)
    token = secrets.token_hex(32)
    with (
        Anvil(state=data / "anvil.json", block_time=f"{block_seconds:g}") as anvil,
        Algod(data / "algorand", round_seconds=block_seconds, token=token) as algod,
        Indexer(data / "algorand-indexer.db", algod.url, token) as indexer,
        Mailbox(data / "mails") as mailbox,
    ):
        entries = (
            anvil_entry(EVM, anvil.chain_id, anvil.genesis_hash, anvil.url, POLL),
            algorand_entry(ALGORAND, algod.genesis_hash, algod.url, indexer.url, POLL),
        )
        write_catalogue(catalogue, *entries)
        environment = {
            "PROOFMINT_DATA": str(data),
            "PROOFMINT_NETWORKS": str(catalogue),
            f"PROOFMINT_NODE_TOKEN_{TOKEN.upper()}": token,
            _treasury_of(EVM): DEVELOPMENT_KEY.hex(),
            _treasury_of(ALGORAND): algod.treasury.hex(),
            SMTP_URL: mailbox.url,
            MAIL_FROM: SENDER,
        }
        replaced = tuple(
            entry.id
            for entry in entries
            if known.get(entry.id, entry.genesis_hash) != entry.genesis_hash
        )
        yield Devnet(
            anvil=anvil,
            algod=algod,
            indexer=indexer,
            mailbox=mailbox,
            environment=environment,
            replaced=replaced,
        )


def _treasury_of(network: str) -> str:
    return f"PROOFMINT_TREASURY_KEY_{network.upper().replace('-', '_')}"


def _known_genesis(catalogue: Path) -> dict[str, str]:
    """Return the chains of last time, by network; empty where there were none."""
    try:
        return {entry.id: entry.genesis_hash for entry in read_catalogue(catalogue).entries}
    except BadCatalogue:
        return {}
