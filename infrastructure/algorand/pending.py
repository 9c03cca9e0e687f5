"""What a node's answer to pending/{txid} tells: a place to look at, never an outcome."""

from dataclasses import dataclass

from infrastructure.algorand.rest import MOST, Json


@dataclass(frozen=True, slots=True)
class Included:
    """The node says in which block. The block itself has to be read."""

    number: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """In this node's pool, nothing more."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """It was in this node's pool. Other pools may still have it, until its last-valid round."""

    error: str


Pending = Included | Waiting | Dropped


def pending_of(answer: Json) -> Pending | None:
    """Read an answer; None for one that says nothing, like every 404.

    A 404 is said of what was never sent, what another node dropped, what a restart
    lost, and what is in a block for more than 1,000 rounds.
    """
    if not isinstance(answer, dict):
        return None
    number, error = answer.get("confirmed-round", 0), answer.get("pool-error")
    if type(number) is not int or not 0 <= number <= MOST or not isinstance(error, str):
        return None
    if number:
        return Included(number)
    return Dropped(error) if error else Waiting()
