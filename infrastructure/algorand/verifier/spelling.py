"""Addresses and hashes as Algorand's tools write them: base32 without padding."""

from base64 import b32encode

from infrastructure.algorand.verifier.primitives import sha512_256

CHECKSUM = 4
"""Bytes of an address that check the others."""


def address_text(public_key: bytes) -> str:
    """Spell an account's public key, with four bytes that check it."""
    return digest_text(public_key + check_bytes(public_key))


def check_bytes(public_key: bytes) -> bytes:
    return sha512_256(public_key)[-CHECKSUM:]


def digest_text(digest: bytes) -> str:
    """Spell the hash of a block or transaction."""
    return b32encode(digest).decode().rstrip("=")
