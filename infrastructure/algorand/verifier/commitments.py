"""The two trees by which a header commits to its transactions.

``txn`` is a plain tree with zeros for a missing neighbour. ``txn256`` is filled up
to a power of two and stands in the order of its places' bits, read backwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infrastructure.algorand.verifier.primitives import need, sha512_256, sha_256

SIZE = 32
"""Bytes of a digest."""
MISSING = bytes(SIZE)
NOBODY = sha_256(b"MB")
"""What fills `txn256` up; also its root where there is no transaction at all."""


@dataclass(frozen=True, slots=True)
class Tree:
    digest: Callable[[bytes], bytes]
    vector: bool

    def leaf(self, transaction: bytes, row: bytes) -> bytes:
        """Return what stands for one transaction, given in full, and its row of the block."""
        hashed = self.digest(b"TX" + transaction) + self.digest(b"STIB" + row)
        return self.digest(b"TL" + hashed)

    def levels(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """Return every level of the tree, the root's last."""
        levels = [self._ordered(leaves)]
        while len(levels[-1]) > 1:
            level = levels[-1] + [MISSING] * (len(levels[-1]) % 2)
            pairs = zip(level[::2], level[1::2], strict=True)
            levels.append([self.digest(b"MA" + left + right) for left, right in pairs])
        return levels

    def path(self, leaves: Sequence[bytes], index: int) -> list[bytes]:
        """Return the neighbours on the way up from one leaf."""
        levels = self.levels(leaves)
        at, path = self._place(index, len(levels) - 1), []
        for level in levels[:-1]:
            path.append(level[at ^ 1] if at ^ 1 < len(level) else MISSING)
            at >>= 1
        return path

    def climb(self, leaf: bytes, index: int, path: Sequence[bytes]) -> bytes:
        """Return the root that a leaf at this index and these neighbours make."""
        need(0 <= index < 1 << len(path), "an index outside of the tree")
        at, node = self._place(index, len(path)), leaf
        for neighbour in path:
            node = self.digest(b"MA" + (neighbour + node if at & 1 else node + neighbour))
            at >>= 1
        return node

    def _ordered(self, leaves: Sequence[bytes]) -> list[bytes]:
        if not self.vector or not leaves:
            return list(leaves)
        depth = (len(leaves) - 1).bit_length()
        filled = [*leaves, *[NOBODY] * ((1 << depth) - len(leaves))]
        return [filled[_reversed(at, depth)] for at in range(1 << depth)]

    def _place(self, index: int, depth: int) -> int:
        return _reversed(index, depth) if self.vector else index


def _reversed(index: int, depth: int) -> int:
    return int(f"{index:0{depth}b}"[::-1], 2) if depth else 0


TREES = {"txn": Tree(sha512_256, vector=False), "txn256": Tree(sha_256, vector=True)}


def holds(header: dict[bytes, bytes], leaves: Sequence[bytes]) -> bool:
    """Whether these leaves of `txn` are all that a header commits to.

    A round without transactions has no `txn`: that there is none is what `txn256` says.
    """
    if leaves:
        root = TREES["txn"].levels(leaves)[-1][0]
        return header.get(b"txn") == b"\xc4\x20" + root
    return b"txn" not in header and header.get(b"txn256") == b"\xc4\x20" + NOBODY
