"""The grid of windows: which lease a step may use, and until which round.

Lease and last-valid are functions of (operation, step, round) alone. So two logs that
know nothing of each other, as after a lost backup, sign into the same slot while both
could land (architecture, section 2; explored by the engine model, rule H12).
"""

from dataclasses import dataclass

from domain.slots import LeaseSlot, SlotKey
from domain.streams import StreamId
from infrastructure.algorand.verifier import lease

QUARTER = 4
"""Nothing is begun in the last one of so many parts: what is begun there has no time to land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    number: int
    opens: int
    """Its first round."""
    first: int
    """The first round in which bytes signed now can land."""
    last: int
    """Last-valid of whatever is signed in this window (rule L1)."""


def window_at(head: int, width: int) -> Window | None:
    """Return the window that a slot begun now belongs to; None in its last quarter.

    Args:
        head: the newest round that is closed.
        width: rounds of a window.
    """
    number = head // width
    into = head - number * width
    if into >= width - width // QUARTER:
        return None
    opens = number * width + 1
    return Window(number=number, opens=opens, first=max(head, opens), last=(number + 1) * width)


def is_used(window: Window, used: tuple[SlotKey, ...]) -> bool:
    """Whether a slot of the step reaches into this window, whatever grid it was on."""
    return any(isinstance(key, LeaseSlot) and key.last_valid >= window.opens for key in used)


def lease_of(operation: StreamId, step: int, window: int) -> bytes:
    """Return the 32 bytes that let one transaction of a sender land in a window."""
    return lease.lease_of(str(operation), step, window)
