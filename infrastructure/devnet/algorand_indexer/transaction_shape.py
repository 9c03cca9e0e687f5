"""A transaction as the indexer shows it."""

from collections.abc import Iterable
from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.encoding import raw, text64
from infrastructure.devnet.algorand_indexer.effects import readable_words
from infrastructure.devnet.algorand_indexer.payset import ZERO, Signed
from infrastructure.devnet.algorand_indexer.search import Found

COMPLETION = ("noop", "optin", "closeout", "clear", "update", "delete")
OFFICES = (("c", "clawback"), ("f", "freeze"), ("m", "manager"), ("r", "reserve"))
WORDS = (("an", "name"), ("un", "unit-name"), ("au", "url"))


def transaction(found: Found) -> dict[str, Any]:
    """What was found, under the txid of the outermost transaction."""
    shown = _transaction(found.signed, found)
    signature = {**_bytes(found.signed, ("sig", "sig")), **_multisig(found.signed, "msig")}
    if found.signed.get("lsig"):
        signature["logicsig"] = _logic(found.signed["lsig"])
    return dict(sorted({**shown, "id": found.txid, "signature": signature}.items()))


def words(params: dict[str, Any]) -> dict[str, str]:
    """Text beside its bytes; what cannot be shown is there as bytes alone."""
    shown = {}
    for short, name in WORDS:
        data = raw(params.get(short, b""))
        if readable := readable_words(data):
            shown[name] = readable
        if data:
            shown[f"{name}-b64"] = text64(data)
    return shown


def metadata_hash(params: dict[str, Any]) -> dict[str, str]:
    return _bytes(params, ("am", "metadata-hash"))


def _transaction(signed: Signed, found: Found) -> dict[str, Any]:
    sent = signed["txn"]
    shown = {
        **KINDS.get(sent["type"], lambda _: {})(signed),
        **_addresses(sent, ("rekey", "rekey-to")),
        **_addresses(signed, ("sgnr", "auth-addr")),
        **_bytes(sent, ("gh", "genesis-hash"), ("grp", "group"), ("lx", "lease"), ("note", "note")),
        **({"genesis-id": sent["gen"]} if sent.get("gen") else {}),
        "close-rewards": signed.get("rc", 0),
        "closing-amount": signed.get("ca", 0),
        "confirmed-round": found.round,
        "fee": sent.get("fee", 0),
        "first-valid": sent.get("fv", 0),
        "intra-round-offset": found.intra,
        "last-valid": sent.get("lv", 0),
        "receiver-rewards": signed.get("rr", 0),
        "round-time": found.time,
        "sender": algorand_address_text(sent.get("snd", ZERO)),
        "sender-rewards": signed.get("rs", 0),
        "tx-type": sent["type"],
        **_effects(signed),
    }
    inner = signed.get("dt", {}).get("itx")
    if inner:
        shown["inner-txns"] = [_transaction(one, found) for one in inner]
    return dict(sorted(shown.items()))


def _effects(signed: Signed) -> dict[str, Any]:
    sent, delta = signed["txn"], signed.get("dt", {})
    shown: dict[str, Any] = {}
    if sent["type"] == "acfg" and not sent.get("caid"):
        shown["created-asset-index"] = signed.get("caid", 0)
    if sent["type"] == "appl" and not sent.get("apid"):
        shown["created-application-index"] = signed.get("apid", 0)
    if delta.get("gd"):
        shown["global-state-delta"] = _delta(delta["gd"])
    if delta.get("ld"):
        accounts = [sent.get("snd", ZERO), *sent.get("apat", ()), *delta.get("sa", ())]
        shown["local-state-delta"] = [
            {"address": algorand_address_text(accounts[place]), "delta": _delta(changes)}
            for place, changes in sorted(delta["ld"].items())
            if changes
        ]
    if delta.get("lg"):
        shown["logs"] = [text64(raw(log)) for log in delta["lg"]]
    return shown


def _delta(changes: dict[Any, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "key": text64(raw(key)),
            "value": {
                "action": change.get("at", 0),
                **({"bytes": text64(raw(change["bs"]))} if change.get("bs") else {}),
                "uint": change.get("ui", 0),
            },
        }
        for key, change in sorted(changes.items(), key=lambda item: raw(item[0]))
    ]


def _payment(signed: Signed) -> dict[str, Any]:
    sent = signed["txn"]
    shown = {
        "amount": sent.get("amt", 0),
        "close-amount": signed.get("ca", 0),
        "receiver": algorand_address_text(sent.get("rcv", ZERO)),
    }
    return {"payment-transaction": shown | _addresses(sent, ("close", "close-remainder-to"))}


