"""Times in questions: with their zone, or refused."""

from datetime import UTC, datetime

from interfaces.http.problems import FieldProblem, field_problems


def utc(name: str, time: datetime | None) -> datetime | None:
    """Return a query parameter's time in UTC; None where it was not given.

    Raises:
        Problem: INVALID_REQUEST, where it has no zone, or is in no year in UTC.
    """
    try:
        if time is None or time.tzinfo is not None:
            return time and time.astimezone(UTC)
    except OverflowError:
        pass  # the first and last day of all years, in another zone
    detail = "must be a time with its zone, such as 2026-11-25T00:00:00Z"
    raise field_problems([FieldProblem(pointer="/" + name, code="INVALID_REQUEST", detail=detail)])
