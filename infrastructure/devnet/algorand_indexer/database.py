"""The database: one file, one writer, and readers that see whole rounds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from infrastructure.devnet.algorand_indexer.upstream import Origin

SCHEMA = """
CREATE TABLE IF NOT EXISTS chain (
    hash BLOB NOT NULL, id TEXT NOT NULL, round INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS block (
    round INTEGER PRIMARY KEY, time INTEGER NOT NULL, hash BLOB NOT NULL, header BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS block_time ON block (time);
CREATE TABLE IF NOT EXISTS txn (
    round INTEGER, intra INTEGER, root INTEGER, txid TEXT, type TEXT NOT NULL,
    asset INTEGER NOT NULL, note BLOB NOT NULL, grp BLOB, amount INTEGER, units BLOB,
    sig TEXT, rekeys INTEGER NOT NULL, logs INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (round, intra)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS txn_id ON txn (txid) WHERE txid IS NOT NULL;
CREATE INDEX IF NOT EXISTS txn_asset ON txn (asset, round, intra) WHERE asset > 0;
CREATE TABLE IF NOT EXISTS party (
    addr BLOB, round INTEGER, intra INTEGER, roles INTEGER NOT NULL,
    PRIMARY KEY (addr, round, intra)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (
    addr BLOB PRIMARY KEY, amount INTEGER NOT NULL, rewards INTEGER NOT NULL DEFAULT 0,
    base INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL DEFAULT 'Offline', auth BLOB, sig TEXT,
    created INTEGER NOT NULL, closed INTEGER, deleted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asset (
    id INTEGER PRIMARY KEY, creator BLOB NOT NULL, params BLOB NOT NULL, name TEXT, unit TEXT,
    created INTEGER NOT NULL, closed INTEGER, deleted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS asset_creator ON asset (creator, id);
CREATE TABLE IF NOT EXISTS holding (
    addr BLOB, asset INTEGER, amount BLOB NOT NULL, frozen INTEGER NOT NULL,
    created INTEGER NOT NULL, closed INTEGER, deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (addr, asset)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS holding_asset ON holding (asset, addr);
CREATE TABLE IF NOT EXISTS application (
    id INTEGER PRIMARY KEY, creator BLOB NOT NULL, params BLOB NOT NULL,
    created INTEGER NOT NULL, closed INTEGER, deleted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS application_creator ON application (creator, id);
CREATE TABLE IF NOT EXISTS local (
    addr BLOB, application INTEGER, state BLOB NOT NULL,
    created INTEGER NOT NULL, closed INTEGER, deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (addr, application)) WITHOUT ROWID;
"""
TABLES = (
    "chain",
    "block",
    "txn",
    "party",
    "account",
    "asset",
    "holding",
    "application",
    "local",
)
VERSION = crc32(SCHEMA.encode()) & 0x7FFFFFFF
BUSY = 30.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database as it stood after one round."""

    rows: sqlite3.Connection
    round: int
    """The latest round that is in it; before the first, 0."""
    genesis_hash: bytes
    genesis_id: str


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the chain in the database stands."""

    genesis_hash: bytes
    round: int
    """-1 before the first block."""
    block_hash: bytes | None


class Database:
    def __init__(self, file: Path) -> None:
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as rows:
            rows.execute("PRAGMA journal_mode = WAL")
            self._prepare(rows)

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        with closing(self._connect()) as rows:
            rows.execute("BEGIN")
            found = rows.execute("SELECT round, hash, id FROM chain").fetchone()
            latest, genesis_hash, genesis_id = found or (0, b"", "")
            yield Snapshot(rows, max(latest, 0), genesis_hash, genesis_id)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of it becomes true at once, or none."""
        with closing(self._connect()) as rows:
            rows.execute("BEGIN IMMEDIATE")
            yield rows
            rows.execute("COMMIT")

    def tip(self) -> Tip | None:
        """Say where its chain stands; None of a new database."""
        query = (
            "SELECT chain.hash, chain.round, block.hash FROM chain LEFT JOIN block USING (round)"
        )
        with closing(self._connect()) as rows:
            found = rows.execute(query).fetchone()
        return Tip(*found) if found else None

    def begin(self, origin: Origin) -> None:
        """Forget everything, and begin with what this chain begins with."""
        with self.writing() as rows:
            for table in TABLES:
                rows.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            rows.execute("INSERT INTO chain VALUES (?, ?, -1)", (origin.hash, origin.id))
            rows.executemany(
                "INSERT INTO account (addr, amount, created) VALUES (?, ?, 0)",
                origin.balances.items(),
            )

    @staticmethod
    def _prepare(rows: sqlite3.Connection) -> None:
        """Make the tables; those of another release go, and are filled again from the chain."""
        rows.execute("BEGIN IMMEDIATE")
        (found,) = rows.execute("PRAGMA user_version").fetchone()
        if found != VERSION:
            for table in TABLES:
                rows.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in SCHEMA.split(";"):
                rows.execute(statement)
            rows.execute(f"PRAGMA user_version = {VERSION}")
        rows.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        rows = sqlite3.connect(self._file, timeout=BUSY, isolation_level=None)
        rows.execute("PRAGMA synchronous = NORMAL")
        return rows
