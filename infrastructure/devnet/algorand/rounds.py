"""The clock that makes rounds, also when nobody sends anything."""

import threading
import time

from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.node import Node, make_round


class Rounds:
    """Lets the nodes make rounds in turn, each from its own pool."""

    def __init__(self, ledger: Ledger, nodes: list[Node], seconds: float) -> None:
        self._ledger = ledger
        self._nodes = nodes
        self._seconds = seconds
        self._changed = threading.Condition()
        self._running = seconds > 0
        self._ended = False
        self._thread = threading.Thread(target=self._go_on, name="rounds", daemon=True)

    @property
    def since_last(self) -> float:
        """Seconds since the latest round was made, also by a process before this."""
        latest = self._ledger.chain.block(self._ledger.latest)
        return 0.0 if latest is None else max(0.0, time.time() - latest.at)

    @property
    def is_running(self) -> bool:
        return self._running

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the clock; a round under way is finished."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()

    def pause(self) -> None:
        with self._changed:
            self._running = False

    def resume(self) -> None:
        with self._changed:
            self._running = True
            self._changed.notify_all()

    def tick(self, count: int = 1) -> int:
        """Make rounds now, and return the latest."""
        for _ in range(count):
            with self._ledger.turn:
                first = self._ledger.latest % len(self._nodes)
                maker, *others = self._nodes[first:] + self._nodes[:first]
                heard = [node for node in others if not node.faults.isolated]
                make_round(self._ledger, [maker, *heard])
                for node in others:
                    node.look_again()
            with self._changed:
                self._changed.notify_all()
        return self._ledger.latest

    def wait_beyond(self, number: int, patience: float) -> None:
        """Return when there is a later round, or patience ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._ledger.latest > number, patience)

    def _go_on(self) -> None:
        next_at = time.monotonic() + self._seconds
        while True:
            with self._changed:
                while not self._ended and (
                    not self._running or (left := next_at - time.monotonic()) > 0
                ):
                    self._changed.wait(left if self._running else None)
                if self._ended:
                    return
            next_at = max(next_at + self._seconds, time.monotonic())
            self.tick()
