"""Where connections are while their requests come: on the worker's main thread, and on no other.

A thread of gunicorn's would wait as long as a client likes: sixteen half requests stopped the API.
Here a request gets a thread once all of it has come, and a client that takes longer is sent off.
All methods are called on the main thread; none of them waits.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from selectors import EVENT_READ

from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from interfaces.http.request_bytes import Arrival, RequestBytes

HEAD = 10.0
"""Seconds from a connection, or from the first byte on one that is kept, to the last header."""
BODY = 15.0
"""Seconds from the last header to the end of the body."""
LINGER = 2.0
"""Seconds and bytes that a client may still send after its last answer. Closing at once would
reset the connection, and take the answer from a client that is busy sending (RFC 9112, 9.6)."""
MOST_DRAINED = 1024 * 1024
MOST_WAITING = 500
"""Connections; then the oldest goes. A worker has room for 1,000, and new clients need some."""
LOOK = 0.25
"""Seconds between two looks at what is overdue."""
PIECE = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Connection: close\r\nContent-Length: 0\r\n\r\n"
)


class Arrived(Unreader):
    """What has come of a connection's requests. A thread that wants more gets none."""

    def __init__(self) -> None:
        super().__init__()
        self.head = b""
        """Request line and headers of what came last."""
        self.ends = False
        """Whether the connection is of no use after this request: its end is not known."""

    def chunk(self, size_hint: int | None = None) -> bytes:
        self.ends = True
        return b""


def arrived(conn: TConn) -> Arrived:
    assert isinstance(conn.parser, RequestParser)
    assert isinstance(conn.parser.unreader, Arrived), "it has been in the waiting room"
    return conn.parser.unreader


@dataclass(slots=True)
class Coming:
    deadline: float
    request: RequestBytes = field(default_factory=RequestBytes)
    headed: bool = False
    """Whether all headers have come, and the deadline is the body's."""


class WaitingRoom:
    """Connections of one worker that have no thread: whose requests come, and who is leaving.

    Args:
        worker: whose loop calls it.
        dispatch: gives a connection a thread.
    """

    def __init__(self, worker: ThreadWorker, dispatch: Callable[[TConn], None]) -> None:
        self._worker = worker
        self._dispatch = dispatch
        self._coming: dict[TConn, Coming] = {}
        """Oldest first."""
        self._leaving: dict[TConn, tuple[int, float]] = {}
        """With the bytes that were thrown away."""
        self._looked = 0.0

    def receive(self, conn: TConn) -> None:
        """Await the next request of a connection, which the poller does not watch."""
        if not conn.initialized:
            conn.init()
            assert isinstance(conn.parser, RequestParser), "the server speaks plain HTTP/1.1"
            conn.parser.unreader = Arrived()
        conn.sock.setblocking(False)
        self._coming[conn] = Coming(time.monotonic() + HEAD)
        self._came(conn, arrived(conn).take_buffered())
        self._read(conn)
        if conn in self._coming:
            self._watch(conn, self._read)
        if len(self._coming) > MOST_WAITING:
            self._late(next(iter(self._coming)))

    def see_off(self, conn: TConn) -> None:
        """Close a connection after its last answer, without waiting for the client."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._watch(conn, self._drain)
        except (OSError, ValueError):
            self._close(conn)
        else:
            self._leaving[conn] = (0, time.monotonic() + LINGER)

    def look(self) -> None:
        """Send off who is overdue."""
        now = time.monotonic()
        if now < self._looked + LOOK:
            return
        self._looked = now
        if not self._worker.alive:
            for coming in self._coming.values():
                if not coming.request.held:
                    coming.deadline = min(coming.deadline, now + LINGER)
        for conn in [one for one, coming in self._coming.items() if coming.deadline <= now]:
            self._late(conn)
        for conn in [one for one, (_, deadline) in self._leaving.items() if deadline <= now]:
            self._left(conn)

    def _read(self, conn: TConn) -> None:
        if conn not in self._coming:
            return  # it went for another reason in the same turn of the loop
        more = self._received(conn)
        if more == b"":
            self._forget(conn)
            self._close(conn)
        elif more:
            self._came(conn, more)

    def _came(self, conn: TConn, more: bytes) -> None:
        coming = self._coming[conn]
        match coming.request.take(more):
            case Arrival.BODY if not coming.headed:
                coming.headed = True
                coming.deadline = time.monotonic() + BODY
                if coming.request.expects:
                    self._send(conn, CONTINUE)
            case Arrival.HEAD | Arrival.BODY:
                pass
            case Arrival.TOO_LONG:
                self._refuse(conn, TOO_LONG)
            case Arrival.WHOLE | Arrival.UNKNOWN as how:
                self._forget(conn)
                arrived(conn).head = coming.request.head
                arrived(conn).unread(bytes(coming.request.held))
                arrived(conn).ends = how is Arrival.UNKNOWN
                self._dispatch(conn)

    def _late(self, conn: TConn) -> None:
        if self._coming[conn].request.held:
            self._refuse(conn, LATE)
        else:
            self._forget(conn)
            self._close(conn)

    def _refuse(self, conn: TConn, answer: bytes) -> None:
        self._forget(conn)
        self._send(conn, answer)
        self.see_off(conn)

    def _drain(self, conn: TConn) -> None:
        more = self._received(conn) if conn in self._leaving else None
        if more is None:
            return
        drained, deadline = self._leaving[conn]
        self._leaving[conn] = (drained + len(more), deadline)
        if not more or drained > MOST_DRAINED:
            self._left(conn)

    def _left(self, conn: TConn) -> None:
        del self._leaving[conn]
        self._unwatch(conn)
        self._close(conn)

    def _forget(self, conn: TConn) -> None:
        del self._coming[conn]
        self._unwatch(conn)

    def _close(self, conn: TConn) -> None:
        self._worker.nr_conns -= 1
        conn.close()

    def _received(self, conn: TConn) -> bytes | None:
        """Return what came: nothing at the end of the connection, None if it is still to come."""
        try:
            return bytes(conn.sock.recv(PIECE))
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return b""

    def _send(self, conn: TConn, answer: bytes) -> None:
        # So little fits the buffer of whoever reads his answers; nobody else is waited for.
        with suppress(OSError):
            conn.sock.send(answer)

    def _watch(self, conn: TConn, what: Callable[[TConn], None]) -> None:
        self._worker.poller.register(conn.sock, EVENT_READ, lambda _: what(conn))

    def _unwatch(self, conn: TConn) -> None:
        with suppress(KeyError, ValueError):  # it went before it was watched
            self._worker.poller.unregister(conn.sock)
