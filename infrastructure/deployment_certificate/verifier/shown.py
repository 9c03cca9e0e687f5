"""What one proof shows, the same for both families."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    sender: str
    """Whose slot it is, as the chain's tools spell it."""
    slot: str
    """What the slot is, in words."""
    key: tuple[bytes, bytes | int]
    """What tells it from every other slot of the chain."""
    fate: str
    creates: bool
    """Whether a token was created in it."""
    transaction: str | None
    """The one of ours that stands in a block; None where none does."""
    asset: str | None
    """What it created."""
    names_deployment: bool
    """Whether that transaction holds the deployment's id."""
    other: str | None
    """What used the slot instead, and created nothing."""
    unused: bool = False
    """Whether it is shown that nobody used the slot, rather than that nothing of ours landed."""
