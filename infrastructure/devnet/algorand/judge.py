"""Judges what a node is asked to take: alone as algod does, and many at once for speed."""

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
from infrastructure.devnet.algorand.submission import Submission, check_group
from infrastructure.devnet.algorand.wording import (
    FEE,
    is_before_the_pool,
    is_ill_formed,
    refusal,
)

Rows = list[dict[str, Any]]


class Judge:
    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self._ledger = ledger
        self._faults = faults

    def take(self, arrived: Sequence[Submission], pool: Pool) -> None:
        """Decide each of them, in order; what is good comes to the pool.

        The ledger is a process that takes some 30 ms however much it is given, so it is given all
        at once, and halves where that fails.
        """
        if len(arrived) == 1:
            self._take_one(arrived[0], pool)
            return
        if self._take_all(arrived, pool):
            return
        half = len(arrived) // 2
        self.take(arrived[:half], pool)
        self.take(arrived[half:], pool)

    def _take_one(self, submission: Submission, pool: Pool) -> None:
        try:
            group = self._judge(submission, pool)
        except Failed as failed:
            submission.decided = failed
        else:
            pool.take(group)
            submission.decided = group

    def _take_all(self, arrived: Sequence[Submission], pool: Pool) -> bool:
        """Whether all of them are good, and in the pool."""
        groups = [one.group for one in arrived if one.group]
        size = sum(len(one.members) for one in arrived)
        if len(groups) != len(set(groups)) or not self._faults.let_pass(pool.size + size):
            return False
        try:
            for submission in arrived:
                check_group(submission.members)
        except Failed:
            return False
        if arrived[0].group and arrived[0].group == _last_group(pool):
            return False
        rows, said = self._try(b"".join(one.body for one in arrived), pool)
        if said:
            return False
        for submission in arrived:
            count = len(submission.members)
            submission.decided = self._group(submission, rows[:count])
            rows = rows[count:]
            pool.take(submission.decided)
        return True

    def _judge(self, submission: Submission, pool: Pool) -> Group:
        """Judge a group as algod does, in its order of checks.

        Raises:
            Failed: it is refused.
        """
        members = submission.members
        if submission.group and submission.group == _last_group(pool):
            # The ledger would read the two as one group.
            rows, said = self._try(submission.body, Pool())
            said = said or f"transaction already in ledger: {txid(members[0]['txn'])}"
        else:
            rows, said = self._try(submission.body, pool)
        if is_ill_formed(said):
            raise refusal(said, members)
        check_group(members)
        if is_before_the_pool(said):
            raise refusal(said, members)
        self._faults.refuse_at_the_pool(submission, pool)
        if FEE.match(said):
            check_before_the_fee(self._ledger, pool, members)
        if said:
            raise refusal(said, members)
        return self._group(submission, rows)

    def _group(self, submission: Submission, rows: Rows) -> Group:
        signed = [whole(row, GENESIS_ID, self._ledger.genesis_hash) for row in rows]
        return Group(body=submission.body, transactions={txid(one["txn"]): one for one in signed})

    def _try(self, body: bytes, pool: Pool) -> tuple[Rows, str]:
        """The rows in the next block, or why they are in none."""
        try:
            judged = self._ledger.judge(pool.body + body)
        except Refused as no:
            return [], str(no)
        return unpacked(judged.block).get("txns", [])[pool.size :], ""


def _last_group(pool: Pool) -> bytes:
    if not pool.groups:
        return b""
    last: bytes = next(iter(pool.groups[-1].transactions.values()))["txn"].get("grp", b"")
    return last
