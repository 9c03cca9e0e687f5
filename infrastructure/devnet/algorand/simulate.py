"""Simulation: what a group would do in the next round, on a copy that is thrown away.

Whoever has not signed is let act by a key that is thrown away with the copy.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.binary import Refused
from infrastructure.devnet.algorand.encoding import packed, stored, txid, unpacked
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.lookup import TRACKER
from infrastructure.devnet.algorand.submission import check_group
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand.transactions import effects, in_format
from infrastructure.devnet.algorand.wording import NAMED, in_our_days

SIGNATURES = ("sig", "msig", "lsig")
NOT_CARRIED = (
    "allow-more-logging",
    "allow-unnamed-resources",
    "exec-trace-config",
    "extra-opcode-budget",
    "fix-signers",
)
VERSION = 2
GARBAGE = (
    "failed to decode object: json decode error [pos 1]: "
    "only encoded map or array can be decoded into a struct"
)


class Simulation:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def routes(self) -> list[Route]:
        return [route("POST", "/v2/transactions/simulate", self.simulate)]

    def simulate(self, asked: Asked) -> Any:
        members, may_be_unsigned = _read(asked.body)
        latest, rows, why = self._try(members, may_be_unsigned=may_be_unsigned)
        results = []
        for place, member in enumerate(members):
            did = effects(rows[place]) if rows else {}
            paid = member["txn"].get("fee", 0)
            result = {**did, "pool-error": "", "txn": member}
            results.append({"fees-paid": paid, "txn-result": result})
        group: dict[str, Any] = {"txn-results": results}
        if why:
            group |= {"failed-at": [_failed_at(why, members)], "failure-message": why}
        shown: dict[str, Any] = {"last-round": latest, "txn-groups": [group], "version": VERSION}
        if may_be_unsigned:
            shown["eval-overrides"] = {"allow-empty-signatures": True}
        return in_format(asked, shown)

    def _try(
        self, members: list[dict[str, Any]], *, may_be_unsigned: bool
    ) -> tuple[int, list[dict[str, Any]], str]:
        """The latest round, and either what became of each member or why nothing did."""
        with self._ledger.aside() as work:
            latest = self._ledger.latest
            if may_be_unsigned:
                members = _signed_by_anyone(work, members)
            try:
                check_group(members)
                judged = self._ledger.binary.evaluate(work, b"".join(map(packed, members)))
            except Refused as no:
                return latest, [], in_our_days(str(no), members)
            except Failed as failed:
                return latest, [], failed.message
        return latest, unpacked(judged.block)["txns"], ""


def _read(body: bytes) -> tuple[list[dict[str, Any]], bool]:
    try:
        wanted = unpacked(body)
        groups = wanted["txn-groups"]
        members = [member for group in groups for member in group["txns"]]
        names = [txid(member["txn"]) for member in members]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failed(400, GARBAGE) from None
    if len(groups) != 1 or not names:
        raise Failed(400, f"expected 1 transaction group, got {len(groups)}")
    for name in NOT_CARRIED:
        if wanted.get(name):
            raise Failed(400, f"this development node carries no {name}")
    return members, bool(wanted.get("allow-empty-signatures"))


def _signed_by_anyone(work: Path, members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let a new key act for whoever has not signed, in this copy alone."""
    key = SigningKey.generate()
    anyone = bytes(key.verify_key)
    signed = []
    with closing(sqlite3.connect(work / TRACKER)) as tracker, tracker:
        for member in members:
            if any(name in member for name in SIGNATURES):
                signed.append(member)
                continue
            transaction = member["txn"]
            _let_act(tracker, transaction.get("snd", bytes(32)), anyone)
            signature = key.sign(b"TX" + packed(transaction)).signature
            signed.append({"sig": signature, "sgnr": anyone, "txn": transaction})
    return signed


def _let_act(tracker: sqlite3.Connection, sender: bytes, anyone: bytes) -> None:
    query = "SELECT data FROM accountbase WHERE address = ?"
    found = tracker.execute(query, (sender,)).fetchone()
    if found is None:
        # It came to its balance in the last rounds, which are added when the ledger is opened.
        insert = "INSERT INTO accountbase (address, data) VALUES (?, ?)"
        tracker.execute(insert, (sender, stored({"e": anyone})))
        return
    data = dict(sorted({**unpacked(found[0]), "e": anyone}.items()))
    tracker.execute("UPDATE accountbase SET data = ? WHERE address = ?", (stored(data), sender))


def _failed_at(why: str, members: list[dict[str, Any]]) -> int:
    names = [txid(member["txn"]) for member in members]
    named = [name for name in NAMED.findall(why) if name in names]
    if named:
        return names.index(named[0])
    unsigned = [not any(name in member for name in SIGNATURES) for member in members]
    return unsigned.index(True) if any(unsigned) else 0
