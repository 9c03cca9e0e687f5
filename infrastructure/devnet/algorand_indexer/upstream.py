"""The algod that blocks are read from."""

import http.client
import json
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infrastructure.devnet.algorand.encoding import public_key, unpacked

PATIENCE = 10.0
"""Seconds."""
NOT_FOUND = 404


class Unreachable(Exception):
    """Algod gives no answer, or none that can be used."""


class BlockMissing(Exception):
    """Algod has passed this round and no longer serves its block."""

    def __init__(self, number: int) -> None:
        super().__init__(f"algod serves no block {number}: it keeps too few to begin with")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a chain is known by, and begins with."""

    hash: bytes
    id: str
    balances: Mapping[bytes, int]


class Upstream:
    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"X-Algo-API-Token": token}

    def origin(self) -> Origin:
        versions = json.loads(self._get("/versions"))
        document = json.loads(self._get("/genesis"))
        balances = {
            public_key(entry["addr"]): entry["state"].get("algo", 0) for entry in document["alloc"]
        }
        return Origin(
            hash=b64decode(versions["genesis_hash_b64"]),
            id=versions["genesis_id"],
            balances=balances,
        )

    def latest(self) -> int:
        latest: int = json.loads(self._get("/v2/status"))["last-round"]
        return latest

    def block(self, number: int) -> dict[str, Any]:
        """Return a block with its transactions under `txns`.

        Raises:
            BlockMissing: it is served no longer.
        """
        try:
            data = self._get(f"/v2/blocks/{number}?format=msgpack")
        except Unreachable as failed:
            cause = failed.__cause__
            if isinstance(cause, urllib.error.HTTPError) and cause.code == NOT_FOUND:
                raise BlockMissing(number) from None
            raise
        block: dict[str, Any] = unpacked(data)["block"]
        return block

    def _get(self, path: str) -> bytes:
        request = urllib.request.Request(self._url + path, headers=self._headers)  # noqa: S310 - the operator's own URL
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - see above
                data: bytes = answer.read()
        except urllib.error.HTTPError as error:
            error.close()
            raise Unreachable(f"{path}: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{path}: {error}") from error
        return data
