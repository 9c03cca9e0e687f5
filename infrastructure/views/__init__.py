"""Read models on disk: tables of projections, and the queries that they answer."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from infrastructure.views.queries import StoredDeployments
from infrastructure.views.store import PagedLog, ViewStore


@dataclass(frozen=True, slots=True)
class Views:
    store: ViewStore
    deployments: StoredDeployments


@contextmanager
def open_views(url: str, log: PagedLog) -> Generator[Views]:
    """Open the read models that belong to a log."""
    if url.startswith("sqlite:"):
        from infrastructure.views.sqlite import open_sqlite_views  # loads one database's code

        with open_sqlite_views(url) as database:
            yield Views(ViewStore(database, log), StoredDeployments(database))
    else:
        from infrastructure.views.postgres import open_postgres_views

        with open_postgres_views(url) as views:
            yield Views(ViewStore(views, log), StoredDeployments(views))
