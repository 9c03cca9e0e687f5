"""Where workers find what is due. Implements application.engine.work.WorkQueue twice."""

from collections.abc import Generator
from contextlib import contextmanager

from application.engine.work import WorkQueue


@contextmanager
def open_work_queue(url: str) -> Generator[WorkQueue]:
    """Open the queue that lies with a database's read models."""
    if url.startswith("sqlite:"):
        from infrastructure.work_queue.sqlite import open_sqlite_queue as open_queue
    else:
        from infrastructure.work_queue.postgres import open_postgres_queue as open_queue
    with open_queue(url) as queue:
        yield queue
