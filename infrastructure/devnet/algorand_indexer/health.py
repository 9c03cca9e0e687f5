"""What the indexer says of itself, and what tests do to it."""

import json
from typing import Any

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.encoding import text64
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.follow import Follower


class Health:
    def __init__(self, database: Database, follower: Follower) -> None:
        self._database = database
        self._follower = follower

    def routes(self) -> list[Route]:
        return [
            route("GET", "/health", self.health, is_open=True),
            route("GET", "/devnet", self.show, is_open=True),
            route("POST", "/devnet/pause", self.pause, is_open=True),
            route("POST", "/devnet/resume", self.resume, is_open=True),
            route("POST", "/devnet/lag", self.lag, is_open=True),
        ]

    def health(self, _: Asked) -> Any:
        """All is well, whoever stands still: the real one follows in another process."""
        with self._database.reading() as now:
            return {
                "data": {"migration-required": False, "read-only-mode": True},
                "db-available": True,
                "is-migrating": False,
                "message": str(now.round),
                "round": now.round,
                "version": "proofmint-devnet",
            }

    def show(self, _: Asked) -> Any:
        with self._database.reading() as now:
            return {
                "begun-anew": self._follower.begun_anew,
                "following": self._follower.is_following,
                "genesis-hash": text64(now.genesis_hash),
                "lag-rounds": self._follower.lag,
                "round": now.round,
                "trouble": self._follower.trouble,
            }

    def pause(self, asked: Asked) -> Any:
        self._follower.pause()
        return self.show(asked)

    def resume(self, asked: Asked) -> Any:
        self._follower.resume()
        return self.show(asked)

    def lag(self, asked: Asked) -> Any:
        """Stay `rounds` behind from now on."""
        try:
            rounds = json.loads(asked.body)["rounds"]
        except (ValueError, TypeError, KeyError):
            rounds = None
        if not isinstance(rounds, int) or rounds < 0:
            raise Failed(400, "rounds is a number from 0")
        self._follower.stay_behind(rounds)
        return self.show(asked)
