"""Whether the keys are there: a probe is wrapped and unwrapped, and the root opens."""

import hmac
import threading
import time
from collections.abc import Callable

from domain.log import KeysUnavailable, LogUnavailable, SecretTable
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.root import OWNER, RootKeys, stored_root

GOOD_FOR = 30.0
"""Seconds until it is asked again: each answer costs calls of KMS, and anybody may ask."""
PURPOSE = "probe"


class KeysCheck:
    """Answers ``pass`` or ``fail``, and never raises."""

    def __init__(
        self,
        secrets: SecretTable,
        envelope: Envelope,
        root: RootKeys,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets = secrets
        self._envelope = envelope
        self._probe = root.derive(PURPOSE)
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._answer: tuple[str, float] | None = None

    def __call__(self) -> str:
        with self._one_at_a_time:
            now = self._clock()
            if self._answer is None or now - self._answer[1] >= GOOD_FOR:
                self._answer = ("pass" if self._opens() else "fail", now)
            return self._answer[0]

    def _opens(self) -> bool:
        try:
            probe = self._envelope.seal(OWNER, PURPOSE, self._probe)
            root = stored_root(self._secrets, self._envelope)
            # A database restored beside a running process has another root, or none.
            return (
                root is not None
                and hmac.compare_digest(self._envelope.open(probe), self._probe)
                and hmac.compare_digest(root.derive(PURPOSE), self._probe)
            )
        except (NotOpened, KeysUnavailable, LogUnavailable):
            return False
