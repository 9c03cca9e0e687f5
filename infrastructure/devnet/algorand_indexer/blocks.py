"""Blocks and their headers over HTTP."""

import base64
import string
from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.encoding import text64, unpacked
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand_indexer.arguments import (
    MOST_SEARCHED,
    TOO_GREAT,
    Reading,
    base64_fault,
    flag,
    moment,
    number,
    path_number,
    words,
)
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.payset import ZERO
from infrastructure.devnet.algorand_indexer.search import Wanted, search
from infrastructure.devnet.algorand_indexer.transaction_shape import transaction

DEFAULT_LIMIT, MOST_LIMIT, MOST_TRANSACTIONS = 100, 1000, 10_000
LETTERS = string.ascii_letters + string.digits + "-_"
SEARCHED = {
    "limit": number,
    "next": words,
    "min-round": number,
    "max-round": number,
    "before-time": moment,
    "after-time": moment,
}
UPGRADE = (
    ("nextyes", "next-protocol-approvals"),
    ("nextswitch", "next-protocol-switch-on"),
    ("nextbefore", "next-protocol-vote-before"),
)
WIDE = (("prev512", "previous-block-hash-512"), ("txn512", "transactions-root-sha512"))
PRESENT = (("bi", "bonus"), ("fc", "fees-collected"), ("pp", "proposer-payout"))


class Blocks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v2/blocks/{at}", self.block, is_open=True),
            route("GET", "/v2/block-headers", self.headers, is_open=True),
        ]

    def block(self, asked: Asked, at: str) -> Any:
        """The one answer without `current-round`."""
        wanted = path_number("round-number", at)
        is_short = Reading(asked, {"header-only": flag}).get("header-only", False)
        query = "SELECT header FROM block WHERE round = ?"
        with self._database.reading() as now:
            found = now.rows.execute(query, (wanted,)).fetchone()
            if found is None:
                why = f"error while looking up block for round '{wanted}': block not found"
                raise Failed(404, why)
            rows, _ = ([], "") if is_short else search(now, Wanted(limit=0, round=wanted))
        if len(rows) > MOST_TRANSACTIONS:
            why = "Max transactions limit exceeded. header-only flag should be enabled"
            raise Failed(400, why)
        shown = {**header(unpacked(found[0]), now.genesis_hash)}
        return dict(sorted({**shown, "transactions": [transaction(one) for one in rows]}.items()))

    def headers(self, asked: Asked) -> Any:
        given = Reading(asked, SEARCHED)
        where, values = _conditions(given)
        limit = min(given.get("limit", DEFAULT_LIMIT), MOST_LIMIT) or -1
        query = f"SELECT round, header FROM block WHERE {where} ORDER BY round LIMIT ?"  # noqa: S608 - our own words
        with self._database.reading() as now:
            rows = now.rows.execute(query, (*values, limit)).fetchall()
        blocks = [header(unpacked(data), now.genesis_hash) for _, data in rows]
        shown: dict[str, Any] = {"blocks": blocks, "current-round": now.round}
        if rows:
            last = rows[-1][0].to_bytes(8, "little")
            shown["next-token"] = base64.urlsafe_b64encode(last).decode()
        return shown


def header(block: dict[str, Any], genesis_hash: bytes) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "genesis-hash": text64(block.get("gh", genesis_hash)),
        "genesis-id": block.get("gen", ""),
        "previous-block-hash": text64(block.get("prev", ZERO)),
        "rewards": {
            "fee-sink": algorand_address_text(block.get("fees", ZERO)),
            "rewards-calculation-round": block.get("rwcalr", 0),
            "rewards-level": block.get("earn", 0),
            "rewards-pool": algorand_address_text(block.get("rwd", ZERO)),
            "rewards-rate": block.get("rate", 0),
            "rewards-residue": block.get("frac", 0),
        },
        "round": block.get("rnd", 0),
        "seed": text64(block.get("seed", ZERO)),
        "state-proof-tracking": [
            _tracking(kind, known) for kind, known in sorted(block.get("spt", {}).items())
        ],
        "timestamp": block.get("ts", 0),
        "transactions-root": text64(block.get("txn", ZERO)),
        "transactions-root-sha256": text64(block.get("txn256", ZERO)),
        "txn-counter": block.get("tc", 0),
        "upgrade-state": {
            "current-protocol": block.get("proto", ""),
            **({"next-protocol": block["nextproto"]} if block.get("nextproto") else {}),
            **{name: block.get(short, 0) for short, name in UPGRADE},
        },
        "upgrade-vote": {
            "upgrade-approve": bool(block.get("upgradeyes")),
            "upgrade-delay": block.get("upgradedelay", 0),
            **({"upgrade-propose": block["upgradeprop"]} if block.get("upgradeprop") else {}),
        },
    }
    shown |= {name: block[short] for short, name in PRESENT if block.get(short)}
    for short, name in WIDE:
        if any(block.get(short, b"")):
            shown[name] = text64(block[short])
    if any(block.get("prp", b"")):
        shown["proposer"] = algorand_address_text(block["prp"])
    gone = {
        name: [algorand_address_text(one) for one in block[short]]
        for short, name in (
            ("partupdrmv", "expired-participation-accounts"),
            ("partupdabs", "absent-participation-accounts"),
        )
        if block.get(short)
    }
    return dict(sorted((shown | ({"participation-updates": gone} if gone else {})).items()))


def _tracking(kind: int, known: dict[str, Any]) -> dict[str, Any]:
    shown = {"next-round": known.get("n", 0), "online-total-weight": known.get("t", 0)}
    shown["type"] = kind
    return {**shown, "voters-commitment": text64(known["v"])} if known.get("v") else shown


def _conditions(given: Reading) -> tuple[str, list[Any]]:
    first, last = given.get("min-round"), given.get("max-round")
    if first is not None and last is not None and first > last:
        raise Failed(400, "min-round must be less than max-round")
    if max(first or 0, last or 0) > MOST_SEARCHED:
        raise Failed(400, f"invalid input: {TOO_GREAT}")
    after, before = given.get("after-time"), given.get("before-time")
    if after is not None and before is not None and after > before:
        raise Failed(400, "invalid input: after-time must be less than before-time")
    parts = {"round >= ?": first, "round <= ?": last, "time > ?": after, "time < ?": before}
    if given.get("next") is not None:
        parts["round > ?"] = _place(given.get("next"))
    told = {part: value for part, value in parts.items() if value is not None}
    return " AND ".join(told) or "1", list(told.values())


def _place(text: str) -> int:
    fault = base64_fault(text, LETTERS)
    data = b"" if fault else base64.urlsafe_b64decode(text)
    if fault or len(data) != 8:  # noqa: PLR2004 - a round
        why = f"decode err: {fault}" if fault else f"bad next token b: {data.hex()}"
        raise Failed(400, f"unable to parse next token: DecodeBlockRowNext() {why}")
    return int.from_bytes(data, "little")
