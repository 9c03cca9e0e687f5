"""A client that asks once, believes nothing, and outlives what a hostile node answers."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from application.engine.chain import ChainUnavailable
from infrastructure.algorand import node as node_module
from infrastructure.algorand import rest
from infrastructure.algorand.node import (
    Algod,
    Indexer,
    NodeRefused,
    NoSuchBlock,
    data,
    digest,
    integer,
    member,
    text,
)
from infrastructure.algorand.rest import is_loopback

RECORDED = Path(__file__).parents[1] / "golden/node-answers/algorand"
TXID = "A" * 52
PATIENCE = 0.5
Answering = Callable[[socket.socket], None]


class Server:
    """Answers each connection by one script; keeps what it was asked."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[bytes] = []
        self._answering = answering
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if not (asked := _request(connection)):
                    return
                self.asked.append(asked)
                try:
                    self._answering(connection)
                except OSError:
                    continue

    def close(self) -> None:
        host = self._listener.getsockname()
        socket.create_connection(host).close()  # an empty request ends the thread
        self._thread.join()
        self._listener.close()


def _request(connection: socket.socket) -> bytes:
    asked = b""
    while b"\r\n\r\n" not in asked:
        if not (piece := connection.recv(65536)):
            return b""
        asked += piece
    head, _, body = asked.partition(b"\r\n\r\n")
    fields = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    length = next((int(value) for name, value in fields if name.lower() == b"content-length"), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(status: int, body: Any, *more: str) -> Answering:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} Some", f"Content-Length: {len(raw)}", "Connection: close", *more]
    return lambda connection: connection.sendall("\r\n".join([*head, "", ""]).encode() + raw)


@contextmanager
def serving(answering: Answering) -> Iterator[Server]:
    server = Server(answering)
    try:
        yield server
    finally:
        server.close()


def algod(server: Server, timeout: float = PATIENCE) -> Algod:
    return Algod(server.url + "/", "secret", "ours", timeout)


QUESTIONS: dict[str, Callable[[Algod], Any]] = {
    "status": lambda node: node.status(),
    "genesis": lambda node: node.genesis(),
    "params": lambda node: node.params(),
    "send": lambda node: node.send(b"signed"),
    "pending": lambda node: node.pending(TXID),
    "block": lambda node: node.block(7),
    "block_hash": lambda node: node.block_hash(7),
    "account": lambda node: node.account("ME"),
    "simulate": lambda node: node.simulate([b"\x80"]),
}


def resets(connection: socket.socket) -> None:
    linger_none = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)


def hangs(connection: socket.socket) -> None:
    connection.settimeout(10)
    assert connection.recv(1) == b""  # until the client gives up


def cut(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"txId": "A"}')


def cut_in_a_chunk(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"txId": "A"}')


def drips(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(PATIENCE / 5)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "silence",
    [resets, hangs, cut, cut_in_a_chunk, drips, lambda c: c.sendall(b"SSH-2.0-OpenSSH\r\n")],
    ids=["reset", "silent", "cut", "cut in a chunk", "drips", "no HTTP"],
)
def test_no_whole_answer_is_no_answer_and_is_asked_once(question: str, silence: Answering) -> None:
    with serving(silence) as server:
        began = time.monotonic()
        with pytest.raises(ChainUnavailable, match="ours did not answer"):
            QUESTIONS[question](algod(server))
        assert time.monotonic() - began < 3 * PATIENCE
    assert len(server.asked) == 1


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_refused_connection_is_no_answer(question: str) -> None:
    with serving(hangs) as server:
        pass
    with pytest.raises(ChainUnavailable, match="ConnectionError") as silence:
        QUESTIONS[question](algod(server))
    assert "secret" not in str(silence.value)


