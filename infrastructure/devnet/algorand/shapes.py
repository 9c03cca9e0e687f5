"""The shapes that algod gives accounts, assets and applications, out of the ledger's own."""

from collections.abc import Callable, Iterable
from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.encoding import raw, text64

BASE = 100_000
"""Microalgos that an account keeps for itself, and for each asset, application and opt-in."""
UINT, BYTES = 28_500, 50_000
BOX, BOX_BYTE = 2_500, 400
STATUS = ("Offline", "Online", "NotParticipating")


def account(address: bytes, data: dict[str, Any]) -> dict[str, Any]:
    amount = data.get("algo", 0)
    shown: dict[str, Any] = {
        "address": algorand_address_text(address),
        "amount": amount,
        "amount-without-pending-rewards": amount,
        "apps-local-state": _each(data, "appl", local_state),
        "apps-total-schema": _schema(data.get("tsch", {})),
        "assets": _each(data, "asset", holding),
        "created-apps": [
            {"id": number, "params": app_params(address, params)}
            for number, params in sorted(data.get("appp", {}).items())
        ],
        "created-assets": [
            {"index": number, "params": asset_params(address, params)}
            for number, params in sorted(data.get("apar", {}).items())
        ],
        "min-balance": _min_balance(data),
        "pending-rewards": 0,
        "reward-base": data.get("ebase", 0),
        "rewards": data.get("ern", 0),
        "status": STATUS[data.get("onl", 0)],
        "total-apps-opted-in": len(data.get("appl", {})),
        "total-assets-opted-in": len(data.get("asset", {})),
        "total-created-apps": len(data.get("appp", {})),
        "total-created-assets": len(data.get("apar", {})),
    }
    if any(data.get("spend", b"")):
        shown["auth-addr"] = algorand_address_text(data["spend"])
    for short, name in (("teap", "apps-total-extra-pages"), ("tbx", "total-boxes")):
        if data.get(short):
            shown[name] = data[short]
    if data.get("tbxb"):
        shown["total-box-bytes"] = data["tbxb"]
    return shown


def _min_balance(data: dict[str, Any]) -> int:
    schema = data.get("tsch", {})
    places: int = (
        1 + data.get("teap", 0) + sum(len(data.get(m, ())) for m in ("asset", "appp", "appl"))
    )
    values: int = UINT * schema.get("nui", 0) + BYTES * schema.get("nbs", 0)
    boxes: int = BOX * data.get("tbx", 0) + BOX_BYTE * data.get("tbxb", 0)
    return BASE * places + values + boxes


def _each(
    data: dict[str, Any], member: str, show: Callable[[int, dict[str, Any]], dict[str, Any]]
) -> list[dict[str, Any]]:
    return [show(number, value) for number, value in sorted(data.get(member, {}).items())]


def holding(asset: int, holding: dict[str, Any]) -> dict[str, Any]:
    frozen = bool(holding.get("f"))
    return {"amount": holding.get("a", 0), "asset-id": asset, "is-frozen": frozen}


def asset_params(creator: bytes, params: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "creator": algorand_address_text(creator),
        "decimals": params.get("dc", 0),
        "default-frozen": bool(params.get("df")),
        "total": params.get("t", 0),
    }
    for short, name in (("c", "clawback"), ("f", "freeze"), ("m", "manager"), ("r", "reserve")):
        if any(params.get(short, b"")):
            shown[name] = algorand_address_text(params[short])
    for short, name in (("an", "name"), ("au", "url"), ("un", "unit-name")):
        if params.get(short):
            shown |= _words(name, raw(params[short]))
    if params.get("am"):
        shown["metadata-hash"] = text64(params["am"])
    return shown


def _words(name: str, data: bytes) -> dict[str, str]:
    """Text beside its bytes; what is no UTF-8 is there as bytes alone."""
    shown = {f"{name}-b64": text64(data)}
    try:
        return {name: data.decode(), **shown}
    except UnicodeDecodeError:
        return shown


def app_params(creator: bytes, params: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "approval-program": text64(params.get("approv", b"")),
        "clear-state-program": text64(params.get("clearp", b"")),
        "creator": algorand_address_text(creator),
        "global-state-schema": _schema(params.get("gsch", {})),
        "local-state-schema": _schema(params.get("lsch", {})),
    }
    if params.get("gs"):
        shown["global-state"] = _values(params["gs"].items())
    if params.get("epp"):
        shown["extra-program-pages"] = params["epp"]
    return shown


def local_state(application: int, state: dict[str, Any]) -> dict[str, Any]:
    shown = {"id": application, "schema": _schema(state.get("hsch", {}))}
    return {**shown, "key-value": _values(state["tkv"].items())} if state.get("tkv") else shown


def _values(entries: Iterable[tuple[Any, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {
            "key": text64(raw(key)),
            "value": {
                "bytes": text64(raw(value.get("tb", b""))),
                "type": value.get("tt", 0),
                "uint": value.get("ui", 0),
            },
        }
        for key, value in sorted(entries, key=lambda entry: raw(entry[0]))
    ]


def _schema(schema: dict[str, Any]) -> dict[str, int]:
    return {"num-byte-slice": schema.get("nbs", 0), "num-uint": schema.get("nui", 0)}
