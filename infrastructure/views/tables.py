"""One projection's table, as SQL that both databases understand, and its rows as bytes.

A row is canonical JSON: equal rows are equal bytes, so that two replays can be
compared to the letter (I8).
"""

from dataclasses import dataclass
from functools import cached_property
from secrets import token_hex
from typing import Any, Generic, TypeVar

import msgspec

from projections.projection import Projection

Row = TypeVar("Row")


@dataclass(frozen=True)
class Table(Generic[Row]):
    projection: Projection[Row]
    name: str
    """The live table's name, or that of one that grows beside it."""

    @cached_property
    def create(self) -> list[str]:
        columns = "".join(f", {name} {kind} NOT NULL" for name, kind in self.index.items())
        shape = f"key text PRIMARY KEY{columns}, row text NOT NULL"
        return [
            f"CREATE TABLE IF NOT EXISTS {self.name} ({shape})",
            # Names are random, since a table that grew beside the live one keeps its indexes.
            *(
                f"CREATE INDEX ix_{token_hex(6)} ON {self.name} ({', '.join(found_by)})"
                for found_by in self.found_by
            ),
        ]

    @property
    def index(self) -> dict[str, str]:
        return dict(self.projection.index)

    @property
    def found_by(self) -> tuple[tuple[str, ...], ...]:
        lead, *others = self.index
        return self.projection.found_by or tuple((lead, other) for other in others)

    @property
    def columns(self) -> list[str]:
        return ["key", *self.index, "row"]

    @property
    def update(self) -> str:
        """The part of an upsert that replaces a row."""
        return ", ".join(f"{name} = excluded.{name}" for name in [*self.index, "row"])

    def values(self, key: str, row: Row) -> tuple[Any, ...]:
        return (key, *self.projection.columns(row), encode(row))

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Row]:
        return msgspec.json.Decoder(self.projection.row)

    def decode(self, stored: str) -> Row:
        return self.decoder.decode(stored)


_ENCODER = msgspec.json.Encoder(order="sorted")


def encode(row: object) -> str:
    return _ENCODER.encode(row).decode()
