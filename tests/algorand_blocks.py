"""Blocks of a chain that nobody runs, spelled as algod would: verdicts on them are ours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from infrastructure.algorand.verifier.commitments import NOBODY, TREES
from infrastructure.algorand.verifier.primitives import sha512_256

GENESIS = b"G" * 32
GENESIS_ID = "test-v1"
Fields = dict[str, Any]


def spell(value: Any) -> bytes:
    """Return canonical MessagePack; members of zero are for whoever calls to leave out."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int() if value < 0:
            return b"\xd3" + value.to_bytes(8, "big", signed=True)
        case int():
            if value < 0x80:
                return bytes([value])
            size = next(n for n in (1, 2, 4, 8) if value < 1 << 8 * n)
            return bytes([0xCB + size.bit_length()]) + value.to_bytes(size, "big")
        case str():
            text = value.encode(errors="surrogateescape")
            assert len(text) < 32
            return bytes([0xA0 | len(text)]) + text
        case bytes():
            wide = len(value) > 255
            head = b"\xc5" + len(value).to_bytes(2, "big") if wide else bytes([0xC4, len(value)])
            return head + value
        case list():
            return _counted(0x90, 0xDC, len(value)) + b"".join(map(spell, value))
        case dict():
            members = (spell(name) + spell(value[name]) for name in sorted(value, key=str))
            return _counted(0x80, 0xDE, len(value)) + b"".join(members)
    raise TypeError(value)


def _counted(short: int, long: int, count: int) -> bytes:
    return bytes([short | count]) if count < 16 else bytes([long]) + count.to_bytes(2, "big")


def payment(sender: bytes = b"p" * 32, **more: Any) -> Fields:
    return {"type": "pay", "snd": sender, "fee": 1000, "fv": 1, "lv": 50, "amt": 5} | more


def creation(sender: bytes = b"c" * 32, **more: Any) -> Fields:
    asset = {"t": 1000, "un": "ONE", "an": "One"}
    return {"type": "acfg", "snd": sender, "fee": 1000, "fv": 1, "lv": 50, "apar": asset} | more


def row(transaction: Fields, **applied: Any) -> Fields:
    return {"sig": b"s" * 64, "txn": transaction} | applied


def signed_over(transaction: Fields, *, named: bool = False) -> bytes:
    """Return what was signed: with the genesis hash, and its id where the row says so."""
    return spell(transaction | {"gh": GENESIS} | ({"gen": GENESIS_ID} if named else {}))


def txid(transaction: Fields, *, named: bool = False) -> bytes:
    return sha512_256(b"TX" + signed_over(transaction, named=named))


@dataclass
class Chain:
    """Rounds from one on. Give it rows; it gives raw blocks."""

    next_round: int = 1
    previous: bytes = b"0" * 32
    genesis: bytes = GENESIS
    raw: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)

    def add(self, *rows: Fields, **header: Any) -> bytes:
        """Close a round, and return its block."""
        raws = [spell(one) for one in rows]
        whole = [signed_over(one["txn"], named="hgi" in one) for one in rows]
        members = {
            "rnd": self.next_round,
            "prev": self.previous,
            "gh": self.genesis,
            "gen": GENESIS_ID,
            "ts": 1_700_000_000 + self.next_round,
            "txn256": NOBODY,
            **self._roots(whole, raws),
            **header,
        }
        self.previous = sha512_256(b"BH" + spell(members))
        self.hashes.append(self.previous)
        self.raw.append(spell(members | ({"txns": list(rows)} if rows else {})))
        self.next_round += 1
        return self.raw[-1]

    def _roots(self, whole: Sequence[bytes], raws: Sequence[bytes]) -> dict[str, bytes]:
        pairs = list(zip(whole, raws, strict=True))
        return {
            name: tree.levels([tree.leaf(*pair) for pair in pairs])[-1][0]
            for name, tree in TREES.items()
            if pairs
        }


def answered(raw: bytes) -> bytes:
    """Return what a node answers for a block."""
    return b"\x82\xa5block" + raw + b"\xa4cert\x80"
