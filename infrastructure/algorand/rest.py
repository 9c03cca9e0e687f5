"""One HTTP request, one answer: no retries, no redirects, bounded in size and time.

A library's own retries would swallow the first answer to a submission, and that
answer is a fact for the log.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from application.engine.chain import ChainUnavailable

Json = Any
"""What a node answered, before anything of it is believed."""

OK = 200
MOST = 2**64 - 1
"""The largest integer of the chain."""
LARGEST = 4 * 1024 * 1024
"""Bytes of JSON that are read. As objects they take 20 times that."""
PIECE = 64 * 1024


class _Endless(Exception):
    """More bytes than are read, or later than they are waited for."""


class _Session(requests.Session):
    """Follows nothing. Told not to, the library still reads all of a redirect's body."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        del resp


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Rest:
    """A service over HTTP. Threads may share it."""

    url: str
    operator: str
    timeout: float
    """Seconds for one answer."""
    headers: Mapping[str, str] = field(repr=False)
    _session: requests.Session = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        session = _Session()
        session.trust_env = not is_loopback(self.url)  # no proxy stands before this machine
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        object.__setattr__(self, "_session", session)

    def exchange(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        most: int = LARGEST,
    ) -> Reply:
        """Ask once, or hand a body over once.

        Args:
            path: after the url.
            query: added to it.
            body: makes it a POST.
            most: bytes that are read of the answer.

        Raises:
            ChainUnavailable: no answer came, or not all of it. A body may have arrived.
        """
        until = time.monotonic() + self.timeout
        kind = {} if body is None else {"Content-Type": "application/x-binary"}
        try:
            with self._session.request(
                "GET" if body is None else "POST",
                self.url.rstrip("/") + path,
                params=query,
                data=body,
                headers={"Accept-Encoding": "identity", **kind, **self.headers},
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Reply(response.status_code, _read(response, until, most))
        except (requests.RequestException, HTTPError, ValueError, OSError, _Endless) as error:
            reason = f"{self.operator} did not answer {path}: {type(error).__name__}"
            raise ChainUnavailable(reason) from error


def _read(response: requests.Response, until: float, most: int) -> bytes:
    """Read what comes as it comes: who drips bytes must not hold a worker for ever."""
    body = bytearray()
    while piece := response.raw.read1(PIECE, decode_content=False):
        body += piece
        if len(body) > most or time.monotonic() > until:
            raise _Endless
    return bytes(body)


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parsed(body: bytes) -> Json:
    """Read JSON.

    Raises:
        ChainUnavailable: it is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ChainUnavailable(f"not JSON: {body[:80]!r}") from error
