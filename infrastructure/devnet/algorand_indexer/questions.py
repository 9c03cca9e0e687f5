"""Reads which transactions a question asks for."""

import base64
import binascii
from typing import Any

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand_indexer.arguments import (
    DISABLED,
    MOST_SEARCHED,
    TOO_GREAT,
    Reading,
    address,
    base32_fault,
    flag,
    moment,
    number,
    words,
)
from infrastructure.devnet.algorand_indexer.payset import CLOSE, FROZEN, RECEIVER, SENDER
from infrastructure.devnet.algorand_indexer.search import Wanted

DEFAULT_LIMIT, MOST_LIMIT = 1000, 10_000
TYPES = ("pay", "keyreg", "acfg", "axfer", "afrz", "appl", "stpf", "hb")
SIGNATURES = ("sig", "msig", "lsig")
ROLES = {"sender": SENDER, "receiver": RECEIVER | CLOSE, "freeze-target": FROZEN}
GROUP = 32
KINDS = {
    "limit": number,
    "next": words,
    "note-prefix": words,
    "tx-type": words,
    "sig-type": words,
    "group-id": words,
    "txid": words,
    "round": number,
    "min-round": number,
    "max-round": number,
    "asset-id": number,
    "before-time": moment,
    "after-time": moment,
    "currency-greater-than": number,
    "currency-less-than": number,
    "address": words,
    "address-role": words,
    "exclude-close-to": flag,
    "rekey-to": flag,
    "application-id": number,
}
PARTIES = {"address", "address-role", "exclude-close-to"}
OF_ACCOUNT = frozenset(KINDS) - PARTIES - {"group-id", "application-id"}
OF_ASSET = frozenset(KINDS) - {"group-id", "asset-id", "application-id"}
OF_LOGS = frozenset({"limit", "next", "txid", "min-round", "max-round"})


def wanted(
    asked: Asked,
    path: str,
    *,
    all_enabled: bool,
    known: frozenset[str] = frozenset(KINDS),
    **fixed: Any,
) -> Wanted:
    """Read a question; what its path says is in `fixed`.

    Raises:
        Failed: a parameter is wrong, or not enabled.
    """
    given = Reading(asked, {name: read for name, read in KINDS.items() if name in known})
    if not all_enabled:
        given.refuse(asked, DISABLED.get(path, ()))
    for name in ("asset-id", "application-id", "round"):
        if given.get(name, 0) > MOST_SEARCHED:
            raise Failed(404, TOO_GREAT)
    return _Question(given, fixed).wanted()


def by_txid(text: str) -> Wanted:
    """Read a question for one transaction.

    Raises:
        Failed: it is no txid.
    """
    if fault := base32_fault(text):
        raise _invalid([f"unable to parse base32 digest data 'txid': {fault}"])
    return Wanted(limit=DEFAULT_LIMIT, txid=text)


class _Question:
    def __init__(self, given: Reading, fixed: dict[str, Any]) -> None:
        self._given = given
        self._fixed = fixed
        self._faults: list[str] = []

    def wanted(self) -> Wanted:
        get = self._get
        role, who = self._role(), self._address()
        txid, note, group = self._txid(), self._bytes("note-prefix"), self._bytes("group-id")
        if group and len(group) != GROUP:
            self._faults.append("bad length for group ID: 'group-id'")
        sig, kind = self._one_of("sig-type", SIGNATURES), self._one_of("tx-type", TYPES)
        self._settle()
        amounts = (get("currency-greater-than"), get("currency-less-than"))
        is_asset = get("asset-id") is not None or kind == "axfer"
        self._check(role, who, () if is_asset else amounts)
        return Wanted(
            limit=min(get("limit", DEFAULT_LIMIT), MOST_LIMIT),
            address=who,
            roles=role,
            txid=txid,
            note=note,
            group=group,
            type=kind,
            sig=sig,
            asset=self._about(),
            round=get("round"),
            first=get("min-round", 0),
            last=get("max-round", 0),
            after=get("after-time"),
            before=get("before-time"),
            units=amounts if is_asset else (None, None),
            amount=(None, None) if is_asset else amounts,
            rekeys=get("rekey-to", False),
            logs=get("logs", False),
            next=get("next", ""),
        )

    def _get(self, name: str, default: Any = None) -> Any:
        return self._fixed.get(name.replace("-", "_"), self._given.get(name, default))

    def _about(self) -> int | None:
        asset, application = self._get("asset-id"), self._get("application-id")
        if asset is not None and application is not None and asset != application:
            words = "txn query err cannot search both assetid and appid"
            raise Failed(500, f"error while searching for transaction: {words}")
        about: int | None = application if asset is None else asset
        return about

    def _role(self) -> int:
        given = self._get("address-role")
        if given is None:
            return 0
        if given.lower() not in ROLES:
            valid = ", ".join(ROLES)
            why = f"unknown address role [valid roles: {valid}]: '{given.lower()}'"
            self._faults.append(why)
            return 0
        if given.lower() == "receiver" and self._get("exclude-close-to"):
            return RECEIVER
        return ROLES[given.lower()]

    def _address(self) -> bytes | None:
        given = self._get("address")
        if given is None or isinstance(given, bytes):
            return given
        try:
            return address(given)
        except ValueError as error:
            self._faults.append(f"unable to parse address: {error}")
            return None

    def _txid(self) -> str:
        text: str = self._get("txid", "")
        if fault := base32_fault(text):
            self._faults.append(f"unable to parse base32 digest data 'txid': {fault}")
        return text

    def _bytes(self, name: str) -> bytes:
        try:
            return base64.b64decode(self._get(name, ""), validate=True)
        except (binascii.Error, ValueError):
            self._faults.append(f"unable to parse base64 data: '{name}'")
            return b""

    def _one_of(self, name: str, valid: tuple[str, ...]) -> str:
        given = self._get(name)
        if given is None:
            return ""
        text = str(given).lower() if name == "tx-type" else str(given)
        if text not in valid:
            known = ", ".join(valid)
            self._faults.append(f"unknown {name} [valid types: {known}]: '{text.lower()}'")
        return text

    def _check(self, role: int, who: bytes | None, algos: tuple[int | None, ...]) -> None:
        get = self._get
        first, last = get("min-round", 0), get("max-round", 0)
        if max(first, last) > MOST_SEARCHED:
            self._faults.append(TOO_GREAT)
        if any(one is not None and one > MOST_SEARCHED for one in algos):
            self._faults.append(TOO_GREAT)
        if get("round") is not None and (first or last):
            self._faults.append("cannot specify round and min-round/max-round")
        if get("round") is None and first and last and first > last:
            self._faults.append("min-round must be less than max-round")
        if who is None or not any(who):
            self._faults += [
                f"searching transactions by zero address with {name} role is not supported"
                for bit, name in (
                    (CLOSE, "close address"),
                    (SENDER, "asset sender"),
                    (CLOSE, "asset close address"),
                )
                if role & bit
            ]
        self._settle()

    def _settle(self) -> None:
        if self._faults:
            raise _invalid(self._faults)


def _invalid(faults: list[str]) -> Failed:
    return Failed(400, "invalid input: " + ", ".join(faults))
