"""Signatures of Ed25519, where a key that speaks for nobody is refused.

OpenSSL takes any 32 bytes for a key. For a key of small order anyone can write a signature
that holds for a good part of all messages, and for the neutral point one that holds for all.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PRIME = 2**255 - 19
KEY_BYTES = 32
SIGNATURE_BYTES = 64
OF_ORDER_8 = 0x5FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
"""A root of dy^4 + 2y^2 - 1, with d of the curve (RFC 8032, section 5.1): doubling gives y = 0."""
SMALL_ORDER = {0, 1, PRIME - 1, OF_ORDER_8, PRIME - OF_ORDER_8}
"""The y of all eight points whose order divides 8; x differs in sign alone."""


def speaks_for_someone(key: bytes) -> bool:
    """Whether a key is spelled in its one way, and is no point of small order.

    One that is no point at all passes here: no signature holds for it.
    """
    y = int.from_bytes(key, "little") & ((1 << 255) - 1)
    return len(key) == KEY_BYTES and y < PRIME and y not in SMALL_ORDER


def holds(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of a key signed a message (RFC 8032, without cofactor)."""
    if not speaks_for_someone(key) or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
