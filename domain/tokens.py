"""What is being deployed: the terms of a token, valid from construction."""

from dataclasses import dataclass
from enum import StrEnum

from domain.values import LARGEST_UINT256, BaseUnits, Family

LONGEST_NAME = 50
LONGEST_SYMBOL = 10
"""Characters, as in the API that ours takes over from."""
MOST_DECIMALS = 18
ZERO_ADDRESS = bytes(20)


class TokenKind(StrEnum):
    ERC20_MINTABLE = "erc20-mintable"


FAMILY_OF = {TokenKind.ERC20_MINTABLE: Family.EVM}


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


Token = MintableErc20
"""The terms of any kind of token; a union as soon as there is a second kind."""


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
