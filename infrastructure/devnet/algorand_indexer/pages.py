"""Pages of what has a number and an end: assets, holdings, applications."""

from collections.abc import Mapping
from typing import Any

from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand_indexer.arguments import (
    MOST_SEARCHED,
    TOO_GREAT,
    Reading,
    address,
    number,
)
from infrastructure.devnet.algorand_indexer.database import Snapshot

THERE: Mapping[str, Any] = {"deleted = ?": 0}
"""The condition that leaves out what is gone."""
NEXT = "unable to parse next token"


def select(
    now: Snapshot, what: str, conditions: Mapping[str, Any], order: str, most: int
) -> list[Any]:
    limit = f" LIMIT {most}" if most else ""
    where = " AND ".join(conditions) or "1"
    query = f"SELECT {what} WHERE {where} ORDER BY {order}{limit}"
    return now.rows.execute(query, list(conditions.values())).fetchall()


def page(now: Snapshot, name: str, found: list[dict[str, Any]], mark: str) -> dict[str, Any]:
    shown: dict[str, Any] = {name: found, "current-round": now.round}
    return {**shown, "next-token": str(found[-1][mark])} if found else shown


def which(given: Reading) -> Mapping[str, Any]:
    return {} if given.get("include-all", False) else THERE


def creator_of(text: str | None) -> bytes | None:
    try:
        return None if text is None else address(text)
    except ValueError as error:
        raise Failed(400, f"unable to parse creator address: {error}") from None


def searched(value: int) -> int:
    if value > MOST_SEARCHED:
        raise Failed(404, TOO_GREAT)
    return value


def after(text: str) -> int:
    try:
        return min(number("next", text), MOST_SEARCHED)
    except Failed:
        why = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise Failed(400, f"{NEXT}: {why}") from None
