"""ARC-76: one seed from e-mail and password gives an Algorand and an EVM account.

ARC-76 is an idle draft whose text forbids sending the password to a server. We
derive on the server, and say so (docs/explanation/custody.md).
"""

from dataclasses import dataclass, field

from arc76.core import derive_seed_with_email
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infrastructure.evm.verifier.primitives import keccak256

DERIVATION = "arc76-email/1"
"""E-mail form of ARC-76, from the frozen e-mail address and the NFC password."""


@dataclass(frozen=True, slots=True)
class DerivedAccount:
    seed: bytes = field(repr=False)
    algorand: bytes
    """Ed25519 public key."""
    evm: bytes
    """Last 20 bytes of the Keccak-256 of the secp256k1 public key of the same 32 bytes."""


def derive_account(email: str, password: str, slot: int = 0) -> DerivedAccount:
    """Derive the account of a frozen e-mail address and an NFC password.

    Takes about a third of a second: 999,999 rounds of PBKDF2-HMAC-SHA256.
    """
    return account_of(bytes(derive_seed_with_email(email, password, slot)))


def account_of(seed: bytes) -> DerivedAccount:
    """Return both addresses of a 32-byte seed."""
    ed25519 = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    algorand = ed25519.public_bytes(Encoding.Raw, PublicFormat.Raw)
    secp256k1 = derive_private_key(int.from_bytes(seed, "big"), SECP256K1()).public_key()
    point = secp256k1.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return DerivedAccount(seed, algorand, keccak256(point[1:])[12:])
