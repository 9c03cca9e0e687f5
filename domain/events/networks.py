"""What the log relied on as final, and who contradicted it."""

from dataclasses import dataclass

from domain.values import BlockRef, NetworkRef


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalizedAdvanced:
    """The highest block that an outcome was ever decided at."""

    network: NetworkRef
    block: BlockRef
    operators: tuple[str, ...]
    """Who stated it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalityViolated:
    """A node contradicts what was final. Nothing is decided or signed until an operator looks."""

    network: NetworkRef
    known: BlockRef
    stated: BlockRef | None
    """What stands there now; None where the chain does not reach that far."""
    operator: str


NetworkEvent = FinalizedAdvanced | FinalityViolated