def _configuration(signed: Signed) -> dict[str, Any]:
    sent = signed["txn"]
    shown: dict[str, Any] = {"asset-id": sent.get("caid", 0)}
    if params := sent.get("apar"):
        shown["params"] = {
            "creator": algorand_address_text(sent.get("snd", ZERO)),
            "decimals": params.get("dc", 0),
            "default-frozen": bool(params.get("df")),
            "total": params.get("t", 0),
            **_addresses(params, *OFFICES),
            **metadata_hash(params),
            **words(params),
        }
    return {"asset-config-transaction": shown}


def _transfer(signed: Signed) -> dict[str, Any]:
    sent = signed["txn"]
    shown = {
        "amount": sent.get("aamt", 0),
        "asset-id": sent.get("xaid", 0),
        "close-amount": signed.get("aca", 0),
        "receiver": algorand_address_text(sent.get("arcv", ZERO)),
        **_addresses(sent, ("aclose", "close-to"), ("asnd", "sender")),
    }
    return {"asset-transfer-transaction": shown}


def _freeze(signed: Signed) -> dict[str, Any]:
    sent = signed["txn"]
    shown = {
        "address": algorand_address_text(sent.get("fadd", ZERO)),
        "asset-id": sent.get("faid", 0),
        "new-freeze-status": bool(sent.get("afrz")),
    }
    return {"asset-freeze-transaction": shown}


def _registration(signed: Signed) -> dict[str, Any]:
    sent = signed["txn"]
    shown = {
        "non-participation": bool(sent.get("nonpart")),
        "vote-first-valid": sent.get("votefst", 0),
        "vote-key-dilution": sent.get("votekd", 0),
        "vote-last-valid": sent.get("votelst", 0),
        **_bytes(
            sent,
            ("selkey", "selection-participation-key"),
            ("sprfkey", "state-proof-key"),
            ("votekey", "vote-participation-key"),
        ),
    }
    return {"keyreg-transaction": shown}


def _call(signed: Signed) -> dict[str, Any]:
    sent = signed["txn"]
    applications = sent.get("apfa") or []
    shown = {
        "access": [],
        "accounts": [algorand_address_text(one) for one in sent.get("apat") or ()],
        "application-args": [text64(one or b"") for one in sent.get("apaa") or ()],
        "application-id": sent.get("apid", 0),
        "box-references": _boxes(sent.get("apbx") or (), applications),
        "foreign-apps": applications,
        "foreign-assets": sent.get("apas") or [],
        "global-state-schema": _schema(sent.get("apgs", {})),
        "local-state-schema": _schema(sent.get("apls", {})),
        "on-completion": COMPLETION[sent.get("apan", 0)],
        **_bytes(sent, ("apap", "approval-program"), ("apsu", "clear-state-program")),
    }
    for short, name in (("apep", "extra-program-pages"), ("aprv", "reject-version")):
        if sent.get(short):
            shown[name] = sent[short]
    return {"application-transaction": shown}


def _boxes(references: Iterable[dict[str, Any]], applications: list[int]) -> list[dict[str, Any]]:
    """A reference names an application by its place in the list, from 1."""
    known = [0, *applications]
    return [
        {"app": known[box.get("i", 0)], "name": text64(box.get("n", b""))}
        for box in references
        if box.get("i", 0) < len(known)
    ]


def _schema(schema: dict[str, int]) -> dict[str, int]:
    return {"num-byte-slice": schema.get("nbs", 0), "num-uint": schema.get("nui", 0)}


def _logic(signed: dict[str, Any]) -> dict[str, Any]:
    return {
        "args": [text64(one) for one in signed.get("arg", ())],
        "logic": text64(signed.get("l", b"")),
        **_bytes(signed, ("sig", "signature")),
        **_multisig(signed, "msig", "multisig-signature"),
        **_multisig(signed, "lmsig", "logic-multisig-signature"),
    }


def _multisig(signed: dict[str, Any], member: str, name: str = "multisig") -> dict[str, Any]:
    given = signed.get(member)
    if not given:
        return {}
    parts = [_bytes(one, ("pk", "public-key"), ("s", "signature")) for one in given["subsig"]]
    return {name: {"subsignature": parts, "threshold": given["thr"], "version": given["v"]}}


def _bytes(data: dict[str, Any], *members: tuple[str, str]) -> dict[str, str]:
    """Those that are more than zeros: of zeros the indexer says nothing, in a note too."""
    return {name: text64(data[short]) for short, name in members if any(data.get(short) or b"")}


def _addresses(data: dict[str, Any], *members: tuple[str, str]) -> dict[str, str]:
    return {
        name: algorand_address_text(data[short])
        for short, name in members
        if any(data.get(short) or b"")
    }


KINDS = {
    "pay": _payment,
    "acfg": _configuration,
    "axfer": _transfer,
    "afrz": _freeze,
    "keyreg": _registration,
    "appl": _call,
}
