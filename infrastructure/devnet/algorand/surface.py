"""HTTP: reads a request, finds its route, writes the answer."""

import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from infrastructure.devnet.algorand.answer import JSON, Answer, Asked, Failed, NoAnswer

TOKEN_HEADERS = ("x-algo-api-token", "authorization")
ADMIN = "/devnet"
MOST_READ = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    answer: Callable[..., Any]
    """Given what was asked and what stands in the path; returns JSON or an Answer."""
    is_open: bool = False
    """Whether no token is needed."""


def route(method: str, path: str, answer: Callable[..., Any], *, is_open: bool = False) -> Route:
    """A route, as `/v2/blocks/{round}`."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(pattern), answer, is_open)


class Surface(ThreadingHTTPServer):
    """Serves one node on a loopback port."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(
        self, port: int, token: str, routes: list[Route], wait: Callable[[], None]
    ) -> None:
        self.token = token
        self.routes = routes
        self.wait = wait
        super().__init__(("127.0.0.1", port), _Handler)

    def answer(self, asked: Asked) -> Answer:
        """Answer as algod does: the token first, then the route.

        Raises:
            NoAnswer: the connection is to be closed.
        """
        try:
            said = self._call(asked)
        except Failed as failed:
            return failed.answer
        except NoAnswer:
            raise
        except Exception as error:  # noqa: BLE001 - whoever asked shall see what broke
            return Failed(500, f"{type(error).__name__}: {error}").answer
        return said if isinstance(said, Answer) else Answer(body=said)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no trouble."""

    def _call(self, asked: Asked) -> Any:
        method_matters = False
        for known in self.routes:
            matched = known.pattern.fullmatch(asked.path)
            if matched is None:
                continue
            if known.method != asked.method:
                method_matters = True
                continue
            if not known.is_open and not self._is_known(asked):
                raise Failed(401, "Invalid API Token")
            if not asked.path.startswith(ADMIN):
                self.wait()
            return known.answer(asked, **{k: unquote(v) for k, v in matched.groupdict().items()})
        raise Failed(405, "Method Not Allowed") if method_matters else Failed(404, "Not Found")

    def _is_known(self, asked: Asked) -> bool:
        given = (asked.headers.get(name, "").removeprefix("Bearer ") for name in TOKEN_HEADERS)
        return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for the answer to its headers
    server: Surface

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server finds them by name

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = min(int(self.headers.get("content-length") or 0), MOST_READ)
        asked = Asked(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        try:
            answer = self.server.answer(asked)
        except NoAnswer:
            self.close_connection = True
            return
        body = answer.body
        if answer.content_type == JSON and not isinstance(body, bytes):
            body = (json.dumps(body, ensure_ascii=False) + "\n").encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
