"""What is kept of an inclusion block: enough to make the certificate from it alone."""

from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEvidence:
    header: bytes
    """Raw (RLP); its Keccak-256 is the block's hash."""
    transactions: tuple[bytes, ...]
    """All of the block, raw, in order."""
    receipts: tuple[bytes, ...]
    """All of the block, raw, in order."""
    target: tuple[bytes, ...] = ()
    """Trie nodes that prove the created account under this header; empty for a transfer."""

    def to_bytes(self) -> bytes:
        """Return canonical JSON."""
        spelled = {
            "header": self.header.hex(),
            "receipts": [receipt.hex() for receipt in self.receipts],
            "target": [node.hex() for node in self.target],
            "transactions": [transaction.hex() for transaction in self.transactions],
        }
        return orjson.dumps(spelled, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, blob: bytes) -> "BlockEvidence":
        spelled = orjson.loads(blob)
        return cls(
            header=bytes.fromhex(spelled["header"]),
            transactions=_all(spelled["transactions"]),
            receipts=_all(spelled["receipts"]),
            target=_all(spelled["target"]),
        )


def _all(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text) for text in texts)
