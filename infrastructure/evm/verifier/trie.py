"""Merkle-Patricia tries: what stands at a key, or the proof that nothing does."""

from collections.abc import Callable, Sequence

from infrastructure.evm.verifier.primitives import Item, keccak256, need, text_of, unrlp

BRANCH = 17
"""Items of a branch node: sixteen children and a value."""


def nibbles(key: bytes) -> list[int]:
    return [nibble for byte in key for nibble in (byte >> 4, byte & 15)]


def prove(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """Return the value at a key; None where the trie proves that there is none.

    Every node is hashed, used once and in order, and none is left over.

    Raises:
        Refused: the nodes do not prove either.
    """
    queue = list(nodes)

    def fetch(digest: bytes) -> bytes:
        need(queue and keccak256(queue[0]) == digest, "a trie node does not match its hash")
        return queue.pop(0)

    value = climb(root, key, fetch)
    need(not queue, "unused trie nodes")
    return value


def climb(root: bytes, key: bytes, fetch: Callable[[bytes], bytes]) -> bytes | None:
    """Follow a key down from the root; fetch gives the node of a hash."""
    path, node = nibbles(key), unrlp(fetch(root))
    while isinstance(node, list):
        if len(node) == BRANCH:
            if not path:
                return text_of(node[16]) or None
            child, path = node[path[0]], path[1:]
        else:
            need(len(node) == 2 and node[0], "not a trie node")  # noqa: PLR2004 - a pair
            head = nibbles(text_of(node[0]))
            prefix = head[1:] if head[0] & 1 else head[2:]
            if head[0] & 2:
                return text_of(node[1]) if prefix == path else None
            if path[: len(prefix)] != prefix:
                return None
            child, path = node[1], path[len(prefix) :]
        node = _resolve(child, fetch)
    need(node == b"", "not a trie node")
    return None


def _resolve(child: Item, fetch: Callable[[bytes], bytes]) -> Item:
    if isinstance(child, list) or child == b"":
        return child
    return unrlp(fetch(child))
