"""Addresses and hashes as the tools of EVM chains write them."""

from infrastructure.evm.verifier.primitives import keccak256

UPPER_FROM = 8
"""Digits of the hash from which a letter is a capital (EIP-55)."""


def address_text(address: bytes) -> str:
    """Spell an address with its checksum (EIP-55)."""
    plain = address.hex()
    digest = keccak256(plain.encode()).hex()
    pairs = zip(plain, digest, strict=False)
    return "0x" + "".join(c.upper() if int(d, 16) >= UPPER_FROM else c for c, d in pairs)


def digest_text(digest: bytes) -> str:
    """Spell the hash of a block or transaction."""
    return "0x" + digest.hex()
