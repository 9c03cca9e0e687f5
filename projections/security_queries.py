"""Who may read which security activity, and for how long after it happened.

What names a tenant is read in that tenant alone. What names an account and no tenant, such
as a sign-in, is read by that account, and in every tenant from when it became a member there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from domain.events import MemberJoined, MemberRemoved, TenantCreated
from domain.log import RecordedEvent
from domain.values import AccountId, TenantId
from projections.account_sessions import SessionRow
from projections.security_activity import SecurityEntry, Severity

PIECE = 500
"""Rows that an export reads at once."""
MOST_SESSIONS = 200
"""The newest ones; an account that has more open sessions has other worries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose activity: of a tenant, and of accounts from a position on."""

    tenant: TenantId
    since: Mapping[AccountId, int]
    """Accounts whose rows without a tenant count, and after which position."""
    only: AccountId | None = None
    """Leaves out the tenant's rows that concern others or nobody."""

    def of(self, account: AccountId) -> "Reach":
        """Return the part of one account, which may be empty."""
        since = {one: after for one, after in self.since.items() if one == account}
        return replace(self, since=since, only=account)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilters:
    """Which rows of them; None lets all pass."""

    event: str | None = None
    """Its name in the log, such as ``sign-in.failed``."""
    severity: Severity | None = None
    success: bool | None = None
    time_from: datetime | None = None
    """Included."""
    time_before: datetime | None = None
    """Excluded."""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    rows: Sequence[SecurityEntry]
    before: int | None
    """Position to go on from; None at the end."""


@dataclass(frozen=True, slots=True)
class ActivityExport:
    position: int
    """Everything up to here is in it, as far as it is kept readable."""
    rows: Iterator[SecurityEntry]
    """Newest first, read as they are taken."""


class SecurityRows(Protocol):
    def page(
        self, reach: Reach, filters: ActivityFilters, before: int | None, size: int
    ) -> ActivityPage:
        """Return rows newest first, by position and never by time."""
        ...

    def position(self) -> int:
        """Return how far the log has been read into the rows."""
        ...


class SessionRows(Protocol):
    def open_of(self, account: AccountId) -> Sequence[SessionRow]:
        """Return sessions that nobody ended by themselves, newest first, at most 200.

        Their time may be over, or all of the account's may have been ended: the account and
        the session say that (domain.account.Account.holds, domain.session.is_open).
        """
        ...


class SecurityActivity:
    """The rows that are young enough to be read. The log keeps the facts themselves for ever."""

    def __init__(self, rows: SecurityRows, days: int, now: Callable[[], datetime]) -> None:
        """Keep rows readable.

        Args:
            rows: all of them.
            days: how long after its fact a row is shown and exported.
            now: the time.

        Raises:
            ValueError: not one day at least.
        """
        if days < 1:
            raise ValueError("activity is readable for one day at least")
        self.days = days
        self._rows = rows
        self._kept = timedelta(days=days)
        self._now = now

    def page(
        self, reach: Reach, filters: ActivityFilters, before: int | None, size: int
    ) -> ActivityPage:
        return self._rows.page(reach, self._young(filters), before, size)

    def export(self, reach: Reach, filters: ActivityFilters) -> ActivityExport:
        """Return every row up to a position; what comes later while it is read is not in it."""
        position = self._rows.position()
        return ActivityExport(position, self._read(reach, self._young(filters), position + 1))

    def _read(
        self, reach: Reach, filters: ActivityFilters, before: int | None
    ) -> Iterator[SecurityEntry]:
        while before is not None:
            page = self._rows.page(reach, filters, before, PIECE)
            yield from page.rows
            before = page.before

    def _young(self, filters: ActivityFilters) -> ActivityFilters:
        oldest = self._now() - self._kept
        asked = filters.time_from
        return replace(filters, time_from=oldest if asked is None else max(asked, oldest))


def members_since(history: Iterable[RecordedEvent]) -> dict[AccountId, int]:
    """Return the members of a tenant and the position since which they are.

    Args:
        history: of the tenant's stream, oldest first.
    """
    since: dict[AccountId, int] = {}
    for recorded in history:
        match recorded.event:
            case TenantCreated(owner=owner):
                since[owner] = 0  # its own tenant came with the account
            case MemberJoined(account=account):
                since[account] = recorded.position
            case MemberRemoved(account=account):
                since.pop(account, None)
            case _:
                pass
    return since
