"""How much of a request has come is told for any cut of its bytes, without waiting for more."""

import pytest

from interfaces.http.bodies import LARGEST
from interfaces.http.request_bytes import LONGEST_HEAD, Arrival, RequestBytes

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def post(*headers: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: x", *headers, b"", body])


@pytest.mark.parametrize(
    ("request_bytes", "head"),
    [
        (GET, len(GET)),
        (b"\r\n" + GET, len(GET) + 2),
        (b"GET / HTTP/1.1\r\n\r\n", 18),
        (post(b"Content-Length: 0"), 0),
        (post(b"Content-Length: 5", body=b"{ \r\n}"), len(post(b"Content-Length: 5"))),
        (post(b"content-length:\t5 ", body=b"\r\n\r\n."), len(post(b"Content-Length: 5 "))),
    ],
)
def test_a_request_is_whole_with_its_last_byte_and_not_before(
    request_bytes: bytes, head: int
) -> None:
    head = head or len(request_bytes)
    coming = RequestBytes()
    seen = [coming.take(request_bytes[at : at + 1]) for at in range(len(request_bytes))]
    body = len(request_bytes) - head
    awaited = [Arrival.BODY] * body if body else []
    assert seen == [Arrival.HEAD] * (head - 1) + awaited + [Arrival.WHOLE]
    for cut in range(len(request_bytes)):
        halves = RequestBytes()
        assert halves.take(request_bytes[:cut]) == (seen[cut - 1] if cut else Arrival.HEAD)
        assert halves.take(request_bytes[cut:] + GET) == Arrival.WHOLE
        assert bytes(halves.held) == request_bytes + GET
        assert halves.head == request_bytes.strip().partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "request_bytes",
    [
        post(b"Transfer-Encoding: chunked"),
        post(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
        post(b"Content-Length: 2", b"Content-Length: 2"),
        post(b"Content-Length: -2"),
        post(b"Content-Length: +2"),
        post(b"Content-Length: 2, 2"),
        post(b"Content-Length: "),
        post(b"Content-Length: " + b"9" * 5000),
        post(b"Content-Length: %d" % (LARGEST + 1)),
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\n",
    ],
)
def test_of_what_has_no_end_that_can_be_told_or_is_too_large_no_more_is_awaited(
    request_bytes: bytes,
) -> None:
    assert RequestBytes().take(request_bytes) == Arrival.UNKNOWN


def test_the_largest_body_is_awaited() -> None:
    coming = RequestBytes()
    assert coming.take(post(b"Content-Length: %d" % LARGEST)) == Arrival.BODY
    assert coming.take(b"x" * (LARGEST - 1)) == Arrival.BODY
    assert coming.take(b"x") == Arrival.WHOLE


def test_headers_without_an_end_are_not_awaited_for_ever() -> None:
    coming = RequestBytes()
    assert coming.take(b"G" * LONGEST_HEAD) == Arrival.HEAD
    assert coming.take(b"G") == Arrival.TOO_LONG


def test_a_client_that_waits_for_a_word_is_known() -> None:
    coming = RequestBytes()
    coming.take(post(b"Expect: 100-Continue", b"Content-Length: 2"))
    assert coming.expects
