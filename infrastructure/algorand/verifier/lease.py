"""Which lease a step of an operation may use in a window: nobody else's file can hold it."""

from hashlib import sha256

LEASE = b"proofmint/lease/1"


def lease_of(operation: str, step: int, window: int) -> bytes:
    """Return the 32 bytes that let one transaction of a sender land in a window.

    Args:
        operation: the stream of what owns the slot, such as ``deployment/<uuid>``.
        step: its number in the operation.
        window: its number on the grid; it ends with round (window + 1) times its width.
    """
    name = operation.encode()
    numbers = step.to_bytes(8, "big") + window.to_bytes(8, "big")
    return sha256(LEASE + len(name).to_bytes(4, "big") + name + numbers).digest()
