"""Applications over HTTP: their programs and state, and not what is in their boxes."""

from collections.abc import Mapping
from typing import Any

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.encoding import unpacked
from infrastructure.devnet.algorand.shapes import app_params, local_state
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand_indexer.arguments import (
    Reading,
    flag,
    number,
    path_number,
    words,
)
from infrastructure.devnet.algorand_indexer.database import Database, Snapshot
from infrastructure.devnet.algorand_indexer.pages import (
    after,
    creator_of,
    page,
    searched,
    select,
    which,
)

DEFAULT_LIMIT, MOST_LIMIT = 100, 1000
SEARCHED = {
    "application-id": number,
    "creator": words,
    "include-all": flag,
    "limit": number,
    "next": words,
}


class Applications:
    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v2/applications", self.search, is_open=True),
            route("GET", "/v2/applications/{application}", self.one, is_open=True),
        ]

    def search(self, asked: Asked) -> Any:
        given = Reading(asked, SEARCHED)
        conditions: dict[str, Any] = {}
        if given.get("application-id") is not None:
            conditions["id = ?"] = searched(given.get("application-id"))
        if given.get("creator") is not None:
            conditions["creator = ?"] = creator_of(given.get("creator"))
        if given.get("next") is not None:
            conditions["id > ?"] = after(given.get("next"))
        most = min(given.get("limit", DEFAULT_LIMIT), MOST_LIMIT)
        with self._database.reading() as now:
            found = applications(now, {**conditions, **which(given)}, most)
        return page(now, "applications", found, "id")

    def one(self, asked: Asked, application: str) -> Any:
        wanted = path_number("application-id", application)
        given = Reading(asked, {"include-all": flag})
        with self._database.reading() as now:
            found = applications(now, {"id = ?": wanted, **which(given)})
        if not found:
            raise Failed(404, f"no application found for application-id: {wanted}")
        return {"application": found[0], "current-round": now.round}


def applications(
    now: Snapshot, conditions: Mapping[str, Any], most: int = 0
) -> list[dict[str, Any]]:
    columns = "id, creator, params, created, closed, deleted"
    rows = select(now, f"{columns} FROM application", conditions, "id", most)
    return [
        {
            "created-at-round": created,
            "deleted": bool(deleted),
            **({"deleted-at-round": closed} if closed is not None else {}),
            "id": number,
            "params": app_params(creator, unpacked(params)),
        }
        for number, creator, params, created, closed, deleted in rows
    ]


def local_states(now: Snapshot, conditions: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = "application, state, created, closed, deleted"
    rows = select(now, f"{columns} FROM local", conditions, "application", 0)
    return [
        {
            **local_state(application, unpacked(state)),
            "deleted": bool(deleted),
            "opted-in-at-round": created,
            **({"closed-out-at-round": closed} if closed is not None else {}),
        }
        for application, state, created, closed, deleted in rows
    ]
