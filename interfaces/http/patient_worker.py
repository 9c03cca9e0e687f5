"""Gunicorn's worker of threads, but connections that were refused for asking too often rest.

A flood that is answered 429 comes back as fast as it is answered, and takes the interpreter from
reads (docs/decisions/0020). A resting connection is not read from: it costs no thread and no
work, and whoever does as `Retry-After` says does not notice.
"""

import time
from collections import deque
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any

from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import TConn, ThreadWorker

REST = 1.0
"""Seconds; the worker looks every second, so that it is one to two."""
MOST_RESTING = 200
"""Connections. A worker has room for 1,000: refused ones must not keep others out."""
RESTS = "proofmint_rests"
"""Attribute of a request, then of its connection."""


class PatientWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._resting: deque[tuple[float, TConn, Future[Any]]] = deque()

    def handle_request(self, req: Request, conn: TConn) -> bool:
        kept = bool(super().handle_request(req, conn))
        setattr(conn, RESTS, kept and getattr(req, RESTS, False))
        return kept

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Called on the main thread, as is all that follows."""
        if self.alive and getattr(conn, RESTS, False) and len(self._resting) < MOST_RESTING:
            self._resting.append((time.monotonic() + REST, conn, fs))
        else:
            super().finish_request(conn, fs)

    def murder_keepalived(self, *how: Any, **more: Any) -> None:
        """Called in each turn of the worker's loop."""
        now = time.monotonic()
        while self._resting and (not self.alive or self._resting[0][0] <= now):
            _, conn, fs = self._resting.popleft()
            super().finish_request(conn, fs)
        super().murder_keepalived(*how, **more)


def note_refusal(req: Request, resp: Response | None) -> None:
    """Have the connection of a request rest if it was refused. Called on the request's thread."""
    refused = resp is not None and resp.status_code == HTTPStatus.TOO_MANY_REQUESTS
    setattr(req, RESTS, refused)
