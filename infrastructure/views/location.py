"""Where read models lie: in the log's own PostgreSQL database, or in a file beside the log's."""

from infrastructure.event_log.log import sqlite_path


def views_path(url: str) -> str:
    """Return the SQLite file of the read models that belong to a log.

    A file of their own, so that rebuilding them never makes an append wait.
    """
    path = sqlite_path(url)
    return path.removesuffix(".db") + ".views.db"
