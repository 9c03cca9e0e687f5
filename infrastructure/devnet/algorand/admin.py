"""What tests do to a node: its clock, its pool, its faults. On loopback, with the node's token."""

import json
from typing import Any

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.node import Node
from infrastructure.devnet.algorand.rounds import Rounds
from infrastructure.devnet.algorand.surface import ADMIN, Route, route


class Admin:
    def __init__(self, node: Node, rounds: Rounds) -> None:
        self._node = node
        self._rounds = rounds

    def routes(self) -> list[Route]:
        return [
            route("GET", ADMIN, self.show),
            route("POST", f"{ADMIN}/pause", self.pause),
            route("POST", f"{ADMIN}/resume", self.resume),
            route("POST", f"{ADMIN}/tick", self.tick),
            route("POST", f"{ADMIN}/drop-pool", self.drop_pool),
            route("POST", f"{ADMIN}/evict", self.evict),
            route("POST", f"{ADMIN}/faults", self.faults),
        ]

    def show(self, _: Asked) -> Any:
        return {
            "running": self._rounds.is_running,
            "last-round": self._node.ledger.latest,
            "pool": self._node.pool.size,
            "faults": self._node.faults.shown(),
        }

    def pause(self, asked: Asked) -> Any:
        self._rounds.pause()
        return self.show(asked)

    def resume(self, asked: Asked) -> Any:
        self._rounds.resume()
        return self.show(asked)

    def tick(self, asked: Asked) -> Any:
        """Make `rounds` rounds now, one if nothing is said."""
        count = _wanted(asked).get("rounds", 1)
        if not isinstance(count, int) or count < 1:
            raise Failed(400, "rounds is a number from 1")
        self._rounds.tick(count)
        return self.show(asked)

    def drop_pool(self, asked: Asked) -> Any:
        """Forget the pool and why things were dropped, as a restarted node does."""
        self._node.forget_pool()
        return self.show(asked)

    def evict(self, asked: Asked) -> Any:
        """Drop the group that holds `txid`, with `pool-error` as the reason."""
        wanted = _wanted(asked)
        if not self._node.evict(str(wanted.get("txid")), str(wanted.get("pool-error", "evicted"))):
            raise Failed(404, "not in the pool")
        return self.show(asked)

    def faults(self, asked: Asked) -> Any:
        self._node.faults.set(_wanted(asked))
        return self.show(asked)


def _wanted(asked: Asked) -> dict[str, Any]:
    try:
        wanted = json.loads(asked.body or b"{}")
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise Failed(400, "a JSON object is wanted")
    return wanted
