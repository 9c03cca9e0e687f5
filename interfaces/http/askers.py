"""Who asks for what, read from a request's head before any thread has it.

Only to let the requests of whoever was refused wait: nobody gets in by what is read here. The
application reads the same request for itself (call.py), from the same functions.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gunicorn.util import split_request_uri

from infrastructure.client_addresses import caller_address, network_of
from interfaces.http.route import Route

PLACE = re.compile(r"\\{[a-z_]+\\}")
FORWARDED = b"x-forwarded-for"


@dataclass(frozen=True, slots=True)
class Asker:
    """What is refused together: a network, on one of the routes that it may ask only so often."""

    network: str
    operation: str


class Askers:
    """Tells them apart.

    Args:
        routes: all; those that are not throttled are nobody's.
        is_proxy: whether an address is one of our own proxies.
    """

    def __init__(self, routes: Iterable[Route], is_proxy: Callable[[str], bool]) -> None:
        self._throttled: Sequence[tuple[str, re.Pattern[str], str]] = [
            (route.method, _pattern(route.path), route.operation)
            for route in routes
            if route.throttled
        ]
        self._is_proxy = is_proxy

    def of(self, peer: str, head: bytes) -> Asker | None:
        """Return who asks; None where the route does not refuse anybody for asking often.

        Args:
            peer: address at the other end of the connection.
            head: request line and headers, as they came.
        """
        start, *headers = head.split(b"\r\n")
        operation = self._operation(start.decode("latin-1"))
        if operation is None:
            return None
        named = (header.partition(b":") for header in headers)
        hops = [value for name, _, value in named if name.strip().lower() == FORWARDED]
        address = caller_address(peer, b",".join(hops).decode("latin-1"), self._is_proxy)
        return Asker(network_of(address), operation)

    def _operation(self, start: str) -> str | None:
        method, _, rest = start.partition(" ")
        try:
            path = split_request_uri(rest.partition(" ")[0]).path or ""
        except ValueError:
            return None  # the parser refuses it as well
        # The router takes any number of slashes at the start for one.
        plain = "/" + unquote_to_bytes(path).decode("latin-1").lstrip("/")
        return next(
            (
                operation
                for wanted, pattern, operation in self._throttled
                if wanted == method and pattern.fullmatch(plain)
            ),
            None,
        )


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(PLACE.sub("[^/]*", re.escape(path)))
