"""What a node answers, before it becomes HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
MSGPACK = "application/msgpack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    body: Any
    """JSON, or bytes that go out as they are."""
    status: int = 200
    content_type: str = JSON


class Failed(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.data = data

    @property
    def answer(self) -> Answer:
        body: dict[str, Any] = {"message": self.message}
        if self.data:
            body["data"] = dict(self.data)
        return Answer(body=body, status=self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def wants_msgpack(self) -> bool:
        """Whether the answer is to be msgpack.

        Raises:
            Failed: another format is asked for.
        """
        wanted = self.query.get("format", "json")
        if wanted not in {"json", "msgpack"}:
            raise Failed(400, "failed to parse the format option")
        return wanted == "msgpack"


class NoAnswer(Exception):
    """The connection is closed without a word."""
