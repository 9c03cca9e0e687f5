"""One node: a pool of its own over a ledger that others may share."""

from collections.abc import Sequence
from typing import Any

from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand.binary import Refused
from infrastructure.devnet.algorand.earlier import check_before_the_fee
from infrastructure.devnet.algorand.encoding import txid, unpacked, whole
from infrastructure.devnet.algorand.faults import Faults
from infrastructure.devnet.algorand.genesis import GENESIS_ID
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.pool import Group, Pool
from infrastructure.devnet.algorand.submission import Submission, check_group, read_submission
from infrastructure.devnet.algorand.wording import (
    FEE,
    in_our_days,
    is_before_the_pool,
    is_ill_formed,
    refusal,
)


class Node:
    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self.ledger = ledger
        self.faults = faults
        self.pool = Pool()

    def submit(self, body: bytes) -> str:
        """Take a group into the pool, and return its first transaction's id.

        Raises:
            Failed: it is refused, or a fault says so.
            NoAnswer: it was taken and nobody shall know.
        """
        if self.faults.follower:
            raise Failed(400, "cannot broadcast txns in follower mode")
        submission = read_submission(body)
        with self.ledger.turn:
            group = self._judge(submission)
            self.pool.take(group)
        self.faults.after_taking()
        return next(iter(group.transactions))

    def look_again(self) -> None:
        """Judge the pool anew, after a round that did not hold it."""
        with self.ledger.turn:
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

    def _judge(self, submission: Submission) -> Group:
        """Judge a group as algod does, in its order of checks.

        Raises:
            Failed: it is refused.
        """
        members = submission.members
        rows, said = self._try(submission.body)
        if is_ill_formed(said):
            raise refusal(said, members)
        check_group(members)
        if is_before_the_pool(said):
            raise refusal(said, members)
        self.faults.refuse_at_the_pool(submission, self.pool)
        if FEE.match(said):
            check_before_the_fee(self.ledger, self.pool, members)
        if said:
            raise refusal(said, members)
        signed = [whole(row, GENESIS_ID, self.ledger.genesis_hash) for row in rows]
        return Group(body=submission.body, transactions={txid(one["txn"]): one for one in signed})

    def _try(self, body: bytes) -> tuple[list[dict[str, Any]], str]:
        """The group's rows in the next block, or why it is in none."""
        try:
            judged = self.ledger.judge(self.pool.body + body)
        except Refused as no:
            return [], str(no)
        return unpacked(judged.block).get("txns", [])[self.pool.size :], ""


def make_round(ledger: Ledger, nodes: Sequence[Node]) -> None:
    """Make a round of the pools, the first node's first.

    What an earlier group has made impossible is dropped from its pool with the reason.
    """
    with ledger.turn:
        try:
            ledger.advance(b"".join(node.pool.body for node in nodes))
        except Refused:
            drop_what_fails(ledger, nodes)
            ledger.advance(b"".join(node.pool.body for node in nodes))
        for node in nodes:
            node.pool.groups.clear()


def drop_what_fails(ledger: Ledger, nodes: Sequence[Node]) -> None:
    """Judge group by group, and keep what can be in one round."""
    good = b""
    for node in nodes:
        waiting, node.pool.groups = node.pool.groups, []
        for group in waiting:
            try:
                ledger.judge(good + group.body)
            except Refused as no:
                words = in_our_days(str(no), list(group.transactions.values()))
                node.pool.drop(group, words)
            else:
                good += group.body
                node.pool.groups.append(group)