@pytest.mark.parametrize(
    ("question", "head"),
    [
        *((question, "200 OK") for question in QUESTIONS),
        ("status", "302 Found\r\nLocation: /"),
        ("send", "400 Bad"),
        ("block", "404 None"),
    ],
)
def test_an_endless_answer_is_left(question: str, head: str) -> None:
    sent = 0

    def floods(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(f"HTTP/1.1 {head}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            sent += 65536

    with serving(floods) as server, pytest.raises(ChainUnavailable):
        QUESTIONS[question](algod(server, timeout=20))
    largest = node_module.LARGEST_BLOCK if question == "block" else rest.LARGEST
    assert largest < sent < largest + 16 * 1024 * 1024


@pytest.mark.parametrize("question", sorted(QUESTIONS.keys() - {"block", "pending"}))
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff\xfe", b"nul", b"[" * 100_000, b"1" * 5_000],
    ids=["empty", "page", "no text", "cut word", "deep", "huge number"],
)
def test_what_is_no_json_is_no_answer(question: str, body: bytes) -> None:
    with serving(says(200, body)) as server, pytest.raises(ChainUnavailable):
        QUESTIONS[question](algod(server))


@pytest.mark.parametrize("said", [[], {}, {"txId": 7}, {"txId": None}, "A", None, {"txid": TXID}])
def test_an_acceptance_without_an_id_is_no_answer(said: Any) -> None:
    with serving(says(200, said)) as server, pytest.raises(ChainUnavailable):
        algod(server).send(b"signed")


def test_bytes_are_handed_over_as_they_are() -> None:
    raw = bytes(range(256))
    with serving(says(200, {"txId": TXID})) as server:
        assert algod(server).send(raw) == (200, TXID)
    [asked] = server.asked
    head, _, body = asked.partition(b"\r\n\r\n")
    assert body == raw
    assert head.startswith(b"POST /v2/transactions HTTP/1.1")
    assert b"X-Algo-API-Token: secret" in head
    assert b"Content-Type: application/x-binary" in head


@pytest.mark.parametrize("status", [301, 400, 401, 404, 405, 413, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "txn dead", "data": {"pc": 1}}, "txn dead"),
        (b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        ({"message": None}, '{"message": null}'),
        ([], "[]"),
        (b"", ""),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_refused_submission_is_an_answer_with_its_words(
    status: int, body: Any, words: str
) -> None:
    with serving(says(status, body, "Location: http://127.0.0.1:9/")) as server:
        assert algod(server).send(b"signed") == (status, words)
    assert len(server.asked) == 1


@pytest.mark.parametrize("question", sorted(QUESTIONS.keys() - {"send"}))
@pytest.mark.parametrize("status", [302, 400, 401, 500, 503])
def test_an_error_is_raised_with_its_facts(question: str, status: int) -> None:
    said = {"message": "no", "data": {"pc": 3}}
    with (
        serving(says(status, said, "Location: http://127.0.0.1:9/")) as server,
        pytest.raises(NodeRefused) as refused,
    ):
        QUESTIONS[question](algod(server))
    assert (refused.value.status, refused.value.message) == (status, "no")
    assert refused.value.data == {"pc": 3}
    assert type(refused.value) is NodeRefused
    assert len(server.asked) == 1


@pytest.mark.parametrize("question", ["block", "block_hash"])
def test_a_block_that_is_not_there_has_an_error_of_its_own(question: str) -> None:
    no_block = {"message": "failed to retrieve information from the ledger"}
    with serving(says(404, no_block)) as server, pytest.raises(NoSuchBlock):
        QUESTIONS[question](algod(server))
    with serving(says(404, {"message": "Not Found"})) as server, pytest.raises(NodeRefused) as it:
        QUESTIONS[question](algod(server))
    assert type(it.value) is NodeRefused, "a wrong route is no statement about a block"


@pytest.mark.parametrize("body", [{"message": "could not find the transaction"}, b"<html>"])
def test_what_is_not_found_in_a_pool_says_nothing(body: Any) -> None:
    with serving(says(404, body)) as server:
        assert algod(server).pending(TXID) is None


def test_a_block_is_asked_for_as_msgpack_and_comes_byte_for_byte() -> None:
    raw = b"\x82\x00\xff" * 1_000_000
    with serving(says(200, raw)) as server:
        assert algod(server, timeout=5).block(411) == raw
    assert server.asked[0].startswith(b"GET /v2/blocks/411?format=msgpack HTTP/1.1")


def test_the_hash_of_a_block_is_32_bytes() -> None:
    said = {"blockHash": "HHYNNHM65TBVAVMHQJASRSXEUERMSHDZHEXO6LFAEKALNKUXZLPA"}
    with serving(says(200, said)) as server:
        assert len(algod(server).block_hash(411)) == 32
    with serving(says(200, {"blockHash": "HHYN"})) as server, pytest.raises(ChainUnavailable):
        algod(server).block_hash(411)


def test_an_unsigned_group_is_asked_about_in_the_bytes_that_a_real_node_took() -> None:
    [took] = [
        base64.b64decode(case["body"])
        for case in json.loads((RECORDED / "simulate-request.json").read_text("utf-8"))
    ]
    begin, end = took.index(b"\xa3txn\x8a") + 4, took.index(b"\xb6allow-empty-signatures")
    with serving(says(200, {"txn-groups": []})) as server:
        assert algod(server).simulate([took[begin:end]]) == {"txn-groups": []}
        algod(server).simulate([b"\x80"] * 16)
    assert server.asked[0].partition(b"\r\n\r\n")[2] == took
    assert b"\xa4txns\xdc\x00\x10" + b"\x81\xa3txn\x80" * 16 in server.asked[1]
    for many in (0, 17):
        with pytest.raises(ValueError, match="1 to 16"):
            algod(server).simulate([b"\x80"] * many)


def test_an_answer_is_kept_apart_from_what_it_asks_to_set() -> None:
    with serving(says(200, {}, "Set-Cookie: a=b; Path=/")) as server:
        node = algod(server)
        node.status()
        node.status()
    assert b"cookie" not in server.asked[1].lower()


def test_no_proxy_stands_before_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says(200, {"ok": 1})) as server, serving(says(200, {"proxy": 1})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        assert algod(server).status() == {"ok": 1}
        assert Algod("http://node.example", "", "theirs", 5).status() == {"proxy": 1}
        assert proxy.asked[0].startswith(b"GET http://node.example/v2/status")
        assert b"Token" not in proxy.asked[0]


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:4001", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:4001", True),
        ("http://LOCALHOST:4001", True),
        ("http://10.0.0.1", False),
        ("https://localhost.example", False),
        ("https://mainnet-api.example/", False),
    ],
)
def test_this_machine_is_told_by_its_address(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


def test_an_indexer_is_searched_so_that_nothing_found_has_a_round() -> None:
    found = {"current-round": 426, "transactions": []}
    with serving(says(200, found)) as server:
        assert Indexer(server.url, "key", "ours", PATIENCE).transaction(TXID) == found
    assert server.asked[0].startswith(f"GET /v2/transactions?txid={TXID} HTTP/1.1".encode())
    assert b"X-Indexer-API-Token: key" in server.asked[0]
    with serving(says(200, {"round": 426})) as server:
        assert Indexer(server.url, "", "ours", PATIENCE).health() == {"round": 426}
    disabled = {"message": "provided disabled parameter: txid"}
    with serving(says(400, disabled)) as server, pytest.raises(NodeRefused, match="disabled"):
        Indexer(server.url, "", "ours", PATIENCE).transaction(TXID)


def test_a_token_is_shown_nowhere() -> None:
    for one in (Algod("http://x", "secret", "o", 1), Indexer("http://x", "secret", "o", 1)):
        assert "secret" not in repr(one)


def test_readers_take_what_recorded_answers_hold() -> None:
    [params] = [
        case["body"]
        for case in json.loads((RECORDED / "algod.json").read_text("utf-8"))
        if case["id"] == "params"
    ]
    assert integer(member(params, "last-round")) == 405
    assert len(data(member(params, "genesis-hash"))) == 32
    assert text(member(params, "genesis-id")) == "proofnet-v1"


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        (integer, [True, 1.0, "1", -1, 2**64, None, [], {}]),
        (text, [1, None, b"", []]),
        (data, [1, None, "a", "AA=A", "\N{SNOWMAN}", "AA==\n", "-_=="]),
        (digest, [1, None, "", "A", "A" * 51, "A" * 56, "a" * 52, "1" * 52, "\N{SNOWMAN}" * 52]),
        (lambda value: member(value, "x"), [None, [], "x", {}, {"y": 1}, 7]),
    ],
)
def test_readers_refuse_everything_else(read: Callable[[Any], Any], wrong: list[Any]) -> None:
    for value in wrong:
        with pytest.raises(ChainUnavailable):
            read(value)


def test_readers_take_the_edges() -> None:
    assert [integer(0), integer(2**64 - 1)] == [0, 2**64 - 1]
    assert data("") == b""
    assert digest(base64.b32encode(bytes(range(32))).decode().rstrip("=")) == bytes(range(32))
