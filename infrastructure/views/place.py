"""How far a table has read, and in which log."""

from dataclasses import dataclass
from hashlib import sha256

from domain.log import EventLog


@dataclass(frozen=True, slots=True)
class Place:
    position: int
    mark: str
    """SHA-256 of the envelope at that position; empty at the start."""


START = Place(0, "")


class AnotherLog(Exception):
    """A table was read from a log that is not this one, as after a restore from a backup."""

    def __init__(self, table: str, place: Place) -> None:
        super().__init__(
            f"{table} was read up to position {place.position} of another log: rebuild it"
        )


def place_at(log: EventLog, position: int) -> Place:
    """Return the place of a position; its mark is empty too where the log does not reach it."""
    for stored in log.read_envelopes(position - 1, position) if position else ():
        return Place(position, sha256(stored.envelope).hexdigest())
    return Place(position, "")
