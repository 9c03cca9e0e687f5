"""A node that lies on demand: a proxy before a real one, which answers some questions itself."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Forward = Callable[[], Any]
"""Asks the real node the same question and returns its whole answer."""
Rule = Callable[[str, list[Any], Forward], Any]
"""From method, parameters and the way to the truth to an answer; None lets the truth through."""


class Drop(Exception):
    """The connection breaks without an answer."""


class Error(Exception):
    """The node answers with this JSON-RPC error."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "data": data}


class LyingNode:
    def __init__(self, upstream: str, rule: Rule) -> None:
        self.upstream = upstream
        self.rule = rule
        self.asked: list[str] = []
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                call = json.loads(raw)
                node.asked.append(call["method"])
                try:
                    answer = node.answer(call, raw)
                except Drop:
                    self.close_connection = True
                    return
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, call: dict[str, Any], raw: bytes) -> dict[str, Any]:
        def forward() -> Any:
            request = urllib.request.Request(
                self.upstream, raw, {"content-type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)

        try:
            made_up = self.rule(call["method"], call["params"], forward)
        except Error as error:
            return {"jsonrpc": "2.0", "id": call["id"], "error": error.body}
        return forward() if made_up is None else made_up

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def lying(upstream: str, rule: Rule) -> Iterator[LyingNode]:
    node = LyingNode(upstream, rule)
    try:
        yield node
    finally:
        node.close()


def result(value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "result": value}
