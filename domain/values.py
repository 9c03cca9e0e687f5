"""Values: equal by content, valid from construction, never changed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

DeploymentId = NewType("DeploymentId", UUID)
AccountId = NewType("AccountId", UUID)
TenantId = NewType("TenantId", UUID)
SignerId = NewType("SignerId", UUID)
SessionId = NewType("SessionId", UUID)

Actor = NewType("Actor", str)
"""Who acted: ``account:<uuid>``, ``worker``, ``operator:<name>``. A pseudonym, never a name."""

WORKER = Actor("worker")

BaseUnits = Annotated[int, "base units"]
"""An amount in the smallest unit of a coin or token; a decimal string wherever it is JSON."""

LARGEST_UINT256 = 2**256 - 1
LARGEST_UINT64 = 2**64 - 1
HASH_LENGTH = 32
"""Bytes."""


class Family(StrEnum):
    """How a chain keeps two transactions from taking effect twice."""

    EVM = "evm"
    ALGORAND = "algorand"


ADDRESS_LENGTH = {Family.EVM: 20, Family.ALGORAND: 32}
"""Bytes. Addresses are bytes inside; their spellings belong to the edges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRef:
    """Which chain, told by what cannot change. Taken from the catalogue, never from a node."""

    id: str
    """The catalogue's name for it, such as ``base-mainnet``."""
    family: Family
    genesis_hash: bytes
    chain_id: int | None = None
    """EIP-155 chain id; None where the family has none."""

    def __post_init__(self) -> None:
        if len(self.genesis_hash) != HASH_LENGTH:
            raise ValueError("a genesis hash has 32 bytes")
        if (self.family is Family.EVM) != (self.chain_id is not None):
            raise ValueError("an EVM network has a chain id, and no other does")

    @property
    def key(self) -> str:
        """A stream-safe spelling of the chain's identity, independent of the catalogue's name."""
        chain = "" if self.chain_id is None else f"-{self.chain_id}"
        return f"{self.family}{chain}-{self.genesis_hash.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRef:
    """A block by number *and* hash: a number alone says nothing across a reorganisation."""

    number: int
    hash: bytes

    def __post_init__(self) -> None:
        if self.number < 0 or len(self.hash) != HASH_LENGTH:
            raise ValueError("a block has a number from 0 and a hash of 32 bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRef:
    """The chain account that a deployment signs with."""

    id: SignerId
    address: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobRef:
    """Bytes kept beside the log, content-addressed."""

    sha256: bytes
    size: int
    """Bytes."""
