"""The event log on SQLite and PostgreSQL. The only place that knows the eventsourcing library."""

from infrastructure.event_log.codec import UnknownEvent
from infrastructure.event_log.log import StoredLog, open_log

__all__ = ["StoredLog", "UnknownEvent", "open_log"]
