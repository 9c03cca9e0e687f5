"""Remembers which files hold: the check of the same bytes says the same, and can take seconds."""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

from infrastructure.deployment_certificate.verifier import check

MOST_REMEMBERED = 10_000
"""Digests, some 2 MB."""


class CheckedFiles:
    """In memory, of one process. What was refused is not remembered: it may be repaired."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def require(self, data: bytes) -> None:
        """Check a file, unless these very bytes were found to hold before.

        Raises:
            Refused: it does not hold.
        """
        digest = sha256(data).digest()
        with self._lock:
            if digest in self._held:
                self._held.move_to_end(digest)
                return
        check(data)
        with self._lock:
            self._held[digest] = None
            if len(self._held) > MOST_REMEMBERED:
                self._held.popitem(last=False)
