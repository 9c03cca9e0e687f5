"""Assets and who holds them, over HTTP."""

from collections.abc import Mapping
from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.encoding import unpacked
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand_indexer.arguments import (
    DISABLED,
    Reading,
    address,
    flag,
    number,
    path_address,
    path_number,
    words,
)
from infrastructure.devnet.algorand_indexer.database import Database, Snapshot
from infrastructure.devnet.algorand_indexer.effects import UNIT
from infrastructure.devnet.algorand_indexer.pages import (
    NEXT,
    after,
    creator_of,
    page,
    searched,
    select,
    which,
)
from infrastructure.devnet.algorand_indexer.payset import ZERO
from infrastructure.devnet.algorand_indexer.transaction_shape import OFFICES, metadata_hash
from infrastructure.devnet.algorand_indexer.transaction_shape import words as shown_words

DEFAULT_ASSETS, MOST_ASSETS = 100, 1000
DEFAULT_BALANCES, MOST_BALANCES = 1000, 10_000
SEARCHED = {
    "include-all": flag,
    "limit": number,
    "next": words,
    "creator": words,
    "name": words,
    "unit": words,
    "asset-id": number,
}
HELD = {
    "include-all": flag,
    "limit": number,
    "next": words,
    "currency-greater-than": number,
    "currency-less-than": number,
    "asset-id": number,
}


class Assets:
    def __init__(self, database: Database, *, all_enabled: bool) -> None:
        self._database = database
        self._all_enabled = all_enabled

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v2/assets", self.search, is_open=True),
            route("GET", "/v2/assets/{asset}", self.one, is_open=True),
            route("GET", "/v2/assets/{asset}/balances", self.balances, is_open=True),
            route("GET", "/v2/accounts/{account}/assets", self.of_account, is_open=True),
            route("GET", "/v2/accounts/{account}/created-assets", self.created, is_open=True),
        ]

    def search(self, asked: Asked) -> Any:
        given = Reading(asked, SEARCHED)
        if not self._all_enabled:
            given.refuse(asked, DISABLED["/v2/assets"])
        return self._search(given, creator_of(given.get("creator")))

    def created(self, asked: Asked, account: str) -> Any:
        known = {k: v for k, v in SEARCHED.items() if k not in {"creator", "name", "unit"}}
        return self._search(Reading(asked, known), creator_of(account))

    def one(self, asked: Asked, asset: str) -> Any:
        wanted = path_number("asset-id", asset)
        given = Reading(asked, {"include-all": flag})
        with self._database.reading() as now:
            found = assets(now, {"id = ?": wanted, **which(given)})
        if not found:
            raise Failed(404, f"no assets found for asset-id: {wanted}")
        return {"asset": found[0], "current-round": now.round}

    def balances(self, asked: Asked, asset: str) -> Any:
        wanted = path_number("asset-id", asset)
        given = Reading(asked, {k: v for k, v in HELD.items() if k != "asset-id"})
        if not self._all_enabled:
            given.refuse(asked, DISABLED["/v2/assets/{asset}/balances"])
        conditions: dict[str, Any] = {"asset = ?": wanted}
        for name, sign in (("currency-greater-than", ">"), ("currency-less-than", "<")):
            if given.get(name) is not None:
                conditions[f"amount {sign} ?"] = given.get(name).to_bytes(UNIT, "big")
        if given.get("next") is not None:
            try:
                conditions["addr > ?"] = address(given.get("next"))
            except ValueError:
                raise Failed(400, NEXT) from None
        with self._database.reading() as now:
            held = holdings(now, {**conditions, **which(given)}, _most_held(given))
        shown = [{**one, "address": algorand_address_text(who)} for who, _, one in held]
        return page(now, "balances", shown, "address")

    def of_account(self, asked: Asked, account: str) -> Any:
        given = Reading(asked, {k: v for k, v in HELD.items() if not k.startswith("currency")})
        conditions: dict[str, Any] = {"addr = ?": path_address(account)}
        if given.get("asset-id") is not None:
            conditions["asset = ?"] = searched(given.get("asset-id"))
        if given.get("next") is not None:
            conditions["asset > ?"] = after(given.get("next"))
        with self._database.reading() as now:
            held = holdings(now, {**conditions, **which(given)}, _most_held(given))
        return page(
            now, "assets", [{**one, "asset-id": asset} for _, asset, one in held], "asset-id"
        )

    def _search(self, given: Reading, creator: bytes | None) -> Any:
        conditions: dict[str, Any] = {}
        if given.get("asset-id") is not None:
            conditions["id = ?"] = searched(given.get("asset-id"))
        if given.get("next") is not None:
            conditions["id > ?"] = after(given.get("next"))
        if creator is not None:
            conditions["creator = ?"] = creator
        for name in ("name", "unit"):
            if given.get(name):
                conditions[f"{name} LIKE ?"] = f"%{given.get(name)}%"
        most = min(given.get("limit", DEFAULT_ASSETS), MOST_ASSETS)
        with self._database.reading() as now:
            found = assets(now, {**conditions, **which(given)}, most)
        return page(now, "assets", found, "index")


def holdings(
    now: Snapshot, conditions: Mapping[str, Any], most: int = 0
) -> list[tuple[bytes, int, dict[str, Any]]]:
    """Who holds which asset, and how."""
    columns = "addr, asset, amount, frozen, created, closed, deleted"
    rows = select(now, f"{columns} FROM holding", conditions, "addr, asset", most)
    return [
        (
            who,
            asset,
            {
                "amount": int.from_bytes(amount, "big"),
                "deleted": bool(deleted),
                "is-frozen": bool(frozen),
                "opted-in-at-round": created,
                **({"opted-out-at-round": closed} if closed is not None else {}),
            },
        )
        for who, asset, amount, frozen, created, closed, deleted in rows
    ]


def assets(now: Snapshot, conditions: Mapping[str, Any], most: int = 0) -> list[dict[str, Any]]:
    columns = "id, creator, params, created, closed, deleted"
    rows = select(now, f"{columns} FROM asset", conditions, "id", most)
    return [
        {
            "created-at-round": created,
            "deleted": bool(deleted),
            **({"destroyed-at-round": closed} if closed is not None else {}),
            "index": number,
            "params": asset_params(creator, unpacked(params)),
        }
        for number, creator, params, created, closed, deleted in rows
    ]


def asset_params(creator: bytes, params: dict[str, Any]) -> dict[str, Any]:
    """Unlike algod's: an office that nobody holds is shown as the zero address."""
    shown = {
        "creator": algorand_address_text(creator),
        "decimals": params.get("dc", 0),
        "default-frozen": bool(params.get("df")),
        "total": params.get("t", 0),
        **{name: algorand_address_text(params.get(short) or ZERO) for short, name in OFFICES},
        **metadata_hash(params),
        **shown_words(params),
    }
    return dict(sorted(shown.items()))


def _most_held(given: Reading) -> int:
    most: int = min(given.get("limit", DEFAULT_BALANCES), MOST_BALANCES)
    return most
