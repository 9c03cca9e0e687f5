"""One JSON object a line on stderr, whatever is in it: no line can be forged by what was logged."""

import json
import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

HIDDEN = ("password", "secret", "token", "authorization", "seed", "key", "email")
"""What is called so, in any part of its name, never reaches a line, whoever puts it there."""
LONGEST = 2_000
"""Characters of one value."""
LONGEST_TRACE = 20_000
"""The same of a trace: what went wrong stands at its end."""


def configure_logging(level: str, process: str) -> None:
    """Send structured lines to stderr, each naming the process that wrote it."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _named(process),
            _clean,
            structlog.processors.JSONRenderer(serializer=_one_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _named(process: str) -> Any:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _clean(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: _fit(name, value) for name, value in event.items()}


def _fit(name: str, value: Any) -> Any:
    """Return what may stand in a line: at any depth no secret, nothing endless, only Unicode."""
    if any(hidden in name.lower() for hidden in HIDDEN):
        return "hidden"
    match value:
        case str():
            shown = value[-LONGEST_TRACE:] if name == "exception" else value[:LONGEST]
            return shown.encode(errors="backslashreplace").decode()
        case dict():
            return {str(inner): _fit(str(inner), one) for inner, one in value.items()}
        case list() | tuple():
            return [_fit(name, one) for one in value]
        case _:
            return value


def _one_line(event: EventDict, **_: Any) -> str:
    """Escape all that a terminal or another reader might obey: controls, ANSI, bidi, separators."""
    text = orjson.dumps(event, default=str).decode()
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
