"""Accounts over HTTP, as far as blocks alone tell of them."""

from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.shapes import BASE, BYTES, UINT
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand_indexer.applications import applications, local_states
from infrastructure.devnet.algorand_indexer.arguments import Reading, flag, path_address, words
from infrastructure.devnet.algorand_indexer.assets import assets, holdings
from infrastructure.devnet.algorand_indexer.database import Database, Snapshot
from infrastructure.devnet.algorand_indexer.pages import THERE

PARTS = {
    "assets": "total-assets-opted-in",
    "created-assets": "total-created-assets",
    "apps-local-state": "total-apps-opted-in",
    "created-apps": "total-created-apps",
}
"""What an account has, and the member that counts it."""
UNKNOWN = ("total-boxes", "total-box-bytes", "pending-rewards")
"""Said to be nothing, and left out of the minimum balance: no block tells them."""
COLUMNS = "amount, rewards, base, status, auth, sig, created, closed, deleted"


class Accounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> list[Route]:
        return [route("GET", "/v2/accounts/{account}", self.one, is_open=True)]

    def one(self, asked: Asked, account: str) -> Any:
        """Unlike algod, this one does not know an account that was never there."""
        given = Reading(asked, {"include-all": flag, "exclude": words})
        who, without = path_address(account), _excluded(given.get("exclude", "none"))
        is_all = given.get("include-all", False)
        query = f"SELECT {COLUMNS} FROM account WHERE addr = ?"  # noqa: S608 - our own names
        with self._database.reading() as now:
            found = now.rows.execute(query, (who,)).fetchone()
            if not found or (found[-1] and not is_all):
                raise Failed(404, f"no accounts found for address: {account}")
            there = _parts(now, who, is_all=False)
            shown = _account(now, who, found) | _counted(there)
            shown |= _parts(now, who, is_all=True) if is_all else there
        kept = {k: v for k, v in sorted(shown.items()) if k not in without and v != []}
        return {"account": kept, "current-round": now.round}


def _account(now: Snapshot, who: bytes, found: tuple[Any, ...]) -> dict[str, Any]:
    amount, rewards, base, status, auth, sig, created, closed, deleted = found
    told = {"sig-type": sig, "closed-at-round": closed}
    if auth:
        told["auth-addr"] = algorand_address_text(auth)
    return {
        **{name: value for name, value in told.items() if value is not None},
        **dict.fromkeys(UNKNOWN, 0),
        "address": algorand_address_text(who),
        "amount": amount,
        "amount-without-pending-rewards": amount,
        "created-at-round": created,
        "deleted": bool(deleted),
        "reward-base": base,
        "rewards": rewards,
        "round": now.round,
        "status": status,
    }


def _parts(now: Snapshot, who: bytes, *, is_all: bool) -> dict[str, list[dict[str, Any]]]:
    kept = {} if is_all else THERE
    held = holdings(now, {"addr = ?": who, **kept})
    return {
        "assets": [{**one, "asset-id": asset} for _, asset, one in held],
        "created-assets": assets(now, {"creator = ?": who, **kept}),
        "apps-local-state": local_states(now, {"addr = ?": who, **kept}),
        "created-apps": applications(now, {"creator = ?": who, **kept}),
    }


def _counted(parts: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """How many of each, and what has to be kept for them."""
    made, joined = parts["created-apps"], parts["apps-local-state"]
    schemas = [one["params"]["global-state-schema"] for one in made]
    schemas += [one["schema"] for one in joined]
    values = {name: sum(one[name] for one in schemas) for name in ("num-byte-slice", "num-uint")}
    pages = sum(one["params"].get("extra-program-pages", 0) for one in made)
    places = 1 + len(parts["assets"]) + len(made) + len(joined) + pages
    kept = BASE * places + UINT * values["num-uint"] + BYTES * values["num-byte-slice"]
    shown: dict[str, Any] = {total: len(parts[part]) for part, total in PARTS.items()}
    if any(values.values()):
        shown["apps-total-schema"] = values
    if pages:
        shown["apps-total-extra-pages"] = pages
    return {**shown, "min-balance": kept}


def _excluded(text: str) -> set[str]:
    without: set[str] = set()
    for part in text.split(","):
        if part not in {"all", "none", *PARTS}:
            raise Failed(400, f'unknown value "{part}": invalid exclude argument')
        without |= set(PARTS) if part == "all" else {part}
    return without
