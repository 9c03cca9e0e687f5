"""What both databases share: an append of ours, and the library's own queries to read."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from domain.log import Outcome
from infrastructure.event_log.admission import Candidate


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
