"""One EVM node over JSON-RPC: raw questions and raw answers, each asked once.

The client library's own retries are off: they would swallow the first answer
to a submission, and that answer is a fact for the log.
"""

import sys
from dataclasses import dataclass
from typing import Any

import requests
from eth_typing import URI
from web3 import HTTPProvider
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from application.engine.chain import ChainUnavailable

DEEPEST = 1_000
"""Frames, as Python begins with. web3 brings a package that makes it 100,000 for itself, and then a
node's answer of so many brackets overflows the stack of the process instead of raising."""
sys.setrecursionlimit(DEEPEST)

Json = Any
"""What a node answered, before anything of it is believed."""


class NodeRefused(Exception):
    """The node answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Node:
    url: str
    operator: str
    """Who runs it. Two nodes of one operator are one voice."""
    timeout: float
    """Seconds for one answer."""

    def ask(self, method: str, *params: Json) -> Json:
        """Return the result of one call.

        Raises:
            NodeRefused: the node answered with an error.
            ChainUnavailable: it did not answer, or with something that is no answer.
        """
        answer = self._request(method, params)
        if error := answer.get("error"):
            raise NodeRefused(
                int(error.get("code", 0)), str(error.get("message", "")), error.get("data")
            )
        if "result" not in answer:
            raise ChainUnavailable(f"{self.operator} answered {method} without a result")
        return answer["result"]

    def _request(self, method: str, params: tuple[Json, ...]) -> dict[str, Json]:
        provider = HTTPProvider(
            URI(self.url),
            request_kwargs={"timeout": self.timeout},
            exception_retry_configuration=None,
        )
        try:
            answer = provider.make_request(RPCEndpoint(method), list(params))
        except (requests.RequestException, Web3Exception, ValueError, OSError) as error:
            reason = f"{self.operator} did not answer {method}: {type(error).__name__}"
            raise ChainUnavailable(reason) from error
        if not isinstance(answer, dict):
            raise ChainUnavailable(f"{self.operator} answered {method} with no object")
        return dict(answer)


def quantity(value: Json) -> int:
    """Read a JSON-RPC quantity.

    Raises:
        ChainUnavailable: it is none.
    """
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return int(value, 16)
        except ValueError:
            pass
    raise ChainUnavailable(f"not a quantity: {value!r:.80}")


def data(value: Json) -> bytes:
    """Read JSON-RPC data.

    Raises:
        ChainUnavailable: it is none.
    """
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise ChainUnavailable(f"not data: {value!r:.80}")
