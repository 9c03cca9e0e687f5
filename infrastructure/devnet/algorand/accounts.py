"""Accounts, assets, applications and boxes over HTTP."""

import base64
from typing import Any

from infrastructure.devnet.algorand import shapes
from infrastructure.devnet.algorand.answer import MSGPACK, Answer, Asked, Failed
from infrastructure.devnet.algorand.encoding import public_key, stored, text64
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.reads import number
from infrastructure.devnet.algorand.surface import Route, route

PARTS = {"assets", "created-assets", "apps-local-state", "created-apps"}


class Accounts:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._chain = ledger.chain

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v2/accounts/{text}", self.account),
            route("GET", "/v2/accounts/{text}/assets", self.holdings),
            route("GET", "/v2/accounts/{text}/assets/{name}", self.holding),
            route("GET", "/v2/accounts/{text}/applications/{name}", self.local_state),
            route("GET", "/v2/assets/{name}", self.asset),
            route("GET", "/v2/applications/{name}", self.application),
            route("GET", "/v2/applications/{name}/boxes", self.boxes),
            route("GET", "/v2/applications/{name}/box", self.box),
        ]

    def account(self, asked: Asked, text: str) -> Any:
        data = self._chain.account(address := _address(text))
        if asked.wants_msgpack:
            return Answer(body=stored(data), content_type=MSGPACK)
        exclude = asked.query.get("exclude", "none")
        if exclude not in {"all", "none"}:
            raise Failed(400, "failed to parse exclude")
        shown = {**shapes.account(address, data), "round": self._ledger.latest}
        return {k: v for k, v in shown.items() if exclude == "none" or k not in PARTS}

    def holdings(self, asked: Asked, text: str) -> Any:
        data = self._chain.account(_address(text))
        after = number(asked.query.get("next", "0"), "next")
        most = number(asked.query.get("limit", "1000"), "limit")
        held = [(one, h) for one, h in sorted(data.get("asset", {}).items()) if one > after]
        page = [self._held(one, holding) for one, holding in held[:most]]
        shown = {"asset-holdings": page, "round": self._ledger.latest}
        return {**shown, "next-token": str(held[most - 1][0])} if len(held) > most else shown

    def holding(self, _: Asked, text: str, name: str) -> Any:
        address, asset = _address(text), number(name, "asset-id")
        data = self._chain.account(address)
        shown: dict[str, Any] = {}
        if asset in data.get("asset", {}):
            shown["asset-holding"] = shapes.holding(asset, data["asset"][asset])
        if asset in data.get("apar", {}):
            shown["created-asset"] = shapes.asset_params(address, data["apar"][asset])
        if not shown:
            raise Failed(404, "account asset info not found")
        return {**shown, "round": self._ledger.latest}

    def local_state(self, _: Asked, text: str, name: str) -> Any:
        address, application = _address(text), number(name, "application-id")
        data = self._chain.account(address)
        shown: dict[str, Any] = {}
        if application in data.get("appl", {}):
            shown["app-local-state"] = shapes.local_state(application, data["appl"][application])
        if application in data.get("appp", {}):
            shown["created-app"] = shapes.app_params(address, data["appp"][application])
        if not shown:
            raise Failed(404, "account application info not found")
        return {**shown, "round": self._ledger.latest}

    def asset(self, _: Asked, name: str) -> Any:
        wanted = number(name, "asset-id")
        creator = self._chain.creator(wanted, "asset")
        if creator is None:
            raise Failed(404, "asset does not exist")
        params = self._chain.account(creator)["apar"][wanted]
        return {"index": wanted, "params": shapes.asset_params(creator, params)}

    def application(self, _: Asked, name: str) -> Any:
        wanted = number(name, "application-id")
        creator = self._chain.creator(wanted, "application")
        if creator is None:
            raise Failed(404, "application does not exist")
        params = self._chain.account(creator)["appp"][wanted]
        return {"id": wanted, "params": shapes.app_params(creator, params)}

    def boxes(self, asked: Asked, name: str) -> Any:
        found = self._chain.boxes(number(name, "application-id"))
        most = number(asked.query.get("max", "0"), "max")
        if most and len(found) > most:
            limits = {"max-boxes": most, "total-boxes": len(found)}
            raise Failed(400, "Result limit exceeded", limits)
        return {"boxes": [{"name": text64(box)} for box, _ in found]}

    def box(self, asked: Asked, name: str) -> Any:
        wanted = _box_name(asked.query.get("name", ""))
        value = self._chain.box(number(name, "application-id"), wanted)
        if value is None:
            raise Failed(404, "box not found")
        return {"name": text64(wanted), "round": self._ledger.latest, "value": text64(value)}

    def _held(self, asset: int, holding: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {"asset-holding": shapes.holding(asset, holding)}
        creator = self._chain.creator(asset, "asset")
        if creator is not None:
            params = self._chain.account(creator)["apar"][asset]
            shown["asset-params"] = shapes.asset_params(creator, params)
        return shown


def _address(text: str) -> bytes:
    try:
        return public_key(text)
    except ValueError as error:
        words = f"error unmarshaling '{text}' text as *basics.Address: {error}"
        raise Failed(400, f"Invalid format for parameter address: {words}") from None


def _box_name(text: str) -> bytes:
    kind, colon, value = text.partition(":")
    try:
        match kind if colon else "":
            case "str":
                return value.encode()
            case "b64" | "base64":
                return base64.b64decode(value, validate=True)
            case "addr" | "address":
                return public_key(value)
            case "int" | "integer":
                return int(value).to_bytes(8, "big")
            case _:
                words = "all arguments and box names should be of the form 'encoding:value'"
                raise Failed(400, words)
    except (ValueError, OverflowError) as error:
        raise Failed(400, f"failed to parse the box name: {error}") from None
