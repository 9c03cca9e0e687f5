"""Where a create request becomes values: networks, amounts in base units, addresses in bytes."""

from collections.abc import Callable
from typing import TypeVar

from domain.tokens import (
    FAMILY_OF,
    MOST_DECIMALS,
    MintableErc20,
    TokenKind,
    check_name,
    check_symbol,
)
from domain.values import LARGEST_UINT256
from infrastructure.addresses import evm_address
from interfaces.http.amounts import base_units
from interfaces.http.messages import CreateMintableErc20Request
from interfaces.http.ports import Network, Networks
from interfaces.http.problems import FieldProblem, Problem, field_problems

Value = TypeVar("Value")
INVALID = "INVALID_TOKEN_PARAMETERS"


class _Fields:
    """Collects what is wrong with every field, and the values of those that are right."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []

    def take(self, name: str, read: Callable[[], Value], instead: Value) -> Value:
        try:
            return read()
        except ValueError as error:
            self.refuse(name, str(error))
            return instead

    def refuse(self, name: str, detail: str) -> None:
        self.problems.append(FieldProblem(pointer="/" + name, code=INVALID, detail=detail))


def mintable_erc20(body: CreateMintableErc20Request, signer: bytes) -> MintableErc20:
    """Make the terms of an ERC-20 token; receiver and owner are the signer unless named.

    Raises:
        Problem: INVALID_TOKEN_PARAMETERS, with every field that is wrong.
    """
    fields = _Fields()
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


def named_network(networks: Networks, body: CreateMintableErc20Request) -> Network:
    """Return the network that a request names by id, by chain id, or by both alike.

    Raises:
        Problem: INVALID_NETWORK or MISSING_REQUIRED_FIELD.
    """
    if body.network is None and body.chain_id is None:
        detail = "name the network, or its chainId"
        raise field_problems(
            [FieldProblem(pointer="/network", code="MISSING_REQUIRED_FIELD", detail=detail)]
        )
    found: Network | None = None
    if body.network is not None and (found := networks.by_id(body.network)) is None:
        raise _no_network("network", "is not one of GET /api/v1/networks")
    if body.chain_id is not None:
        if found is None:
            found = networks.by_chain_id(body.chain_id)
        if found is None or found.reference.chain_id != body.chain_id:
            raise _no_network("chainId", "is no chain of ours, or not the named network's")
    assert found is not None
    if found.reference.family is not FAMILY_OF[TokenKind.ERC20_MINTABLE]:
        raise _no_network("network", "does not take ERC-20 tokens")
    return found


def _no_network(name: str, detail: str) -> Problem:
    problem = FieldProblem(pointer="/" + name, code="INVALID_NETWORK", detail=detail)
    return field_problems([problem])


def _amount(text: str, decimals: int) -> int:
    units = base_units(text, decimals)
    if units > LARGEST_UINT256:
        raise ValueError("is more than 2^256 - 1 base units")
    return units


def _address(fields: _Fields, name: str, text: str | None, default: bytes) -> bytes:
    if text is None:
        return default
    address = fields.take(name, lambda: evm_address(text), default)
    if not any(address):
        fields.refuse(name, "must not be the zero address")
    return address
