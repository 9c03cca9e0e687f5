"""Classifies what a node said to a submission, by a table that is data (answers.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SAYS_NOTHING = "says-nothing"
ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class _Table:
    codes: dict[int, str]
    wordings: tuple[tuple[str, str], ...]
    """(start in lower case, verdict), in the order in which they are tried."""


def verdict_of(code: int, wording: str) -> str:
    """Return the class of a refusal; ``says-nothing`` for every wording that is not known."""
    table, said = _table(), wording.strip().lower()
    by_wording = (verdict for start, verdict in table.wordings if said.startswith(start))
    return next(by_wording, table.codes.get(code, SAYS_NOTHING))


@cache
def _table() -> _Table:
    text = files("infrastructure.evm").joinpath("answers.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    known = raw["verdicts"].keys()
    rows = [(start.lower(), row["verdict"]) for row in raw["wording"] for start in row["starts"]]
    codes = {row["code"]: row["verdict"] for row in raw["code"]}
    assert {verdict for _, verdict in rows} | set(codes.values()) <= known
    return _Table(codes, tuple(rows))
