"""Gunicorn's worker of threads, but clients wait for it, and never a thread for them.

A request has a thread once all of it has come (waiting_room.py), whoever was refused for asking
too often waits before that (held_requests.py), and an answer that is not fetched loses it.
"""

from collections.abc import Callable, Iterable, MutableMapping
from concurrent.futures import Future
from threading import local
from typing import Any, Protocol, cast

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from interfaces.http.askers import Asker, Askers
from interfaces.http.held_requests import HeldRequests
from interfaces.http.routes import ROUTES
from interfaces.http.waiting_room import WaitingRoom, arrived

SENDING = 10.0
"""Seconds that a client may take to fetch a piece of an answer that its buffers do not hold."""
REFUSED = "429 "
"""How the status of an answer begins that refuses somebody for asking too often."""


class Server(Protocol):
    """The gunicorn application that starts workers."""

    def is_proxy(self, address: str) -> bool: ...


class PatientWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._askers = Askers(ROUTES, cast("Server", self.app).is_proxy)
        self._held = HeldRequests(super().enqueue_req)
        self._room = WaitingRoom(self, self._arrived)
        self._thread = local()
        """Which connection each thread serves."""

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application = self.wsgi

        def noting(
            environ: MutableMapping[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            def start(status: str, *headers: Any) -> Any:
                if status.startswith(REFUSED):
                    # Before the client knows, who may be back before this thread is done.
                    self._refused(self._thread.conn)
                return start_response(status, *headers)

            return application(environ, start)

        self.wsgi = noting

    def enqueue_req(self, conn: TConn) -> None:
        """Called on the main thread, whenever a request is to be expected."""
        self._room.receive(conn)

    def handle_request(self, req: Request, conn: TConn) -> bool:
        conn.sock.settimeout(SENDING)
        self._thread.conn = conn
        request_bytes = arrived(conn)
        if request_bytes.ends:
            req.force_close()
        try:
            return bool(super().handle_request(req, conn)) and not request_bytes.ends
        except TimeoutError:
            return False

    def handle_error(self, req: Request | None, client: Any, addr: Any, exc: BaseException) -> None:
        client.settimeout(SENDING)
        super().handle_error(req, client, addr, exc)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Called on the main thread, as is all that follows."""
        arrived(conn).head = b""  # it may hold a token, and the connection stays
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            # Gunicorn would wait here for the client to hang up, and everybody with it.
            self._room.see_off(conn)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        most = 1.0 if timeout is None else timeout
        super().wait_for_and_dispatch_events(self._held.seconds_to_next(most))

    def murder_keepalived(self, *how: Any, **more: Any) -> None:
        """Called in each turn of the worker's loop."""
        self._held.look(all_of_them=not self.alive)
        self._room.look()
        super().murder_keepalived(*how, **more)

    def _arrived(self, conn: TConn) -> None:
        if self.alive and self._held.watches:
            asker = self._asker(conn)
            if asker is not None and self._held.take(asker, conn):
                return
        super().enqueue_req(conn)

    def _refused(self, conn: TConn) -> None:
        if (asker := self._asker(conn)) is not None:
            self._held.refused(asker)

    def _asker(self, conn: TConn) -> Asker | None:
        peer = conn.client[0] if isinstance(conn.client, tuple) else ""
        return self._askers.of(peer, arrived(conn).head)
