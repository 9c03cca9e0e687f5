"""What our ERC-20 contract is on chain: its creation, its code, and the logs of its making."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import encode

from infrastructure.evm.verifier.primitives import keccak256

WORD = 32
LONGEST_SHORT_STRING = 31
"""Bytes: longer names have a fixed name in the permit's domain (see the contract)."""
LONG_NAME_DOMAIN = "MintableToken"
DOMAIN_VERSION = "1"
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
CONSTRUCTOR = ("string", "string", "uint8", "uint256", "uint256", "address", "address", "bytes16")
NOBODY = bytes(WORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCodeTerms:
    """What the constructor is told. Amounts in base units."""

    name: str
    symbol: str
    decimals: int
    cap: int
    initial_supply: int
    receiver: bytes
    owner: bytes
    deployment_id: bytes
    """16 bytes."""


@dataclass(frozen=True, slots=True)
class Log:
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


def creation_code(terms: TokenCodeTerms) -> bytes:
    """Return the init code with its arguments: what a creation transaction carries."""
    arguments = (
        terms.name,
        terms.symbol,
        terms.decimals,
        terms.cap,
        terms.initial_supply,
        terms.receiver,
        terms.owner,
        terms.deployment_id,
    )
    return bytes.fromhex(_artifact()["creation"]) + encode(CONSTRUCTOR, arguments)


def expected_runtime_code(terms: TokenCodeTerms, chain_id: int, address: bytes) -> bytes:
    """Return the code that has to stand at an address, with every immutable filled in.

    Raises:
        KeyError: the contract has an immutable that this code does not know.
    """
    code = bytearray.fromhex(_artifact()["runtime"])
    values = _immutables(terms, chain_id, address)
    for name, places in _artifact()["immutables"].items():
        for place in places:
            start, length = place["start"], place["length"]
            code[start : start + length] = values[name][-length:]
    return bytes(code)


def expected_logs(terms: TokenCodeTerms, address: bytes) -> list[Log]:
    """Return the logs of the creation's receipt, in order: these, and nothing else."""
    owner = _word(terms.owner)
    logs = [
        Log(address, (_topic("OwnershipTransferred(address,address)"), NOBODY, owner), b""),
        Log(address, (_topic("MinterAdded(address)"), owner), b""),
    ]
    if terms.initial_supply:
        topics = (_topic("Transfer(address,address,uint256)"), NOBODY, _word(terms.receiver))
        logs.append(Log(address, topics, terms.initial_supply.to_bytes(WORD, "big")))
    return logs


def _immutables(terms: TokenCodeTerms, chain_id: int, address: bytes) -> dict[str, bytes]:
    domain = terms.name
    if len(domain.encode()) > LONGEST_SHORT_STRING:
        domain = LONG_NAME_DOMAIN
    hashed_name, hashed_version = keccak256(domain.encode()), keccak256(DOMAIN_VERSION.encode())
    separator = b"".join(
        (
            keccak256(DOMAIN_TYPE),
            hashed_name,
            hashed_version,
            chain_id.to_bytes(WORD, "big"),
            _word(address),
        )
    )
    return {
        "MintableToken._decimals": terms.decimals.to_bytes(WORD, "big"),
        "MintableToken.deploymentId": terms.deployment_id.ljust(WORD, b"\0"),
        "ERC20Capped._cap": terms.cap.to_bytes(WORD, "big"),
        "EIP712._cachedDomainSeparator": keccak256(separator),
        "EIP712._cachedChainId": chain_id.to_bytes(WORD, "big"),
        "EIP712._cachedThis": _word(address),
        "EIP712._hashedName": hashed_name,
        "EIP712._hashedVersion": hashed_version,
        "EIP712._name": _short_string(domain),
        "EIP712._version": _short_string(DOMAIN_VERSION),
    }


def _short_string(text: str) -> bytes:
    """Spell a string of at most 31 bytes in one word, as OpenZeppelin's ShortStrings does."""
    raw = text.encode()
    return raw.ljust(LONGEST_SHORT_STRING, b"\0") + bytes([len(raw)])


def _word(address: bytes) -> bytes:
    return address.rjust(WORD, b"\0")


def _topic(signature: str) -> bytes:
    return keccak256(signature.encode())


@cache
def _artifact() -> dict[str, Any]:
    source = files("infrastructure.contracts").joinpath("evm", "MintableToken.json")
    artifact: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return artifact
