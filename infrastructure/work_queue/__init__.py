"""Where workers find what is due. Implements application.engine.work.WorkQueue twice."""

from contextlib import AbstractContextManager

from application.engine.work import WorkQueue


def open_work_queue(url: str) -> AbstractContextManager[WorkQueue]:
    """Open the queue that lies with a database's read models."""
    if url.startswith("sqlite:"):
        from infrastructure.work_queue.sqlite import open_sqlite_queue  # loads one database's code

        return open_sqlite_queue(url)
    from infrastructure.work_queue.postgres import open_postgres_queue

    return open_postgres_queue(url)
