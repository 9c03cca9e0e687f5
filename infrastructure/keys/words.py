"""A seed as words that other wallets read. Implements application.accounts.signers.KeyWords."""

from mnemonic import Mnemonic

from domain.events import KeyForm
from infrastructure.algorand.verifier.primitives import sha512_256

SEED = 32
"""Bytes."""
BITS = 11
"""Of a word."""


class SeedWords:
    def words(self, seed: bytes, form: KeyForm) -> str:
        return algorand_words(seed) if form is KeyForm.ALGORAND else bip39_words(seed)


def bip39_words(seed: bytes) -> str:
    """Spell the 32 bytes as 24 English words (BIP-39): the bytes themselves are the entropy.

    Wallets that derive further keys from a phrase (BIP-32) do not find this account by it; it is
    a spelling of the key, which tools that read the entropy back recover.
    """
    return Mnemonic("english").to_mnemonic(seed)


def algorand_words(seed: bytes) -> str:
    """Spell an Ed25519 seed as Algorand does: 24 words of 11 bits, and a checksum word.

    The bits are taken from the lowest up; the 25th word is the first 11 bits of the seed's
    SHA-512/256.
    """
    if len(seed) != SEED:
        raise ValueError("a seed has 32 bytes")
    numbers = _numbers(seed)
    numbers.append(_numbers(sha512_256(seed)[:2])[0])
    words = Mnemonic("english").wordlist
    return " ".join(words[number] for number in numbers)


def _numbers(raw: bytes) -> list[int]:
    whole = int.from_bytes(raw, "little")
    count = -(-len(raw) * 8 // BITS)
    return [whole >> (BITS * place) & (2**BITS - 1) for place in range(count)]
