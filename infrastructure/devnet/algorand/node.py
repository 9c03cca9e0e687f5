"""One node: a pool of its own over a ledger that others may share."""

import threading
from collections.abc import Iterator, Sequence

from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand.binary import Refused
from infrastructure.devnet.algorand.faults import Faults
from infrastructure.devnet.algorand.judge import Judge
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.pool import Group, Pool
from infrastructure.devnet.algorand.submission import Submission, read_submission
from infrastructure.devnet.algorand.wording import in_our_days

MOST_AT_ONCE = 64


class Node:
    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self.ledger = ledger
        self.faults = faults
        self.pool = Pool()
        self._judge = Judge(ledger, faults)
        self._arrived: list[Submission] = []
        self._arrival = threading.Lock()

    def submit(self, body: bytes) -> str:
        """Take a group into the pool, and return its first transaction's id.

        Raises:
            Failed: it is refused, or a fault says so.
            NoAnswer: it was taken and nobody shall know.
        """
        if self.faults.follower:
            raise Failed(400, "cannot broadcast txns in follower mode")
        submission = read_submission(body)
        with self._arrival:
            self._arrived.append(submission)
        with self.ledger.turn:
            while submission.decided is None:
                self._decide()
        if isinstance(submission.decided, Failed):
            raise submission.decided
        self.faults.after_taking()
        return next(iter(submission.decided.transactions))

    def look_again(self) -> None:
        """Judge the pool anew, after a round that did not hold it."""
        with self.ledger.turn:
            landed = self.ledger.chain.landed
            self.pool.groups = [
                group
                for group in self.pool.groups
                if landed(next(iter(group.transactions))) is None
            ]
            if not self.pool.groups:
                return
            try:
                self.ledger.judge(self.pool.body)
            except Refused:
                drop_what_fails(self.ledger, [self])

    def forget_pool(self) -> None:
        with self.ledger.turn:
            self.pool = Pool()

    def evict(self, name: str, why: str) -> bool:
        """Drop the group that holds a transaction; say whether there was one."""
        with self.ledger.turn:
            found = next((one for one in self.pool.groups if name in one.transactions), None)
            if found is not None:
                self.pool.drop(found, why)
                self.look_again()
            return found is not None

    def _decide(self) -> None:
        """Decide what has arrived while others had their turn."""
        with self._arrival:
            arrived = self._arrived[:MOST_AT_ONCE]
            del self._arrived[:MOST_AT_ONCE]
        try:
            self._judge.take(arrived, self.pool)
        finally:
            for one in arrived:
                one.decided = one.decided or Failed(500, "the ledger gave no answer")


def make_round(ledger: Ledger, nodes: Sequence[Node]) -> None:
    """Make a round of the pools, the first node's first.

    What an earlier group has made impossible is dropped from its pool with the reason.
    """
    with ledger.turn:
        try:
            ledger.advance(_body(nodes))
        except Refused:
            drop_what_fails(ledger, nodes)
            ledger.advance(_body(nodes))
        for node in nodes:
            node.pool.groups.clear()


def drop_what_fails(ledger: Ledger, nodes: Sequence[Node]) -> None:
    """Keep what can be in one round, in order; drop the rest, each with its reason."""
    _fit(ledger, b"", list(_different(nodes)))


def _fit(ledger: Ledger, good: bytes, candidates: Sequence[tuple[Node, Group]]) -> bytes:
    """Add to what is good all of the candidates that can be, found by halves."""
    if not candidates:
        return good
    tried = good + b"".join(group.body for _, group in candidates)
    try:
        ledger.judge(tried)
    except Refused as no:
        if len(candidates) == 1:
            node, group = candidates[0]
            node.pool.drop(group, in_our_days(str(no), list(group.transactions.values())))
            return good
    else:
        return tried
    half = len(candidates) // 2
    return _fit(ledger, _fit(ledger, good, candidates[:half]), candidates[half:])


def _body(nodes: Sequence[Node]) -> bytes:
    return b"".join(group.body for _, group in _different(nodes))


def _different(nodes: Sequence[Node]) -> Iterator[tuple[Node, Group]]:
    """Every group of the pools; one that was given to two nodes comes once."""
    seen: set[str] = set()
    for node in nodes:
        for group in node.pool.groups:
            first = next(iter(group.transactions))
            if first not in seen:
                seen.add(first)
                yield node, group
