"""Transactions over HTTP: taken in, and asked for."""

import re
from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.answer import MSGPACK, Answer, Asked, Failed
from infrastructure.devnet.algorand.encoding import raw, readable, stored, whole
from infrastructure.devnet.algorand.genesis import GENESIS_ID
from infrastructure.devnet.algorand.node import Node
from infrastructure.devnet.algorand.surface import Route, route

REMEMBERED = 1000
"""Rounds in which algod finds a transaction by its id."""
UNKNOWN = (
    "could not find the transaction in the transaction pool or in the last 1000 confirmed rounds"
)
TXID = re.compile("[A-Z2-7]{52}")


def in_format(asked: Asked, shown: dict[str, Any]) -> Any:
    """As JSON or as msgpack, whichever is asked for."""
    if asked.wants_msgpack:
        return Answer(body=stored(dict(sorted(shown.items()))), content_type=MSGPACK)
    return readable(shown)


def check_txid(name: str) -> None:
    """Raises:
    Failed: it is no id.
    """
    if not TXID.fullmatch(name):
        raise Failed(400, "no valid transaction ID was specified")


class Transactions:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._ledger = node.ledger

    def routes(self) -> list[Route]:
        return [
            route("POST", "/v2/transactions", self.post),
            route("GET", "/v2/transactions/pending", self.pool),
            route("GET", "/v2/transactions/pending/{name}", self.pending),
            route("GET", "/v2/accounts/{address}/transactions/pending", self.pool),
        ]

    def post(self, asked: Asked) -> Any:
        return {"txId": self._node.submit(asked.body)}

    def pool(self, asked: Asked, address: str = "") -> Any:
        waiting = [] if self._node.faults.follower else self._waiting()
        if address:
            waiting = [one for one in waiting if address in _parties(one)]
        most = int(asked.query.get("max", 0)) or len(waiting)
        shown = {"top-transactions": waiting[:most], "total-transactions": len(waiting)}
        return in_format(asked, shown)

    def pending(self, asked: Asked, name: str) -> Any:
        check_txid(name)
        found = None if self._node.faults.follower else self._find(name)
        if found is None:
            raise Failed(404, UNKNOWN)
        return in_format(asked, found)

    def _waiting(self) -> list[dict[str, Any]]:
        with self._ledger.turn:
            return [one for group in self._node.pool.groups for one in group.transactions.values()]

    def _find(self, name: str) -> dict[str, Any] | None:
        # The pool first: what leaves it for a block while we look is then found there.
        waiting = self._node.pool.find(name)
        dropped = self._node.pool.dropped.get(name)
        landed = self._ledger.chain.landed(name)
        if landed is not None and landed[0] > self._ledger.latest - REMEMBERED:
            return self._landed(*landed)
        if waiting is not None:
            return {"pool-error": "", "txn": waiting}
        if dropped is not None:
            return {"pool-error": dropped[1], "txn": dropped[0]}
        return None

    def _landed(self, number: int, place: int) -> dict[str, Any]:
        block = self._ledger.chain.block(number)
        assert block is not None
        row = block.rows[place]
        signed = whole(row, GENESIS_ID, self._ledger.genesis_hash)
        return {"confirmed-round": number, **effects(row), "pool-error": "", "txn": signed}


def effects(row: dict[str, Any]) -> dict[str, Any]:
    """What a transaction did, by algod's names."""
    said: dict[str, Any] = {}
    for short, name in APPLY:
        if row.get(short):
            said[name] = row[short]
    delta = row.get("dt") or {}
    if delta.get("gd"):
        said["global-state-delta"] = _delta(delta["gd"])
    if delta.get("ld"):
        said["local-state-delta"] = _local(row, delta)
    if delta.get("lg"):
        said["logs"] = [raw(log) for log in delta["lg"]]
    if delta.get("itx"):
        said["inner-txns"] = [
            {**effects(inner), "pool-error": "", "txn": {"txn": inner["txn"]}}
            for inner in delta["itx"]
        ]
    return said


APPLY = (
    ("caid", "asset-index"),
    ("apid", "application-index"),
    ("ca", "closing-amount"),
    ("aca", "asset-closing-amount"),
    ("rs", "sender-rewards"),
    ("rr", "receiver-rewards"),
    ("rc", "close-rewards"),
)


def _parties(signed: dict[str, Any]) -> set[str]:
    shown = readable(signed)["txn"]
    return {
        shown[name] for name in ("snd", "rcv", "close", "arcv", "aclose", "asnd") if name in shown
    }


def _delta(changes: dict[Any, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"key": raw(key), "value": _value(change)}
        for key, change in sorted(changes.items(), key=lambda item: raw(item[0]))
    ]


def _value(change: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = {"action": change.get("at", 0)}
    if change.get("bs"):
        value["bytes"] = raw(change["bs"])
    if change.get("ui"):
        value["uint"] = change["ui"]
    return value


def _local(row: dict[str, Any], delta: dict[str, Any]) -> list[dict[str, Any]]:
    transaction = row["txn"]
    accounts = [transaction["snd"], *transaction.get("apat", ()), *delta.get("sa", ())]
    return [
        {"address": algorand_address_text(accounts[place]), "delta": _delta(changes)}
        for place, changes in sorted(delta["ld"].items())
    ]
