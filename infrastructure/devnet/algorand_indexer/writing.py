"""Writes a block into the database, whole or not at all."""

from typing import Any

from infrastructure.devnet.algorand.encoding import digest, packed, stored
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.effects import UNIT, Effects
from infrastructure.devnet.algorand_indexer.payset import Entry, entries

SIGNATURES = ("sig", "msig", "lsig")


def add_block(database: Database, block: dict[str, Any], genesis_hash: bytes) -> None:
    """Write the block that follows the latest."""
    number, header = block.get("rnd", 0), header_of(block)
    with database.writing() as rows:
        rows.execute(
            "INSERT INTO block VALUES (?, ?, ?, ?)",
            (number, block.get("ts", 0), block_hash(block), stored(header)),
        )
        effects = Effects(rows, block)
        for entry in entries(block, genesis_hash):
            rows.execute(
                "INSERT INTO txn VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, *_columns(entry)),
            )
            rows.executemany(
                "INSERT INTO party VALUES (?, ?, ?, ?)",
                [(who, number, entry.intra, roles) for who, roles in entry.parties.items()],
            )
            effects.apply(entry)
        effects.close()
        rows.execute("UPDATE chain SET round = ?", (number,))


def header_of(block: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name != "txns"}


def block_hash(block: dict[str, Any]) -> bytes:
    """What the next block names as the one before it."""
    return digest(b"BH" + packed(header_of(block)))


def _columns(entry: Entry) -> tuple[Any, ...]:
    transaction = entry.transaction
    units = transaction.get("aamt")
    kinds = [kind for kind in SIGNATURES if entry.signed.get(kind)]
    body = entry.signed
    if entry.root is not None and "dt" in body:
        # The outermost transaction holds them all.
        body = {**body, "dt": {k: v for k, v in body["dt"].items() if k != "itx"}}
    return (
        entry.intra,
        entry.root,
        entry.txid,
        transaction["type"],
        entry.asset,
        transaction.get("note", b""),
        transaction.get("grp"),
        transaction.get("amt"),
        None if units is None else units.to_bytes(UNIT, "big"),
        kinds[0] if kinds else None,
        bool(transaction.get("rekey")),
        bool(entry.signed.get("dt", {}).get("lg")),
        stored(body),
    )
