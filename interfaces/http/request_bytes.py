"""The bytes of one request as they come, and whether all of them have.

Only how long it is gets read here; gunicorn's parser judges what it says. Where the two could
differ this one answers UNKNOWN, and the connection is closed after one answer (RFC 9112, 6.3).
"""

import re
from enum import Enum

from interfaces.http.bodies import LARGEST

LONGEST_HEAD = 128 * 1024
"""Bytes of a request line and its headers."""
END = b"\r\n\r\n"
BARE = re.compile(rb"(?<!\r)\n")
LENGTH = re.compile(rb"[0-9]{1,18}")


class Arrival(Enum):
    HEAD = "headers are missing"
    BODY = "the body is missing"
    WHOLE = "all of it has come"
    UNKNOWN = "more than is ever read, or an end that cannot be told"
    TOO_LONG = "headers without an end"


class RequestBytes:
    def __init__(self) -> None:
        self.held = bytearray()
        """All that came: what follows the request stands at its end."""
        self.expects = False
        """Whether the client waits for 100 Continue before it sends the body."""
        self._searched = 0
        self._whole: int | None = None

    @property
    def head(self) -> bytes:
        """Request line and headers, as far as they have come."""
        return bytes(self.held).lstrip(b"\r\n").partition(END)[0]

    def take(self, more: bytes) -> Arrival:
        """Add what came, and tell where that leaves the request."""
        self.held += more
        if self._whole is None:
            # An empty line before a request is allowed, and no end of one (RFC 9112, 2.2).
            start = 2 if self.held[:2] == b"\r\n" else 0
            end = self.held.find(END, max(start, self._searched - len(END) + 1))
            if end < 0:
                return self._without_end()
            length = self._length(bytes(self.held[start:end]))
            if length is None or length > LARGEST:
                return Arrival.UNKNOWN
            self._whole = end + len(END) + length
        return Arrival.WHOLE if len(self.held) >= self._whole else Arrival.BODY

    def _without_end(self) -> Arrival:
        if BARE.search(self.held, max(0, self._searched - 1)):
            return Arrival.UNKNOWN  # the parser refuses such a line, and its end never comes
        self._searched = len(self.held)
        return Arrival.TOO_LONG if len(self.held) > LONGEST_HEAD else Arrival.HEAD

    def _length(self, head: bytes) -> int | None:
        """Return the bytes of the body; None if that cannot be told from here."""
        lengths = []
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            match name.strip().lower():
                case b"content-length":
                    lengths.append(value.strip(b" \t"))
                case b"transfer-encoding":
                    return None
                case b"expect":
                    self.expects = value.strip(b" \t").lower() == b"100-continue"
                case _:
                    pass
        if not lengths:
            return 0
        found = LENGTH.fullmatch(lengths[0]) if len(lengths) == 1 else None
        return int(found.group()) if found else None
