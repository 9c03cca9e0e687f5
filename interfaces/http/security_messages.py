"""What goes in and out about security: activity, its export, and the custody statement."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from interfaces.http.messages import Request, Response
from projections.security_activity import Severity

EventName = Annotated[str, Meta(pattern=r"^[a-z-]{1,50}\.[a-z-]{1,50}$")]


class ActivityQuestion(Request):
    account_id: UUID | None = None
    event_type: EventName | None = None
    severity: Severity | None = None
    success: Literal["true", "false"] | None = None
    from_date: datetime | None = None
    to_date: datetime | None = None


class ActivityQuery(ActivityQuestion):
    cursor: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    page_size: Annotated[int, Meta(ge=1, le=100)] = 50


class ActivityExportQuery(ActivityQuestion):
    format: str = "json"


class ActivityEntryResponse(Response):
    event_id: str
    position: int
    timestamp: datetime
    event_type: str
    severity: Severity
    success: bool
    summary: str
    error_message: str | None
    account_id: str | None
    """Whom it concerns."""
    tenant_id: str | None
    actor: str
    """Who did it, as far as that is known: a pseudonym."""
    correlation_id: str
    source_ip: str | None
    user_agent: str | None


class ActivityResponse(Response):
    activity: list[ActivityEntryResponse]
    next_cursor: str | None
    readable_days: int
    """What is older is in the log alone."""


class ActivityExportResponse(Response):
    tenant_id: str
    exported_at_position: int
    readable_days: int
    activity: list[ActivityEntryResponse]
    count: int
    """Comes last: an export without it was cut off."""


class StatementSection(Response):
    id: str
    title: str
    sentences: list[str]


class CustodyStatementResponse(Response):
    account_id: str
    tenant_id: str
    stated_at: datetime
    sections: list[StatementSection]


def plain(message: Response) -> dict[str, object]:
    """Return a message as what JSON is made of."""
    members: dict[str, object] = msgspec.to_builtins(message)
    return members
