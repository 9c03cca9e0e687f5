"""What a node says of itself and of its chain's state of affairs."""

from typing import Any

from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.encoding import text64
from infrastructure.devnet.algorand.genesis import GENESIS_ID, PROTOCOL
from infrastructure.devnet.algorand.node import Node
from infrastructure.devnet.algorand.rounds import Rounds
from infrastructure.devnet.algorand.surface import Route, route

LONGEST_WAIT = 60.0
MIN_FEE = 1000
MOST = 2**64
CATCHPOINT = (
    ("catchpoint", ""),
    ("catchpoint-acquired-blocks", 0),
    ("catchpoint-processed-accounts", 0),
    ("catchpoint-processed-kvs", 0),
    ("catchpoint-total-accounts", 0),
    ("catchpoint-total-blocks", 0),
    ("catchpoint-total-kvs", 0),
    ("catchpoint-verified-accounts", 0),
    ("catchpoint-verified-kvs", 0),
    ("catchup-time", 0),
    ("last-catchpoint", ""),
)


def number(text: str, name: str, *, whole: str = "string parameter") -> int:
    """Read an unsigned number as algod's router does.

    Raises:
        Failed: it is none.
    """
    why = ""
    if not (text.isascii() and text.isdigit()):
        why = "invalid syntax"
    elif int(text) >= MOST:
        why = "value out of range"
    if why:
        quoted = f'error binding {whole}: strconv.ParseUint: parsing "{text}": {why}'
        raise Failed(400, f"Invalid format for parameter {name}: {quoted}")
    return int(text)


class Reads:
    def __init__(self, node: Node, rounds: Rounds, token: str) -> None:
        self._node = node
        self._ledger = node.ledger
        self._rounds = rounds
        self.token = token

    def routes(self) -> list[Route]:
        return [
            route("GET", "/health", lambda _: None, is_open=True),
            route("GET", "/ready", lambda _: None, is_open=True),
            route("GET", "/genesis", self.genesis, is_open=True),
            route("GET", "/versions", self.versions, is_open=True),
            route("GET", "/v2/status", self.status),
            route("GET", "/v2/status/wait-for-block-after/{after}", self.wait),
            route("GET", "/v2/transactions/params", self.params),
            route("GET", "/v2/ledger/supply", self.supply),
        ]

    def genesis(self, _: Asked) -> Any:
        return self._ledger.genesis.document

    def versions(self, _: Asked) -> Any:
        build = {"major": 0, "minor": 0, "build_number": 0, "commit_hash": ""}
        return {
            "versions": ["v2"],
            "genesis_id": GENESIS_ID,
            "genesis_hash_b64": text64(self._ledger.genesis_hash),
            "build": {**build, "branch": "", "channel": "proofmint-devnet"},
        }

    def status(self, _: Asked) -> Any:
        latest = self._ledger.latest
        return {
            **dict(CATCHPOINT),
            "last-round": latest,
            "last-version": PROTOCOL,
            "next-version": PROTOCOL,
            "next-version-round": latest + 1,
            "next-version-supported": True,
            "stopped-at-unsupported-round": False,
            "time-since-last-round": int(self._rounds.since_last * 1e9),
        }

    def wait(self, asked: Asked, after: str) -> Any:
        """Answer at the next round, or after a minute: 200 does not mean that it came."""
        wanted = number(after, "round")
        self._rounds.wait_beyond(wanted, LONGEST_WAIT)
        return self.status(asked)

    def params(self, _: Asked) -> Any:
        return {
            "consensus-version": PROTOCOL,
            "fee": self._node.faults.fee_per_byte,
            "genesis-hash": text64(self._ledger.genesis_hash),
            "genesis-id": GENESIS_ID,
            "last-round": self._ledger.latest,
            "min-fee": MIN_FEE,
        }

    def supply(self, _: Asked) -> Any:
        total = self._ledger.chain.total()
        return {
            "current_round": self._ledger.latest,
            "online-money": 0,
            "online-stake": 0,
            "total-money": total,
        }
