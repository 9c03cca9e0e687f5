"""One JSON object a line on stderr, whatever is in it: no line can be forged by what was logged."""

import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

HIDDEN = frozenset({"password", "token", "authorization", "seed", "key", "email"})
"""Members that never reach a line, whoever puts them there."""
LONGEST = 2_000
"""Characters of one value."""


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
    return {
        name: "hidden" if name.lower() in HIDDEN else _short(value) for name, value in event.items()
    }


def _short(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value


def _one_line(event: EventDict, **_: Any) -> str:
    """Escape all that a terminal or another reader might obey: controls, ANSI, bidi, separators."""
    text = orjson.dumps(event, default=str).decode()
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
