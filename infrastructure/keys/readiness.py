"""Whether the keys are there: a probe is wrapped and unwrapped, and the root opens."""

import hmac
import threading
import time
from collections.abc import Callable

from domain.log import KeysUnavailable, LogUnavailable, SecretStore
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.root import OWNER, RootKeys, stored_root

GOOD_FOR = {"pass": 30.0, "fail": 2.0}
"""Seconds until it is asked again: each answer costs calls of KMS, and anybody may ask."""
PURPOSE = "probe"


class KeysCheck:
    """Answers ``pass`` or ``fail``, and never raises."""

    def __init__(
        self,
        secrets: SecretStore,
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
        # While one asks a KMS that hangs, the others do not wait: they have the answer before.
        known = self._answer
        if not self._one_at_a_time.acquire(blocking=known is None) and known is not None:
            return known[0]
        try:
            known = self._answer
            if known is None or self._clock() - known[1] >= GOOD_FOR[known[0]]:
                known = self._answer = ("pass" if self._opens() else "fail", self._clock())
            return known[0]
        finally:
            self._one_at_a_time.release()

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
