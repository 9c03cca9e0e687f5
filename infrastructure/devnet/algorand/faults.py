"""What can go wrong at a node, on demand. Tests set it; nothing of it comes from the ledger."""

import time
from dataclasses import dataclass, fields
from typing import Any

from infrastructure.devnet.algorand.answer import Failed, NoAnswer
from infrastructure.devnet.algorand.pool import Pool
from infrastructure.devnet.algorand.submission import Submission

POOL_SIZE = 75_000


@dataclass
class Faults:
    """One node's faults, all off at first."""

    follower: bool = False
    """Refuses what is posted, and knows no pending transaction."""
    pool_size: int = POOL_SIZE
    """Transactions that the pool holds at most."""
    fee_per_byte: int = 0
    """A congestion fee, in microalgos."""
    isolated: bool = False
    """Its pool stays its own: it lands when this node's turn comes, and in no other round."""
    queue_full: int = 0
    """That many posts are taken and answered with `broadcast queue full`."""
    silent: int = 0
    """That many posts are taken and not answered: the connection is closed."""
    delay: float = 0.0
    """Seconds before anything is answered."""

    def set(self, wanted: dict[str, Any]) -> None:
        """Change what is named.

        Raises:
            Failed: there is no such fault, or it takes another kind of value.
        """
        known = {field.name: field.type for field in fields(self)}
        for name, value in wanted.items():
            member = name.replace("-", "_")
            if member not in known:
                raise Failed(400, f"no such fault: {name}")
            kind = type(getattr(type(self), member))
            if not isinstance(value, int | float) or (
                kind is not float and not isinstance(value, kind)
            ):
                raise Failed(400, f"{name} takes {kind.__name__}")
            setattr(self, member, kind(value))

    def shown(self) -> dict[str, Any]:
        return {field.name.replace("_", "-"): getattr(self, field.name) for field in fields(self)}

    def wait(self) -> None:
        if self.delay:
            time.sleep(self.delay)

    def let_pass(self, size: int) -> bool:
        """Whether nothing at the pool's door refuses anything, up to this size."""
        return size <= self.pool_size and not self.fee_per_byte

    def refuse_at_the_pool(self, submission: Submission, pool: Pool) -> None:
        """Raises:
        Failed: the pool is full, or more has to be paid.
        """
        if pool.size + len(submission.members) > self.pool_size:
            raise Failed(
                400, "TransactionPool.checkPendingQueueSize: transaction pool has reached capacity"
            )
        size = len(submission.body)
        least = self.fee_per_byte * size
        paid = sum(int(member.get("txn", {}).get("fee", 0)) for member in submission.members)
        if paid < least:
            words = f"threshold {least} ({self.fee_per_byte} per byte * {size} bytes)"
            raise Failed(400, f"TransactionPool.Remember: fee {{{paid}}} below {words}")

    def after_taking(self) -> None:
        """Raises:
        NoAnswer: a silent post.
        Failed: a post that reached this pool and no other node.
        """
        if self.silent:
            self.silent -= 1
            raise NoAnswer
        if self.queue_full:
            self.queue_full -= 1
            raise Failed(400, "broadcast queue full")
