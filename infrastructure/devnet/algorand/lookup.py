"""Accounts after a round. The ledger names those that stand in a transaction, and no others.

A freeze, a call or a box changes accounts that are not named. They are looked up in a copy of the
round's folder, where somebody who is in that copy alone pays each of them nothing.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from infrastructure.devnet.algorand.binary import Binary
from infrastructure.devnet.algorand.encoding import ADDRESS, digest, packed

TRACKER = "ledger/jig_ledger.sqlite3.tracker.sqlite"
FEE = 1000
WEALTH = 10**15
UNIT = 1_000_000
PARTIES = ("snd", "rcv", "close", "asnd", "arcv", "aclose", "fadd")


def touched(rows: Iterable[dict[str, Any]]) -> set[bytes]:
    """Every account that transactions may have changed, but for creators."""
    return {address for row in rows for address in _of_row(row)}


def objects(rows: Iterable[dict[str, Any]]) -> set[tuple[int, str]]:
    """Applications and assets that may have changed: their creators hold what they are."""
    found: set[tuple[int, str]] = set()
    for row in rows:
        found |= {(number, "application") for number in _called(row) if number}
        if "caid" in row["txn"]:
            found.add((row["txn"]["caid"], "asset"))
        found |= objects(row.get("dt", {}).get("itx", ()))
    return found


def fund(tracker: sqlite3.Connection, balances: Iterable[tuple[bytes, int]]) -> None:
    """Give accounts what they have in the beginning."""
    for address, amount in balances:
        tracker.execute(
            "INSERT INTO accountbase (address, data) VALUES (?, ?)",
            (address, packed({"b": amount})),
        )
        tracker.execute(
            "UPDATE accounttotals SET offline = offline + ?,"
            " offlinerewardunits = offlinerewardunits + ?",
            (amount, amount // UNIT),
        )


def look_up(
    binary: Binary, work: Path, addresses: Iterable[bytes], latest: int, genesis_hash: bytes
) -> dict[bytes, dict[str, Any]]:
    """Read accounts as they are after the folder's last round; the folder is spoiled by it."""
    key = SigningKey.generate()
    payer = bytes(key.verify_key)
    with closing(sqlite3.connect(work / TRACKER)) as tracker, tracker:
        fund(tracker, [(payer, WEALTH)])
    body = b""
    for address in addresses:
        payment = {
            "fee": FEE,
            "fv": latest,
            "gh": genesis_hash,
            "lv": latest + 1,
            "rcv": address,
            "snd": payer,
            "type": "pay",
        }
        signature = key.sign(b"TX" + packed(payment)).signature
        body += packed({"sig": signature, "txn": payment})
    found = binary.evaluate(work, body).accounts
    return {address: found.get(address, {}) for address in addresses}


def _of_row(row: dict[str, Any]) -> Iterator[bytes]:
    transaction = row["txn"]
    yield from (transaction[name] for name in PARTIES if name in transaction)
    yield from transaction.get("apat", ())
    yield from (account_of(number) for number in _called(row) if number)
    for inner in row.get("dt", {}).get("itx", ()):
        yield from _of_row(inner)


def _called(row: dict[str, Any]) -> tuple[int, ...]:
    return (row.get("apid", 0), row["txn"].get("apid", 0))


def account_of(application: int) -> bytes:
    return digest(b"appID" + application.to_bytes(8, "big"))[:ADDRESS]
