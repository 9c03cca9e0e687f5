"""What is known of every round: blocks, transactions, accounts and boxes, in one SQLite file."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infrastructure.devnet.algorand.binary import Evaluated
from infrastructure.devnet.algorand.encoding import stored, txid, unpacked, whole

SCHEMA = """
CREATE TABLE IF NOT EXISTS block (
    round INTEGER PRIMARY KEY, header BLOB NOT NULL, body BLOB NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS landed (
    txid TEXT PRIMARY KEY, round INTEGER NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (
    sender BLOB NOT NULL, lease BLOB NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (sender, lease)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (address BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS creator (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, address BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS box (
    application INTEGER NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (application, name)) WITHOUT ROWID;
"""
BOX = b"bx:"
ID = 8
CREATED = (("apar", "asset"), ("appp", "application"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One round as its bytes, and read."""

    round: int
    header: bytes
    body: bytes
    at: float
    """When it was made, in seconds since 1970."""

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = unpacked(self.body)
        return content

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self.content.get("txns", ()))


class Chain:
    """Keeps rounds, and answers for them. Safe to use from several threads."""

    def __init__(self, file: Path, genesis_id: str, genesis_hash: bytes) -> None:
        self._genesis = (genesis_id, genesis_hash)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # A crash of this process loses nothing; a crash of the machine may, as a node's would.
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def fund(self, balances: Iterable[tuple[bytes, int]]) -> None:
        with self._writing() as database:
            for address, amount in balances:
                _put_account(database, address, {"algo": amount})

    def add(self, block: Block, left: Evaluated | None) -> None:
        """Keep a round and what it left, both or nothing."""
        with self._writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO block VALUES (?, ?, ?, ?)",
                (block.round, block.header, block.body, block.at),
            )
            for place, row in enumerate(block.rows):
                transaction = whole(row, *self._genesis)["txn"]
                database.execute(
                    "INSERT OR IGNORE INTO landed VALUES (?, ?, ?)",
                    (txid(transaction), block.round, place),
                )
                if "lx" in transaction:
                    database.execute(
                        "INSERT OR REPLACE INTO lease VALUES (?, ?, ?)",
                        (transaction["snd"], transaction["lx"], transaction["lv"]),
                    )
            if left:
                for address, data in left.accounts.items():
                    _put_account(database, address, data)
                for key, value in left.boxes.items():
                    _put_box(database, key, value)

    def latest(self) -> int:
        found = self._one("SELECT max(round) FROM block")
        return -1 if found is None or found[0] is None else int(found[0])

    def block(self, number: int) -> Block | None:
        found = self._one("SELECT round, header, body, at FROM block WHERE round = ?", number)
        return found and Block(round=found[0], header=found[1], body=found[2], at=found[3])

    def landed(self, name: str) -> tuple[int, int] | None:
        """Return the round and place of a transaction."""
        found = self._one("SELECT round, place FROM landed WHERE txid = ?", name)
        return None if found is None else (int(found[0]), int(found[1]))

    def lease_until(self, sender: bytes, lease: bytes) -> int:
        """Return the last round in which a lease is held."""
        query = "SELECT until FROM lease WHERE sender = ? AND lease = ?"
        found = self._one(query, sender, lease)
        return 0 if found is None else int(found[0])

    def account(self, address: bytes) -> dict[str, Any]:
        found = self._one("SELECT data FROM account WHERE address = ?", address)
        return {} if found is None else unpacked(found[0])

    def creator(self, number: int, kind: str) -> bytes | None:
        found = self._one("SELECT address FROM creator WHERE id = ? AND kind = ?", number, kind)
        return None if found is None else found[0]

    def box(self, application: int, name: bytes) -> bytes | None:
        found = self._one(
            "SELECT value FROM box WHERE application = ? AND name = ?", application, name
        )
        return None if found is None else found[0]

    def boxes(self, application: int) -> list[tuple[bytes, bytes]]:
        query = "SELECT name, value FROM box WHERE application = ? ORDER BY name"
        with self._lock:
            return self._database.execute(query, (application,)).fetchall()

    def total(self) -> int:
        """Return all that any account has, in microalgos."""
        with self._lock:
            rows = self._database.execute("SELECT data FROM account").fetchall()
        return sum(unpacked(row[0]).get("algo", 0) for row in rows)

    def _one(self, query: str, *values: Any) -> Any:
        with self._lock:
            return self._database.execute(query, values).fetchone()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _put_account(database: sqlite3.Connection, address: bytes, data: dict[str, Any]) -> None:
    database.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (address, stored(data)))
    database.execute("DELETE FROM creator WHERE address = ?", (address,))
    for member, kind in CREATED:
        database.executemany(
            "INSERT OR REPLACE INTO creator VALUES (?, ?, ?)",
            [(number, kind, address) for number in data.get(member, ())],
        )


def _put_box(database: sqlite3.Connection, key: bytes, value: bytes | None) -> None:
    at = len(BOX) + ID
    place = int.from_bytes(key[len(BOX) : at], "big"), key[at:]
    if value is None:
        database.execute("DELETE FROM box WHERE application = ? AND name = ?", place)
    else:
        database.execute("INSERT OR REPLACE INTO box VALUES (?, ?, ?)", (*place, value))
