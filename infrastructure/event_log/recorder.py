"""What both databases share: an append of ours, and the library's own queries to read."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from domain.log import Outcome
from infrastructure.event_log.admission import Candidate, SecretKey

Change = tuple[SecretKey, bytes, bytes]
"""A secret's place, what is sealed there, and what is to be."""
FIRST: SecretKey = (str(UUID(int=0)), "", 0)
"""Before every secret."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class LogRecorder(ApplicationRecorder):
    """An application recorder of the library with an append of ours."""

    clock: Callable[[], datetime] = staticmethod(utc_now)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> NoReturn:
        """Refuse the library's way in: it knows neither the head nor who expects what."""
        raise NotImplementedError("events come into the log by append alone")

    def append(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """One transaction for all; what conflicts is left out, and its outcome says so."""
        raise NotImplementedError

    def blob(self, digest: bytes) -> bytes | None:
        raise NotImplementedError

    def secret(self, owner: str, purpose: str) -> tuple[int, bytes] | None:
        """Return the newest version and what is sealed in it."""
        raise NotImplementedError

    def secrets_after(self, last: SecretKey, limit: int) -> list[tuple[str, str, int, bytes]]:
        """Return owner, purpose, version and what is sealed of the secrets after one."""
        raise NotImplementedError

    def exchange(self, changes: Sequence[Change]) -> list[bool]:
        """One transaction for all; whether each place still held the old bytes."""
        raise NotImplementedError
