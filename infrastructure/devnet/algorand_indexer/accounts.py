"""Accounts over HTTP, as far as blocks alone tell of them."""

from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.shapes import BASE
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand_indexer.arguments import Reading, flag, path_address, words
from infrastructure.devnet.algorand_indexer.assets import THERE, assets, holdings
from infrastructure.devnet.algorand_indexer.database import Database, Snapshot

PARTS = ("assets", "created-assets")
EXCLUDED = {"all", "none", "apps-local-state", "created-apps", *PARTS}
UNKNOWN = (
    "total-apps-opted-in",
    "total-created-apps",
    "total-boxes",
    "total-box-bytes",
    "pending-rewards",
)
"""Said to be nothing: the real indexer has them from the ledger's own state."""
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
            shown = _account(now, who, found) | _parts(now, who, is_all=is_all)
        kept = {name: value for name, value in sorted(shown.items()) if name not in without}
        return {"account": kept, "current-round": now.round}


def _account(now: Snapshot, who: bytes, found: tuple[Any, ...]) -> dict[str, Any]:
    amount, rewards, base, status, auth, sig, created, closed, deleted = found
    held = len(holdings(now, {"addr = ?": who, **THERE}))
    query = "SELECT count(*) FROM asset WHERE creator = ? AND NOT deleted"
    (made,) = now.rows.execute(query, (who,)).fetchone()
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
        "min-balance": BASE * (1 + held),
        "reward-base": base,
        "rewards": rewards,
        "round": now.round,
        "status": status,
        "total-assets-opted-in": held,
        "total-created-assets": made,
    }


def _parts(now: Snapshot, who: bytes, *, is_all: bool) -> dict[str, Any]:
    which = {} if is_all else THERE
    held = holdings(now, {"addr = ?": who, **which})
    made = assets(now, {"creator = ?": who, **which})
    shown = {
        "assets": [{**one, "asset-id": asset} for _, asset, one in held],
        "created-assets": made,
    }
    return {name: value for name, value in shown.items() if value}


def _excluded(text: str) -> set[str]:
    without: set[str] = set()
    for part in text.split(","):
        if part not in EXCLUDED:
            raise Failed(400, f'unknown value "{part}": invalid exclude argument')
        without |= set(PARTS) if part == "all" else {part}
    return without
