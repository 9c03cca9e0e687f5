"""What two nodes have to say alike: status, kind, shape and stable words."""

import base64
import re
from typing import Any

import msgpack

MASKS = (
    (re.compile(r"\b[A-Z2-7]{52,58}\b"), "ID"),
    (re.compile(r"<[\w.-]+>"), "<NAME>"),
    (re.compile(r"\[pos \d+\]"), "[pos N]"),
    (re.compile(r"\d+"), "N"),
)
NOT_ALIKE = (
    # amounts are shown with units since 2025, and balances have more members
    (re.compile(r"\boverspend \(.*", re.DOTALL), "overspend"),
    # the words after these name opcodes with what the program pushes
    (re.compile(r"(, )?opcodes=.*", re.DOTALL), ""),
    (re.compile(r"\(\{\{\} .*"), ""),
)
_CONSENSUS = """
bi cert earn fc frac nextbefore nextproto nextswitch nextyes prev512 prp rate rr rs rwcalr seed
txn512 upgrade-delay upgrade-next-protocol-vote-before upgrade-no-votes upgrade-node-vote
upgrade-vote-rounds upgrade-votes upgrade-votes-required upgrade-yes-votes upgradedelay
upgradeprop upgradeyes
"""
CONSENSUS = frozenset(_CONSENSUS.split())
"""Members that a network with consensus, rewards or a vote has, and one node has not."""
_FREE = """
alloc app-budget-added app-budget-consumed build comment ebase group-fees-paid group-usage proof
spt timestamp
"""
FREE = frozenset(_FREE.split())
"""Members whose presence says how old the node is, or what the chain began with."""
MIXED = frozenset({"txns", "top-transactions"})
"""Lists of transactions of every kind."""


def stable(message: str) -> str:
    """The part of a message that stays, with names and numbers masked."""
    if " invalid : " in message:
        message = "invalid : " + message.rsplit(" invalid : ", 1)[1]
    for pattern, instead in NOT_ALIKE:
        message = pattern.sub(instead, message)
    for pattern, instead in MASKS:
        message = pattern.sub(instead, message)
    return message.strip()


def shape(value: Any) -> Any:
    """Which members there are and of what kind, and of a list its first."""
    match value:
        case dict() if set(value) == {"base64"} or {"base64", "cut-to"} <= set(value):
            return shape(_unpacked(value["base64"]))
        case dict():
            kept = {k: v for k, v in value.items() if k not in CONSENSUS | FREE}
            if any(isinstance(k, int) for k in kept):
                return {"N": shape(next(iter(kept.values())))}
            return {k: bool(v) if k in MIXED else shape(v) for k, v in sorted(kept.items())}
        case list():
            return [shape(value[0])] if value else []
        case bool():
            return value
        case int():
            return "N"
        case str() | bytes():
            return "S" if value else ""
    return value


def _unpacked(text: str) -> Any:
    data = base64.b64decode(text)
    return msgpack.unpackb(data, strict_map_key=False, unicode_errors="surrogateescape")
