"""What both databases share: admit under the lock, and read with the library's own queries."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from eventsourcing.persistence import ApplicationRecorder

from domain.log import ConcurrentChange
from infrastructure.event_log.admission import Candidate, Head, Row
from infrastructure.event_log.envelope import spell_time

Placed = list[Row] | ConcurrentChange


def utc_now() -> datetime:
    return datetime.now(UTC)


class LogRecorder(ApplicationRecorder):
    """An application recorder of the library with an append of ours."""

    clock: Callable[[], datetime] = staticmethod(utc_now)

    def append(self, candidates: Sequence[Candidate]) -> list[Placed]:
        """One transaction for all; what conflicts is left out, and its outcome says so."""
        raise NotImplementedError

    def blob(self, digest: bytes) -> bytes | None:
        raise NotImplementedError

    def secret(self, owner: str, purpose: str) -> tuple[int, bytes] | None:
        """Return the newest version and what is sealed in it."""
        raise NotImplementedError


def admit_all(head: Head, candidates: Sequence[Candidate], now: datetime) -> list[Placed]:
    """Admit each append on what is locked; time never runs backwards along the positions."""
    head.time = max(head.time, spell_time(now))
    return [head.admit(candidate) for candidate in candidates]
