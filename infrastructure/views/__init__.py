"""Read models on disk: tables of projections, and the queries that they answer."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from infrastructure.views.queries import StoredDeployments
from infrastructure.views.security import StoredSecurity, StoredSessions
from infrastructure.views.store import Database, PagedLog, ViewStore


@dataclass(frozen=True, slots=True)
class Views:
    store: ViewStore
    deployments: StoredDeployments
    security: StoredSecurity
    sessions: StoredSessions


@contextmanager
def open_views(url: str, log: PagedLog) -> Generator[Views]:
    """Open the read models that belong to a log."""
    if url.startswith("sqlite:"):
        from infrastructure.views.sqlite import open_sqlite_views  # loads one database's code

        with open_sqlite_views(url) as database:
            yield _views(database, log)
    else:
        from infrastructure.views.postgres import open_postgres_views

        with open_postgres_views(url) as views:
            yield _views(views, log)


def _views(database: Database, log: PagedLog) -> Views:
    return Views(
        store=ViewStore(database, log),
        deployments=StoredDeployments(database),
        security=StoredSecurity(database),
        sessions=StoredSessions(database),
    )
