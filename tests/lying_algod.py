"""An algod that lies on demand: a proxy before a real one, which answers some questions itself."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.lying_node import Drop

POST = "/v2/transactions"
NO_BLOCK = "failed to retrieve information from the ledger"
UNKNOWN = (
    "could not find the transaction in the transaction pool or in the last 1000 confirmed rounds"
)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    """Without the query."""
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def submits(self) -> bool:
        return (self.method, self.path) == ("POST", POST)

    @property
    def block(self) -> int | None:
        """The round whose block or hash is asked for."""
        parts = self.path.split("/")
        return int(parts[3]) if self.path.startswith("/v2/blocks/") else None


@dataclass(frozen=True)
class Said:
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Forward = Callable[[], Said]
"""Asks the real node the same question and returns its whole answer."""
Rule = Callable[[Asked, Forward], Said | None]
"""From a question and the way to the truth to an answer; None lets the truth through."""


def said(value: Any) -> Said:
    return Said(200, json.dumps(value).encode())


def refused(status: int, message: str) -> Said:
    return Said(status, json.dumps({"message": message}).encode())


def honest(asked: Asked, forward: Forward) -> None:
    """Lie about nothing."""


class LyingAlgod:
    """Ask it at `url`; change what it lies about by setting `rule`."""

    def __init__(self, upstream: str, rule: Rule) -> None:
        self.upstream = upstream
        self.rule = rule
        self.asked: list[Asked] = []
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                parts = urlsplit(self.path)
                kept = {k: v for k, v in self.headers.items() if k.lower() != "host"}
                body = self.rfile.read(length)
                asked = Asked(self.command, parts.path, parts.query, kept, body)
                node.asked.append(asked)
                try:
                    answer = node.answer(asked)
                except Drop:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_POST = do_GET  # noqa: N815 - http.server finds it by name

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def submissions(self) -> list[bytes]:
        """Bodies that were handed to this node, in order."""
        return [one.body for one in self.asked if one.submits]

    def answer(self, asked: Asked) -> Said:
        made_up = self.rule(asked, lambda: self.forward(asked))
        return self.forward(asked) if made_up is None else made_up

    def forward(self, asked: Asked) -> Said:
        """Ask the real node."""
        url = self.upstream + asked.path + (f"?{asked.query}" if asked.query else "")
        request = urllib.request.Request(
            url, asked.body or None, asked.headers, method=asked.method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Said(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Said(error.code, error.read())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def lying(upstream: str, rule: Rule) -> Iterator[LyingAlgod]:
    node = LyingAlgod(upstream, rule)
    try:
        yield node
    finally:
        node.close()
