"""What is being deployed: the terms of a token, valid from construction."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.values import (
    ADDRESS_LENGTH,
    HASH_LENGTH,
    LARGEST_UINT64,
    LARGEST_UINT256,
    BaseUnits,
    Family,
)

LONGEST_NAME = 50
LONGEST_SYMBOL = 10
"""Characters, as in the API that ours takes over from."""
MOST_DECIMALS = 18
ZERO_ADDRESS = bytes(20)

LONGEST_ASSET_NAME = 32
LONGEST_UNIT_NAME = 8
LONGEST_URL = 96
"""Bytes in UTF-8, all three, as Algorand counts."""
MOST_ASSET_DECIMALS = 19


class TokenKind(StrEnum):
    ERC20_MINTABLE = "erc20-mintable"
    ASA_FT = "asa-ft"


FAMILY_OF = {TokenKind.ERC20_MINTABLE: Family.EVM, TokenKind.ASA_FT: Family.ALGORAND}


@dataclass(frozen=True, slots=True, kw_only=True)
class MintableErc20:
    """An ERC-20 token that its minters can mint up to a cap. Amounts are base units."""

    name: str
    symbol: str
    decimals: int
    cap: BaseUnits
    initial_supply: BaseUnits
    receiver: bytes
    """Gets the initial supply."""
    owner: bytes
    """Owns the contract, and is its first minter."""

    @property
    def kind(self) -> TokenKind:
        return TokenKind.ERC20_MINTABLE

    def __post_init__(self) -> None:
        check_name(self.name)
        check_symbol(self.symbol)
        if not 0 <= self.decimals <= MOST_DECIMALS:
            raise ValueError(f"decimals must be 0 to {MOST_DECIMALS}")
        if not 0 < self.cap <= LARGEST_UINT256:
            raise ValueError("cap must be more than 0 and at most 2^256 - 1 base units")
        if not 0 <= self.initial_supply <= self.cap:
            raise ValueError("initialSupply must be 0 to cap")
        for role, address in (("receiver", self.receiver), ("owner", self.owner)):
            if len(address) != len(ZERO_ADDRESS) or address == ZERO_ADDRESS:
                raise ValueError(f"{role} must be a non-zero address of 20 bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class AsaFungible:
    """A fungible Algorand Standard Asset: its whole supply exists from its creation.

    What the asset goes without is None. The chain cannot tell zero bytes or an empty
    url from absence, so neither is a value here. A role of None is given away for ever.
    """

    name: str
    unit_name: str
    decimals: int
    total: BaseUnits
    default_frozen: bool = False
    """Whether accounts that opt in are frozen until the freeze address thaws them."""
    manager: bytes | None = None
    """May change the four roles, and destroy the asset while its creator holds all of it."""
    reserve: bytes | None = None
    """Holds what counts as not in circulation. A label: the creator gets the supply."""
    freeze: bytes | None = None
    """May freeze and thaw what an account holds."""
    clawback: bytes | None = None
    """May move what any account holds."""
    url: str | None = None
    metadata_hash: bytes | None = None

    @property
    def kind(self) -> TokenKind:
        return TokenKind.ASA_FT

    @property
    def symbol(self) -> str:
        """What the other kinds call the unit name."""
        return self.unit_name

    @property
    def roles(self) -> Mapping[str, bytes | None]:
        """The four addresses, by their names in requests, answers and messages."""
        return {
            "manager": self.manager,
            "reserve": self.reserve,
            "freeze": self.freeze,
            "clawback": self.clawback,
        }

    def __post_init__(self) -> None:
        check_bytes(self.name, "name", LONGEST_ASSET_NAME)
        check_bytes(self.unit_name, "unitName", LONGEST_UNIT_NAME)
        if self.url is not None:
            check_bytes(self.url, "url", LONGEST_URL)
        if not 0 <= self.decimals <= MOST_ASSET_DECIMALS:
            raise ValueError(f"decimals must be 0 to {MOST_ASSET_DECIMALS}")
        if not 0 < self.total <= LARGEST_UINT64:
            raise ValueError("total must be 1 to 2^64 - 1 base units")
        for role, address in self.roles.items():
            if address is not None and not _is_set(address, ADDRESS_LENGTH[Family.ALGORAND]):
                raise ValueError(f"{role} must be a non-zero address of 32 bytes, or None")
        if self.metadata_hash is not None and not _is_set(self.metadata_hash, HASH_LENGTH):
            raise ValueError("metadataHash must be 32 bytes that are not all zero, or None")
        if self.default_frozen and self.freeze is None:
            raise ValueError("defaultFrozen needs a freeze address: nobody else could ever thaw")


Token = MintableErc20 | AsaFungible
"""The terms of any kind of token."""


def check_name(name: str) -> None:
    """Refuse what cannot be a token's name.

    Raises:
        ValueError: not 1 to 50 printable characters without blanks around.
    """
    _check_text(name, "name", LONGEST_NAME)


def check_symbol(symbol: str) -> None:
    """Refuse what cannot be a token's symbol.

    Raises:
        ValueError: not 1 to 10 printable characters without blanks around.
    """
    _check_text(symbol, "symbol", LONGEST_SYMBOL)


def _check_text(text: str, what: str, longest: int) -> None:
    if not 1 <= len(text) <= longest or text != text.strip():
        raise ValueError(f"{what} must have 1 to {longest} characters and no blanks around")
    if not text.isprintable():
        raise ValueError(f"{what} must not hold control characters")


def check_bytes(text: str, what: str, longest: int) -> None:
    """Refuse what cannot be a text of an Algorand asset.

    Raises:
        ValueError: not 1 to so many bytes in UTF-8, printable, without blanks around.
    """
    if not text.isprintable():
        raise ValueError(f"{what} must not hold control characters")
    size = len(text.encode())
    if not 1 <= size <= longest:
        raise ValueError(f"{what} must have 1 to {longest} bytes in UTF-8, it has {size}")
    if text != text.strip():
        raise ValueError(f"{what} must have no blanks around")


def _is_set(value: bytes, length: int) -> bool:
    return len(value) == length and any(value)
