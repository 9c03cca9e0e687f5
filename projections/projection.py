"""What a projection is: a name, a version, the facts that it reads, and a fold."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.log import RecordedEvent

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Generic[Row]):
    name: str
    version: int
    """Raise it when the fold or the row changes: a new table grows beside the old one."""
    row: type[Row]
    reads: frozenset[type]
    """Event types that matter here. The position moves on over all others."""
    index: Mapping[str, str]
    """Columns beside the row that rows are found by, and their type: `text` or `bigint`."""
    needs: Callable[[RecordedEvent], str]
    """The key of the earlier row that the fold wants to see."""
    fold: Callable[[Row | None, RecordedEvent], Iterable[tuple[str, Row]]]
    """From that row, if there is one, and an event to the rows to write, each with its key."""
    columns: Callable[[Row], tuple[str | int, ...]]
    """The values of the index columns of a row, in order."""
    found_by: tuple[tuple[str, ...], ...] = ()
    """The indexes; where none is named, the first column with each of the others."""

    @property
    def table(self) -> str:
        return f"{self.name}_v{self.version}"


def altered(row: Row, **members: object) -> Row:
    """Return a copy with other members: dataclasses.replace for slotted rows, at half its cost."""
    copy = object.__new__(type(row))
    for name in type(row).__slots__:  # type: ignore[attr-defined] # rows have slots
        setattr(copy, name, getattr(row, name))
    for name, value in members.items():
        setattr(copy, name, value)
    return copy


def fold_batch(
    projection: Projection[Row], events: Iterable[RecordedEvent], known: Mapping[str, Row]
) -> dict[str, Row]:
    """Fold events over known rows; return the rows that changed, by key."""
    changed: dict[str, Row] = {}
    for recorded in events:
        key = projection.needs(recorded)
        before = changed.get(key) or known.get(key)
        changed.update(projection.fold(before, recorded))
    return changed
