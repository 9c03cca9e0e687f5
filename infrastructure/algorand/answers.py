"""Classifies what a node said to a submission, by a table that is data (answers.toml).

The wordings hold struct dumps of 7 kB, ids and amounts in a notation that changed
between versions: a wording is folded to its stable part before the table sees it.
"""

import re
from functools import cache

from infrastructure.answer_table import AnswerTable, Worth

WITH_WORDING = 400
"""The one status whose wordings are about the bytes."""
POOL = re.compile(r"TransactionPool\.\w+: ", re.IGNORECASE)
DUMP = re.compile(r"transaction \{.*\} (?=invalid : )", re.DOTALL)
NAMED = re.compile(r"transaction [A-Z2-7]{52}:? ", re.IGNORECASE)
DEAD = re.compile(r"txn dead: round ([0-9]+) outside of ([0-9]+)--[0-9]+", re.IGNORECASE)
VARIES = (
    (re.compile(r"\b[A-Z2-7]{52,58}\b"), "ID"),
    (re.compile(r"<[^>]*>"), "<>"),
    (re.compile(r"\b\d[\d.]*(?:[mu]?A)?\b", re.IGNORECASE), "N"),
)
LONGEST_FOLDED = 500
"""Characters that are looked at: no start in the table is near as long."""


def verdict_of(status: int, message: str) -> str:
    """Return the class of an answer; ``says-nothing`` for every wording that is not known."""
    return worth_of(status, message).verdict


def worth_of(status: int, message: str) -> Worth:
    """Return the class of an answer, and what in it has to alarm a person."""
    if status != WITH_WORDING:
        return _table().of_code(status)
    return _table().of_wording(status, _folded(stable_part(message)))


def stable_part(message: str) -> str:
    """Return the words worth keeping: what follows the pool's prefix and the struct dump.

    A dump shows names that users chose, so only what follows its last `` invalid : `` counts.
    """
    return _without(DUMP, _without(POOL, message.strip()))


def _folded(said: str) -> str:
    said = _without(NAMED, said[:LONGEST_FOLDED])
    if dead := DEAD.match(said):
        at, first = int(dead[1]), int(dead[2])
        return f"txn dead: {'early' if at < first else 'late'}"
    for pattern, mask in VARIES:
        said = pattern.sub(mask, said)
    return said


def _without(prefix: re.Pattern[str], said: str) -> str:
    found = prefix.match(said)
    return said[found.end() :] if found else said


@cache
def _table() -> AnswerTable:
    return AnswerTable.of("infrastructure.algorand")
