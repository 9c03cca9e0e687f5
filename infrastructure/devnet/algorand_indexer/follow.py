"""Follows algod, block by block, into the database."""

import sys
import threading

from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.upstream import (
    BlockMissing,
    Origin,
    Unreachable,
    Upstream,
)
from infrastructure.devnet.algorand_indexer.writing import add_block

POLL = 0.1
"""Seconds between two looks at where algod stands."""
PAUSE = 0.2
"""Seconds between two tries while algod is away."""


class Follower:
    """One thread. It can be held, and told to stay behind."""

    def __init__(self, upstream: Upstream, database: Database, lag: int) -> None:
        self._upstream = upstream
        self._database = database
        self._turn = threading.Condition()
        self._origin: Origin | None = None
        self._held = False
        self._lag = lag
        self.begun_anew = 0
        """How often another chain took the place of the one in the database."""
        self.trouble = ""
        """Why it does not follow; empty while it does."""

    @property
    def is_following(self) -> bool:
        return not self._held

    @property
    def lag(self) -> int:
        return self._lag

    def pause(self) -> None:
        """No round is added once this has returned."""
        with self._turn:
            self._held = True

    def resume(self) -> None:
        with self._turn:
            self._held = False
            self._turn.notify_all()

    def stay_behind(self, rounds: int) -> None:
        with self._turn:
            self._lag = rounds
            self._turn.notify_all()

    def run(self) -> None:
        """Follow until the process ends."""
        while True:
            try:
                self._follow()
            except (Unreachable, BlockMissing) as trouble:
                self._complain(str(trouble))
            except Exception as bug:  # noqa: BLE001 - the process goes on answering, and says why it stands
                self._complain(f"{type(bug).__name__}: {bug}")

    def _follow(self) -> None:
        latest = self._upstream.latest()
        if self._origin is None or latest < self._round:
            self._meet()
        while self._round < latest - self._lag and self._add(self._round + 1, latest):
            pass
        self.trouble = ""
        with self._turn:
            self._turn.wait(POLL)

    def _add(self, number: int, latest: int) -> bool:
        """Add a round; False if it is not the next one of this chain, or not wanted now."""
        assert self._origin is not None
        block = self._upstream.block(number)
        with self._turn:
            while self._held:
                self._turn.wait()
            if number > latest - self._lag:
                return False
            tip = self._database.tip()
            is_next = tip is not None and (tip.round < 0 or block.get("prev") == tip.block_hash)
            if block["gh"] != self._origin.hash or not is_next:
                self._begin(self._upstream.origin(), "its blocks do not follow ours")
                return False
            add_block(self._database, block, self._origin.hash)
        return True

    def _meet(self) -> None:
        """Find out whose blocks these are."""
        origin, tip = self._upstream.origin(), self._database.tip()
        if tip is None:
            self._database.begin(origin)
        elif tip.genesis_hash != origin.hash:
            self._begin(origin, "its genesis is not ours")
        self._origin = origin

    def _begin(self, origin: Origin, why: str) -> None:
        self._database.begin(origin)
        self._origin = origin
        self.begun_anew += 1
        _say(f"another chain is behind algod, {why}: the database begins anew")

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            _say(trouble)
        self.trouble = trouble
        self._origin = None
        with self._turn:
            self._turn.wait(PAUSE)

    @property
    def _round(self) -> int:
        tip = self._database.tip()
        return tip.round if tip else -1


def _say(words: str) -> None:
    sys.stderr.write(f"algorand_indexer: {words}\n")
    sys.stderr.flush()
