"""Addresses and ids between bytes and text, without any chain's SDK: the API stays quick."""

import base64
import binascii

from domain.values import Family
from infrastructure.algorand.verifier import spelling as algorand
from infrastructure.algorand.verifier.spelling import address_text as algorand_address_text
from infrastructure.evm.verifier import spelling as evm
from infrastructure.evm.verifier.accounts import create_address
from infrastructure.evm.verifier.spelling import address_text as evm_address_text

EVM_LENGTH = 20
ALGORAND_LENGTH = 32
ALGORAND_TEXT = 58

__all__ = [
    "address_text",
    "algorand_address",
    "algorand_address_text",
    "asset_text",
    "create_address",
    "digest_text",
    "evm_address",
    "evm_address_text",
]


def evm_address(text: str) -> bytes:
    """Read an address; mixed case has to be its right checksum (EIP-55).

    Raises:
        ValueError: it is none, or its checksum is wrong.
    """
    digits = text[2:]
    if text[:2] != "0x" or len(digits) != 2 * EVM_LENGTH or not digits.isascii():
        raise ValueError("an EVM address is 0x and 40 hexadecimal digits")
    try:
        address = bytes.fromhex(digits)
    except ValueError:
        raise ValueError("an EVM address is 0x and 40 hexadecimal digits") from None
    one_case = digits in {digits.lower(), digits.upper()}
    if not one_case and evm_address_text(address) != text:
        raise ValueError("the checksum of this address is wrong (EIP-55)")
    return address


def algorand_address(text: str) -> bytes:
    """Read an Algorand address.

    Raises:
        ValueError: it is none, or its checksum is wrong.
    """
    if len(text) != ALGORAND_TEXT or not text.isascii():
        raise ValueError("an Algorand address has 58 characters")
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise ValueError("an Algorand address is base32") from None
    public_key, check = raw[:ALGORAND_LENGTH], raw[ALGORAND_LENGTH:]
    if algorand.check_bytes(public_key) != check or algorand_address_text(public_key) != text:
        raise ValueError("the checksum of this address is wrong")
    return public_key


def address_text(family: Family, address: bytes) -> str:
    """Spell an address as its chain does, with its checksum."""
    return {Family.EVM: evm_address_text, Family.ALGORAND: algorand_address_text}[family](address)


def asset_text(family: Family, asset: bytes) -> str:
    """Spell what a token is found by: its address (EVM), or its id in decimal (Algorand)."""
    if family is Family.ALGORAND:
        return str(int.from_bytes(asset, "big"))
    return evm_address_text(asset)


def digest_text(family: Family, digest: bytes) -> str:
    """Spell the hash of a block or transaction as the chain's own tools do."""
    if family is Family.ALGORAND:
        return algorand.digest_text(digest)
    return evm.digest_text(digest)
