"""What is kept of a slot's end: raw blocks, enough to make the certificate from them alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from infrastructure.algorand.verifier.window import pack, unpack

MOST = 1000
"""Rounds: no transaction is valid for longer."""


@dataclass(frozen=True, slots=True)
class BlockEvidence:
    packed: bytes
    """Raw blocks, one after the other, compressed once and kept so: zlib's releases differ."""

    @classmethod
    def of(cls, blocks: Iterable[bytes]) -> "BlockEvidence":
        """Keep raw blocks (`Block.raw`).

        Args:
            blocks: the one that a transaction stands in; or all of a window, in order.
        """
        return cls(pack(blocks))

    @property
    def blocks(self) -> list[bytes]:
        return unpack(self.packed, MOST + 1)

    def to_bytes(self) -> bytes:
        """Return a stream that any zlib reads, of MessagePack that says where each block ends."""
        return self.packed

    @classmethod
    def from_bytes(cls, blob: bytes) -> "BlockEvidence":
        return cls(blob)
