"""ERC-20 tokens: where a request becomes terms, and terms become an answer."""

from collections.abc import Mapping
from typing import Any

from domain.tokens import MOST_DECIMALS, MintableErc20, check_name, check_symbol
from domain.values import LARGEST_UINT256
from infrastructure.addresses import evm_address, evm_address_text
from interfaces.http.amounts import base_units, whole_tokens
from interfaces.http.problems import field_problems
from interfaces.http.terms import CreateMintableErc20Request, MintableErc20Accepted
from interfaces.http.tokens import Fields


def mintable_erc20(body: CreateMintableErc20Request, signer: bytes) -> MintableErc20:
    """Make the terms of an ERC-20 token; receiver and owner are the signer unless named.

    Raises:
        Problem: INVALID_TOKEN_PARAMETERS, with every field that is wrong.
    """
    fields = Fields()
    decimals = body.decimals
    if not 0 <= decimals <= MOST_DECIMALS:
        fields.refuse("decimals", f"must be 0 to {MOST_DECIMALS}")
        decimals = MOST_DECIMALS
    cap = fields.take("cap", lambda: _amount(body.cap, decimals), 1)
    supply = fields.take("initialSupply", lambda: _amount(body.initial_supply, decimals), 0)
    receiver = _address(fields, "initialSupplyReceiver", body.initial_supply_receiver, signer)
    owner = _address(fields, "owner", body.owner, signer)
    fields.take("name", lambda: check_name(body.name), None)
    fields.take("symbol", lambda: check_symbol(body.symbol), None)
    if not fields.problems and cap == 0:
        fields.refuse("cap", "must be more than 0")
    if not fields.problems and supply > cap:
        fields.refuse("initialSupply", "is more than the cap")
    if fields.problems:
        raise field_problems(fields.problems)
    return MintableErc20(
        name=body.name,
        symbol=body.symbol,
        decimals=decimals,
        cap=cap,
        initial_supply=supply,
        receiver=receiver,
        owner=owner,
    )


def accepted(token: MintableErc20, shared: Mapping[str, Any]) -> MintableErc20Accepted:
    return MintableErc20Accepted(
        **shared,
        warnings=[],
        symbol=token.symbol,
        decimals=token.decimals,
        initial_supply=whole_tokens(token.initial_supply, token.decimals),
        cap=whole_tokens(token.cap, token.decimals),
        initial_supply_receiver=evm_address_text(token.receiver),
        owner=evm_address_text(token.owner),
    )


def _amount(text: str, decimals: int) -> int:
    units = base_units(text, decimals)
    if units > LARGEST_UINT256:
        raise ValueError("is more than 2^256 - 1 base units")
    return units


def _address(fields: Fields, name: str, text: str | None, default: bytes) -> bytes:
    if text is None:
        return default
    address = fields.take(name, lambda: evm_address(text), default)
    if not any(address):
        fields.refuse(name, "must not be the zero address")
    return address
