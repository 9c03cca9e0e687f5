"""The ledger of one chain: every round is a folder, and a new round is made beside the last.

A round is evaluated in a copy of the newest folder, which is then given its name. Whatever ends
this process in between leaves the last round whole.
"""

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from infrastructure.devnet.algorand.binary import Binary, Evaluated
from infrastructure.devnet.algorand.chain import Block, Chain
from infrastructure.devnet.algorand.encoding import packed, public_key, stored, unpacked
from infrastructure.devnet.algorand.genesis import GENESIS_ID, REWARDS, REWARDS_POOL, Genesis
from infrastructure.devnet.algorand.lookup import TRACKER, fund, look_up, objects, touched

BLOCKS = "ledger/jig_ledger.sqlite3.block.sqlite"
LEFT = "left.msgpack"
"""Accounts and boxes after the round: the binary says them once."""
FIRST_ID = 1001
KEPT = 4_000
"""Blocks that a folder holds: the ledger looks for voters of eleven times 256 rounds back."""


class Ledger:
    """Makes rounds, one after the other, and judges what could be in the next."""

    def __init__(self, folder: Path, genesis: Genesis) -> None:
        self._folder = folder
        self.genesis = genesis
        self.genesis_hash = genesis.hash
        self.binary = Binary.make(folder / "node", self.genesis_hash)
        self.chain = Chain(folder / "chain.sqlite", GENESIS_ID, self.genesis_hash)
        self.turn = threading.RLock()
        """Held by whoever makes a round, or judges what the next may hold."""
        for left_over in folder.glob("work-*"):
            # A process of the binary may outlive its parent by a moment.
            shutil.rmtree(left_over, ignore_errors=True)
        rounds = sorted(folder.glob("round-*"))
        for older in rounds[:-1]:
            shutil.rmtree(older)
        self._newest = rounds[-1] if rounds else self._begin()
        self._keep(self._newest)

    @property
    def latest(self) -> int:
        return int(self._newest.name.removeprefix("round-"))

    def close(self) -> None:
        self.chain.close()

    def advance(self, transactions: bytes) -> Block:
        """Make the next round of these.

        Raises:
            Refused: it cannot be made of these; nothing has changed.
        """
        with self.turn:
            with self._copy(self._newest) as work:
                left = self.binary.evaluate(work, transactions)
                _tidy(work, self.latest)
                _keep_left(work, self._complete(work, left))
                newest = self._name(self.latest + 1)
                work.rename(newest)
            # Whoever is told of a round shall find it.
            block = self._keep(newest)
            old, self._newest = self._newest, newest
            shutil.rmtree(old)
            return block

    def _complete(self, work: Path, left: Evaluated) -> Evaluated:
        """Add the accounts that the round changed and the ledger does not name."""
        rows = unpacked(left.block).get("txns", ())
        changed = touched(rows)
        creators = (self.chain.creator(number, kind) for number, kind in objects(rows))
        changed |= {creator for creator in creators if creator}
        missing = changed - left.accounts.keys()
        if not missing:
            return left
        with self._copy(work) as aside:
            found = look_up(self.binary, aside, sorted(missing), self.latest + 1, self.genesis_hash)
        return replace(left, accounts={**left.accounts, **found})

    def judge(self, transactions: bytes) -> Evaluated:
        """Say what the next round would be.

        Raises:
            Refused: it cannot be made of these.
        """
        with self.aside() as work:
            return self.binary.evaluate(work, transactions)

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A copy of the newest round, to do with as one likes."""
        with self.turn:
            copy = self._copy(self._newest)
            work = copy.__enter__()
        try:
            yield work
        finally:
            copy.__exit__(None, None, None)

    @contextmanager
    def _copy(self, folder: Path) -> Iterator[Path]:
        work = self._folder / f"work-{threading.get_ident()}-{time.monotonic_ns()}"
        shutil.copytree(folder, work, ignore=shutil.ignore_patterns(LEFT, "*-shm"))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _name(self, number: int) -> Path:
        return self._folder / f"round-{number:012}"

    def _begin(self) -> Path:
        work = self._folder / "work-begin"
        (work / "ledger").mkdir(parents=True)
        self.binary.init(work, self.genesis.timestamp)
        funded = {public_key(who): amount for who, amount in self.genesis.funded.items()}
        with closing(sqlite3.connect(work / TRACKER)) as tracker, tracker:
            fund(tracker, funded.items())
        with closing(sqlite3.connect(work / BLOCKS)) as blocks, blocks:
            _count_from(blocks, FIRST_ID - 1)
            rows = blocks.execute(
                "SELECT rnd, hdrdata, blkdata FROM blocks ORDER BY rnd"
            ).fetchall()
        begun = [(public_key(REWARDS_POOL), REWARDS), *funded.items()]
        self.chain.fund(begun)
        for number, header, body in rows:
            self.chain.add(Block(round=number, header=header, body=body, at=time.time()), None)
        first = self._name(rows[-1][0])
        work.rename(first)
        return first

    def _keep(self, folder: Path) -> Block:
        """Read a round out of its folder, where it may have been left by a crash."""
        number = int(folder.name.removeprefix("round-"))
        known = self.chain.block(number)
        if known is not None:
            return known
        with closing(sqlite3.connect(folder / BLOCKS)) as blocks:
            header, body = blocks.execute(
                "SELECT hdrdata, blkdata FROM blocks WHERE rnd = ?", (number,)
            ).fetchone()
        block = Block(round=number, header=header, body=body, at=time.time())
        self.chain.add(block, _read_left(folder))
        return block


def _count_from(blocks: sqlite3.Connection, last_id: int) -> None:
    """Let the ids of assets and applications begin where programs take them for ids."""
    header, body = blocks.execute("SELECT hdrdata, blkdata FROM blocks WHERE rnd = 1").fetchone()
    changed = [_with_counter(data, last_id) for data in (header, body)]
    blocks.execute("UPDATE blocks SET hdrdata = ?, blkdata = ? WHERE rnd = 1", changed)


def _with_counter(data: bytes, last_id: int) -> bytes:
    content: dict[str, Any] = unpacked(data)
    return packed({**content, "tc": last_id})


def _tidy(work: Path, latest: int) -> None:
    """Keep the folder small: it is copied for every judgement."""
    with closing(sqlite3.connect(work / BLOCKS)) as blocks, blocks:
        blocks.execute("DELETE FROM blocks WHERE rnd BETWEEN 1 AND ?", (latest - KEPT,))
    for file in (TRACKER, BLOCKS):
        with closing(sqlite3.connect(work / file)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep_left(work: Path, left: Evaluated) -> None:
    accounts = [[address, data] for address, data in left.accounts.items()]
    boxes = [[key, value] for key, value in left.boxes.items()]
    (work / LEFT).write_bytes(stored([left.block, accounts, boxes]))


def _read_left(folder: Path) -> Evaluated | None:
    block, accounts, boxes = unpacked((folder / LEFT).read_bytes())
    return Evaluated(
        block=block,
        accounts=dict(map(tuple, accounts)),
        boxes=dict(map(tuple, boxes)),
    )
