"""Gunicorn's worker of threads, but clients wait for it, and never a thread for them.

A request has a thread once all of it has come (waiting_room.py), and an answer that is not
fetched loses it.

Connections that were refused for asking too often rest.
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

from interfaces.http.waiting_room import WaitingRoom, arrived

REST = 1.0
"""Seconds; the worker looks every second, so that it is one to two."""
MOST_RESTING = 200
"""Connections. A worker has room for 1,000: refused ones must not keep others out."""
SENDING = 10.0
"""Seconds that a client may take to fetch a piece of an answer that its buffers do not hold."""
RESTS = "proofmint_rests"
"""Attribute of a request, then of its connection."""


class PatientWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._resting: deque[tuple[float, TConn, Future[Any]]] = deque()
        self._room = WaitingRoom(self, super().enqueue_req)

    def enqueue_req(self, conn: TConn) -> None:
        """Called on the main thread, whenever a request is to be expected."""
        self._room.receive(conn)

    def handle_request(self, req: Request, conn: TConn) -> bool:
        conn.sock.settimeout(SENDING)
        request_bytes = arrived(conn)
        if request_bytes.ends:
            req.force_close()
        try:
            kept = bool(super().handle_request(req, conn)) and not request_bytes.ends
        except TimeoutError:
            kept = False
        setattr(conn, RESTS, kept and getattr(req, RESTS, False))
        return kept

    def handle_error(self, req: Request | None, client: Any, addr: Any, exc: BaseException) -> None:
        client.settimeout(SENDING)
        super().handle_error(req, client, addr, exc)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Called on the main thread, as is all that follows."""
        if self.alive and getattr(conn, RESTS, False) and len(self._resting) < MOST_RESTING:
            self._resting.append((time.monotonic() + REST, conn, fs))
        else:
            self._finish(conn, fs)

    def murder_keepalived(self, *how: Any, **more: Any) -> None:
        """Called in each turn of the worker's loop."""
        now = time.monotonic()
        while self._resting and (not self.alive or self._resting[0][0] <= now):
            _, conn, fs = self._resting.popleft()
            self._finish(conn, fs)
        self._room.look()
        super().murder_keepalived(*how, **more)

    def _finish(self, conn: TConn, fs: "Future[Any]") -> None:
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            # Gunicorn would wait here for the client to hang up, and everybody with it.
            self._room.see_off(conn)


def note_refusal(req: Request, resp: Response | None) -> None:
    """Have the connection of a request rest if it was refused. Called on the request's thread."""
    refused = resp is not None and resp.status_code == HTTPStatus.TOO_MANY_REQUESTS
    setattr(req, RESTS, refused)
