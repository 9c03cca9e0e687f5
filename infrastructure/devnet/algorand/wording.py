"""The ledger's refusals in the words of algod 5.1.0."""

import re
from collections.abc import Sequence
from typing import Any

from infrastructure.devnet.algorand.answer import Failed

PREFIX = "TransactionPool.Remember: "
BEFORE_THE_POOL = (" invalid : ", "At least one signature", "transactionGroup: ", "msgpack decode")
"""What algod says before a transaction comes to its pool goes out without the prefix."""
PC = re.compile(r"\bpc=\s*(\d+)")
NAMED = re.compile(r"\btransaction ([A-Z2-7]{52})\b")


def refusal(said: str, names: Sequence[str]) -> Failed:
    """The answer to a POST that the ledger refused.

    Args:
        said: by the ledger.
        names: ids of the group's members, in order.
    """
    words = in_our_days(said)
    if any(mark in words for mark in BEFORE_THE_POOL):
        return Failed(400, words)
    return Failed(400, PREFIX + words, program_data(words, names))


def in_our_days(said: str) -> str:
    return said


def program_data(words: str, names: Sequence[str]) -> dict[str, Any] | None:
    """Where a program failed, as algod says it beside the words."""
    found = PC.findall(words)
    if "logic eval error" not in words or not found:
        return None
    named = NAMED.search(words)
    group_index = names.index(named[1]) if named and named[1] in names else 0
    return {"group-index": group_index, "pc": int(found[-1])}
