"""What create requests of every kind of token have in common: their fields, and their network."""

from collections.abc import Callable
from typing import TypeVar

from domain.tokens import FAMILY_OF, TokenKind
from domain.values import Family
from interfaces.http.ports import Network, Networks
from interfaces.http.problems import FieldProblem, Problem, field_problems

Value = TypeVar("Value")
INVALID = "INVALID_TOKEN_PARAMETERS"
SPELLED = {Family.EVM: "EVM", Family.ALGORAND: "Algorand"}


class Fields:
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


def named_network(
    networks: Networks, kind: TokenKind, network: str | None, chain_id: int | None = None
) -> Network:
    """Return the network that a request names by id, by chain id, or by both alike.

    Raises:
        Problem: INVALID_NETWORK or MISSING_REQUIRED_FIELD.
    """
    if network is None and chain_id is None:
        detail = "name the network, or its chainId"
        raise field_problems(
            [FieldProblem(pointer="/network", code="MISSING_REQUIRED_FIELD", detail=detail)]
        )
    found: Network | None = None
    if network is not None and (found := networks.by_id(network)) is None:
        raise _no_network("network", "is not one of GET /api/v1/networks")
    if chain_id is not None:
        if found is None:
            found = networks.by_chain_id(chain_id)
        if found is None or found.reference.chain_id != chain_id:
            raise _no_network("chainId", "is no chain of ours, or not the named network's")
    assert found is not None
    family, needed = found.reference.family, FAMILY_OF[kind]
    if family is not needed:
        detail = f"is an {SPELLED[family]} network, and {kind} is for {SPELLED[needed]} ones"
        raise _no_network("network", detail)
    return found


def _no_network(name: str, detail: str) -> Problem:
    problem = FieldProblem(pointer="/" + name, code="INVALID_NETWORK", detail=detail)
    return field_problems([problem])
