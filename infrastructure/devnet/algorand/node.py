"""One node: a pool of its own over a ledger that others may share."""

from typing import Any

from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand.binary import Refused
from infrastructure.devnet.algorand.encoding import txid, unpacked, whole
from infrastructure.devnet.algorand.faults import Faults
from infrastructure.devnet.algorand.genesis import GENESIS_ID
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.pool import Group, Pool
from infrastructure.devnet.algorand.submission import Submission, check_group, read_submission
from infrastructure.devnet.algorand.wording import in_our_days, refusal


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
        check_group(submission.members)
        with self.ledger.turn:
            self.faults.refuse_at_the_pool(submission, self.pool)
            group = self._judge(submission)
            self.pool.take(group)
        self.faults.after_taking()
        return next(iter(group.transactions))

    def make_round(self) -> None:
        """Make a round of the pool; what does not fit it any more is dropped."""
        with self.ledger.turn:
            try:
                self.ledger.advance(self.pool.body)
            except Refused:
                self._drop_what_fails()
                self.ledger.advance(self.pool.body)
            self.pool.groups.clear()
            self._look_again()

    def look_again(self) -> None:
        """Judge the pool anew, after a round that another node made."""
        with self.ledger.turn:
            self._look_again()

    def forget_pool(self) -> None:
        with self.ledger.turn:
            self.pool = Pool()

    def evict(self, name: str, why: str) -> bool:
        """Drop the group that holds a transaction; say whether there was one."""
        with self.ledger.turn:
            found = next((one for one in self.pool.groups if name in one.transactions), None)
            if found is not None:
                self.pool.drop(found, why)
                self._look_again()
            return found is not None

    def _look_again(self) -> None:
        if not self.pool.groups:
            return
        try:
            self.ledger.judge(self.pool.body)
        except Refused:
            self._drop_what_fails()

    def _drop_what_fails(self) -> None:
        waiting, self.pool.groups = self.pool.groups, []
        for group in waiting:
            try:
                self.ledger.judge(self.pool.body + group.body)
            except Refused as no:
                self.pool.drop(group, in_our_days(str(no)))
            else:
                self.pool.groups.append(group)

    def _judge(self, submission: Submission) -> Group:
        try:
            judged = self.ledger.judge(self.pool.body + submission.body)
        except Refused as no:
            raise refusal(str(no), [_name(member) for member in submission.members]) from None
        rows = unpacked(judged.block).get("txns", [])[self.pool.size :]
        signed = [whole(row, GENESIS_ID, self.ledger.genesis_hash) for row in rows]
        return Group(body=submission.body, transactions={txid(one["txn"]): one for one in signed})


def _name(member: dict[str, Any]) -> str:
    return txid(member.get("txn", {}))
