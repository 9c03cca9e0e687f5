"""What transactions do to accounts, assets and holdings, as far as blocks tell."""

import sqlite3
from typing import Any

from infrastructure.devnet.algorand.encoding import raw, stored, unpacked
from infrastructure.devnet.algorand_indexer.payset import ZERO, Entry, Signed
from infrastructure.devnet.algorand_indexer.programs import Programs

OFFICES = ("m", "r", "f", "c")
UNIT = 8
"""Bytes of an amount of an asset: SQLite's own integers end at 2**63."""
NOTHING = bytes(UNIT)


class Effects:
    """Applies one block. Nothing is judged: what is in a block was valid."""

    def __init__(self, rows: sqlite3.Connection, block: dict[str, Any]) -> None:
        self._rows = rows
        self._block = block
        self._round: int = block.get("rnd", 0)
        self._touched: set[bytes] = set()
        self._programs = Programs(rows, self._round)

    def apply(self, entry: Entry) -> None:
        transaction, signed = entry.transaction, entry.signed
        sender = transaction.get("snd", ZERO)
        self._pay(sender, self._block["fees"], transaction.get("fee", 0))
        self._reward(sender, signed.get("rs", 0))
        match transaction["type"]:
            case "pay":
                self._payment(sender, transaction, signed)
            case "acfg":
                self._configure(sender, entry)
            case "axfer":
                self._transfer(sender, transaction)
            case "afrz":
                self._freeze(transaction)
            case "appl":
                self._programs.apply(entry)
            case "keyreg":
                self._register(sender, transaction)
            case _:
                pass
        if transaction.get("rekey"):
            auth = transaction["rekey"] if transaction["rekey"] != sender else None
            self._change(sender, "auth", auth)
        kind = signature(signed)
        if kind and entry.root is None:
            self._change(sender, "sig", kind)

    def close(self) -> None:
        """Settle who is there and who is gone."""
        level = self._block.get("earn", 0)
        held = "EXISTS (SELECT 1 FROM holding h WHERE h.addr = account.addr AND NOT h.deleted)"
        for address in self._touched:
            self._rows.execute(
                "UPDATE account SET base = ?, deleted = NOT (amount > 0 OR "  # noqa: S608 - our own words
                f"{held}) WHERE addr = ?",
                (level, address),
            )
            self._rows.execute(
                "UPDATE account SET closed = ? WHERE addr = ? AND deleted", (self._round, address)
            )

    def _pay(self, sender: bytes, receiver: bytes, amount: int) -> None:
        self._add(sender, -amount)
        self._add(receiver, amount)

    def _add(self, address: bytes, amount: int) -> None:
        self._touched.add(address)
        self._rows.execute(
            "INSERT INTO account (addr, amount, created) VALUES (?, ?, ?)"
            " ON CONFLICT (addr) DO UPDATE SET amount = amount + excluded.amount",
            (address, amount, self._round),
        )

    def _change(self, address: bytes, column: str, value: Any) -> None:
        self._rows.execute(f"UPDATE account SET {column} = ? WHERE addr = ?", (value, address))  # noqa: S608 - our own names

    def _reward(self, address: bytes, amount: int) -> None:
        if amount:
            self._pay(self._block["rwd"], address, amount)
            query = "UPDATE account SET rewards = rewards + ? WHERE addr = ?"
            self._rows.execute(query, (amount, address))

    def _payment(self, sender: bytes, transaction: dict[str, Any], signed: Signed) -> None:
        receiver = transaction.get("rcv", ZERO)
        self._pay(sender, receiver, transaction.get("amt", 0))
        self._reward(receiver, signed.get("rr", 0))
        if transaction.get("close"):
            self._pay(sender, transaction["close"], signed.get("ca", 0))
            self._reward(transaction["close"], signed.get("rc", 0))
            self._change(sender, "auth", None)
            self._change(sender, "status", "Offline")

    def _register(self, sender: bytes, transaction: dict[str, Any]) -> None:
        online = any(transaction.get("votekey", b""))
        status = "NotParticipating" if transaction.get("nonpart") else "Offline"
        self._change(sender, "status", "Online" if online else status)

    def _configure(self, sender: bytes, entry: Entry) -> None:
        asset, params = entry.asset, entry.transaction.get("apar") or {}
        if not entry.transaction.get("caid"):
            self._write_asset(asset, sender, params)
            self._hold(sender, asset, params.get("t", 0), is_new=True)
        elif params:
            creator, known = self._asset(asset)
            kept = {k: v for k, v in known.items() if k not in OFFICES}
            # An office that was given up cannot be filled again.
            filled = {k: params[k] for k in OFFICES if known.get(k) and params.get(k)}
            self._write_asset(asset, creator, kept | filled)
        else:
            creator, _ = self._asset(asset)
            query = "UPDATE asset SET params = ?, name = '', unit = '', deleted = 1, closed = ?"
            self._rows.execute(query + " WHERE id = ?", (stored({}), self._round, asset))
            self._leave(creator, asset)

    def _write_asset(self, asset: int, creator: bytes, params: dict[str, Any]) -> None:
        words = [readable_words(raw(params.get(member, b""))) for member in ("an", "un")]
        self._rows.execute(
            "INSERT INTO asset (id, creator, params, name, unit, created) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET params = excluded.params",
            (asset, creator, stored(params), *words, self._round),
        )

    def _transfer(self, sender: bytes, transaction: dict[str, Any]) -> None:
        asset, amount = transaction.get("xaid", 0), transaction.get("aamt", 0)
        source = transaction.get("asnd") or sender
        receiver, last = transaction.get("arcv", ZERO), transaction.get("aclose")
        if source == receiver and not amount and source == sender:
            self._hold(source, asset, 0, is_new=True)
        self._move(asset, source, receiver, amount)
        if last:
            self._move(asset, source, last, self._held(source, asset))
            self._leave(source, asset)

    def _move(self, asset: int, source: bytes, receiver: bytes, amount: int) -> None:
        if amount and source != receiver:
            self._hold(source, asset, self._held(source, asset) - amount)
            self._hold(receiver, asset, self._held(receiver, asset) + amount)

    def _freeze(self, transaction: dict[str, Any]) -> None:
        self._rows.execute(
            "UPDATE holding SET frozen = ? WHERE addr = ? AND asset = ?",
            (bool(transaction.get("afrz")), transaction["fadd"], transaction["faid"]),
        )

    def _hold(self, address: bytes, asset: int, amount: int, *, is_new: bool = False) -> None:
        held = amount.to_bytes(UNIT, "big")
        if not is_new:
            query = "UPDATE holding SET amount = ? WHERE addr = ? AND asset = ?"
            self._rows.execute(query, (held, address, asset))
            return
        creator, params = self._asset(asset)
        frozen = bool(params.get("df")) and address != creator
        # Whoever is in already, and says so once more, keeps what is there.
        self._rows.execute(
            "INSERT INTO holding (addr, asset, amount, frozen, created) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (addr, asset) DO UPDATE SET"
            " amount = excluded.amount, frozen = excluded.frozen, deleted = 0 WHERE deleted",
            (address, asset, held, frozen, self._round),
        )

    def _leave(self, address: bytes, asset: int) -> None:
        query = "UPDATE holding SET amount = ?, frozen = 0, deleted = 1, closed = ?"
        there = (NOTHING, self._round, address, asset)
        self._rows.execute(query + " WHERE addr = ? AND asset = ?", there)

    def _held(self, address: bytes, asset: int) -> int:
        query = "SELECT amount FROM holding WHERE addr = ? AND asset = ?"
        found = self._rows.execute(query, (address, asset)).fetchone()
        return int.from_bytes(found[0], "big") if found else 0

    def _asset(self, asset: int) -> tuple[bytes, dict[str, Any]]:
        query = "SELECT creator, params FROM asset WHERE id = ?"
        creator, params = self._rows.execute(query, (asset,)).fetchone() or (ZERO, stored({}))
        return creator, unpacked(params)


def signature(signed: Signed) -> str | None:
    """The kind of signature; what a program signed alone is `lsig`."""
    for kind in ("sig", "msig"):
        if signed.get(kind) or signed.get("lsig", {}).get(kind):
            return kind
    return "lsig" if signed.get("lsig") else None


def readable_words(data: bytes) -> str:
    """Text that can be shown; nothing if any of it cannot."""
    try:
        words = data.decode()
    except UnicodeDecodeError:
        return ""
    return words if words.isprintable() and "\ufffd" not in words else ""
