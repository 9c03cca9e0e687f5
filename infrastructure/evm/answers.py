"""Classifies what a node said to a submission, by a table that is data (answers.toml)."""

from functools import cache

from infrastructure.answer_table import ACCEPTED, SAYS_NOTHING, AnswerTable

__all__ = ["ACCEPTED", "SAYS_NOTHING", "verdict_of"]


def verdict_of(code: int, wording: str) -> str:
    """Return the class of a refusal; ``says-nothing`` for every wording that is not known."""
    return _table().of_wording(code, wording).verdict


@cache
def _table() -> AnswerTable:
    return AnswerTable.of("infrastructure.evm")
