"""Looks for secrets where they must not be, in each spelling that a store or a log gives them."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from infrastructure.event_log.log import sqlite_path

SHORTEST = 6
"""Characters. What is shorter (a code of six digits) stands everywhere by chance."""
TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"


def spellings(secret: str | bytes) -> set[bytes]:
    """Return a secret raw, in hexadecimal, in both kinds of base64 at each offset, and as repr."""
    raw = secret.encode() if isinstance(secret, str) else secret
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), repr(raw)[2:-1].encode()}
    found.add(repr(raw.decode(errors="backslashreplace"))[1:-1].encode())
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # What stands before and behind decides the first and last characters: not ours.
            middle = encode(bytes(offset) + raw).rstrip(b"=")
            found.add(middle[-(-offset * 8 // 6) : (len(raw) + offset) * 8 // 6])
    return {one for one in found if len(one) >= SHORTEST}


@dataclass
class Canaries:
    """Secrets by name."""

    by_name: dict[str, set[bytes]] = field(default_factory=dict)

    def add(self, name: str, *secrets: str | bytes) -> None:
        for secret in secrets:
            self.by_name.setdefault(name, set()).update(spellings(secret))

    def found_in(self, content: bytes, but: Iterable[str] = ()) -> list[str]:
        """Return the names of secrets that stand in something, but those that may."""
        allowed = set(but)
        return sorted(
            name
            for name, spelled in self.by_name.items()
            if name not in allowed and any(one in content for one in spelled)
        )


def files_of(folder: Path, but: Iterable[str]) -> Mapping[str, bytes]:
    """Return the content of each file of a folder, but those of certain names."""
    left_out = set(but)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in left_out
    }


def rows_of(url: str) -> Mapping[str, bytes]:
    """Return all rows of each PostgreSQL table, or each file of an SQLite database."""
    if url.startswith("sqlite:"):
        return files_of(Path(sqlite_path(url)).parent, {"master.key"})
    found = {}
    with psycopg.connect(url) as connection:
        for name in connection.execute(TABLES).fetchall():
            table = sql.SQL("SELECT * FROM {}").format(sql.Identifier(*name))
            cells = [
                bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                for row in connection.execute(table)
                for cell in row
            ]
            found[".".join(name)] = b"\0".join(cells)
    return found
