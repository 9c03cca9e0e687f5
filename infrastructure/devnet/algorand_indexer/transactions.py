"""Transactions over HTTP."""

from typing import Any

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand_indexer.arguments import path_address, path_number
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.questions import (
    OF_ACCOUNT,
    OF_ASSET,
    OF_LOGS,
    by_txid,
    wanted,
)
from infrastructure.devnet.algorand_indexer.search import Wanted, search
from infrastructure.devnet.algorand_indexer.transaction_shape import transaction


class Transactions:
    def __init__(self, database: Database, *, all_enabled: bool) -> None:
        self._database = database
        self._all_enabled = all_enabled

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v2/transactions", self.search, is_open=True),
            route("GET", "/v2/transactions/{txid}", self.one, is_open=True),
            route("GET", "/v2/accounts/{account}/transactions", self.of_account, is_open=True),
            route("GET", "/v2/assets/{asset}/transactions", self.of_asset, is_open=True),
            route("GET", "/v2/applications/{application}/logs", self.logs, is_open=True),
        ]

    def search(self, asked: Asked) -> Any:
        return self._page(wanted(asked, "/v2/transactions", all_enabled=self._all_enabled))

    def one(self, _: Asked, txid: str) -> Any:
        """A 404 says nothing of the round that it was true in."""
        with self._database.reading() as now:
            found, _next = search(now, by_txid(txid))
        if not found:
            raise Failed(404, f"no transaction found for transaction id: {txid}")
        return {"current-round": now.round, "transaction": transaction(found[0])}

    def of_account(self, asked: Asked, account: str) -> Any:
        """Newest first, unlike the others."""
        path = "/v2/accounts/{account}/transactions"
        given = wanted(
            asked,
            path,
            all_enabled=self._all_enabled,
            known=OF_ACCOUNT,
            address=path_address(account),
        )
        return self._page(given)

    def of_asset(self, asked: Asked, asset: str) -> Any:
        if not self._all_enabled:
            raise Failed(400, "endpoint is disabled")
        fixed = {"asset_id": path_number("asset-id", asset)}
        path = "/v2/assets/{asset}/transactions"
        return self._page(wanted(asked, path, all_enabled=True, known=OF_ASSET, **fixed))

    def logs(self, asked: Asked, application: str) -> Any:
        number = path_number("application-id", application)
        given = wanted(
            asked,
            "/v2/applications/{application}/logs",
            all_enabled=True,
            known=OF_LOGS,
            application_id=number,
            logs=True,
        )
        with self._database.reading() as now:
            found, following = search(now, given)
        shown: dict[str, Any] = {"application-id": number, "current-round": now.round}
        if found:
            said = [transaction(one) for one in found]
            shown["log-data"] = [{"logs": one["logs"], "txid": one["id"]} for one in said]
            shown["next-token"] = following
        return shown

    def _page(self, given: Wanted) -> Any:
        with self._database.reading() as now:
            found, following = search(now, given)
        shown: dict[str, Any] = {"current-round": now.round}
        if following:
            shown["next-token"] = following
        return {**shown, "transactions": [transaction(one) for one in found]}
