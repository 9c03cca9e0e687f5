"""The nodes of one Algorand network: a block is final, so a round and its hash decide."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from application.engine.answers import Behind, Contradicts, Serving, Standing
from application.engine.chain import ChainUnavailable, HistoryPruned
from domain.values import BlockRef, NetworkRef
from infrastructure.algorand.node import (
    Algod,
    NodeRefused,
    NoSuchBlock,
    data,
    integer,
    member,
)
from infrastructure.node_set import NodeSet

NANOSECONDS = 1_000_000_000
NEAR = 7
"""Rounds that nodes may be apart: what followers were seen to lag."""

Answered = TypeVar("Answered")


class Nodes(NodeSet[Algod]):
    def __init__(
        self, network: NetworkRef, nodes: Sequence[Algod], required: int, standstill: float
    ) -> None:
        """Gather the nodes of one network.

        Args:
            network: whose nodes they are.
            nodes: the one to ask first at the front.
            required: how many operators have to state a round.
            standstill: seconds without a round, after which a node is not relied on.
        """
        super().__init__(network, nodes, required)
        self._standstill = standstill

    def require_identity(self, node: Algod) -> None:
        found = data(member(asked(node, node.params), "genesis-hash"))
        if found != self._network.genesis_hash:
            raise ChainUnavailable(
                f"{node.operator} has genesis {found.hex()}, which is another chain"
            )

    def compare(self, node: Algod, known: BlockRef | None) -> Standing:
        status = asked(node, node.status)
        still = integer(member(status, "time-since-last-round")) / NANOSECONDS
        if still > self._standstill:
            return Behind(detail=f"{node.operator} has seen no round for {still:.0f} seconds")
        head = integer(member(status, "last-round"))
        if known is None:
            return Serving()
        if head < known.number:
            return Behind(
                detail=f"{node.operator} is at round {head}, the log relied on {known.number}"
            )
        try:
            there = BlockRef(number=known.number, hash=hash_at(node, known.number))
        except HistoryPruned:
            return Serving()  # it keeps 1,000 rounds: what it forgot contradicts nothing
        return Serving() if there == known else Contradicts(stated=there, operator=node.operator)

    def states(self, node: Algod, block: BlockRef) -> bool:
        return head_of(node) >= block.number and hash_at(node, block.number) == block.hash

    def stated_head(self) -> int:
        """Return the newest round that the required number of operators have closed."""
        return self._heads()[self.required - 1]

    def agreed_head(self) -> int:
        """Return it where the others are near: whoever signs for a window has to know the time.

        Raises:
            ChainUnavailable: a node is far ahead of that round. One of them is wrong.
        """
        heads = self._heads()
        if heads[0] - heads[self.required - 1] > NEAR:
            raise ChainUnavailable(f"nodes are at rounds {', '.join(map(str, heads))}")
        return heads[self.required - 1]

    def _heads(self) -> list[int]:
        """Return the newest round of each operator, the highest first."""
        heads: dict[str, int] = {}
        reasons = []
        for node in self.serving():
            try:
                heads[node.operator] = max(heads.get(node.operator, 0), head_of(node))
            except ChainUnavailable as error:
                reasons.append(str(error))
        if len(heads) < self.required:
            reasons.append(f"{len(heads)} operators answer, {self.required} are required")
            raise ChainUnavailable("; ".join(reasons))
        return sorted(heads.values(), reverse=True)

    def disputed(self, block: BlockRef) -> bool:
        """Whether a node states another hash for this round."""
        for node in self.serving():
            try:
                if head_of(node) >= block.number and hash_at(node, block.number) != block.hash:
                    return True
            except (ChainUnavailable, HistoryPruned):
                continue
        return False


def head_of(node: Algod) -> int:
    """Return the newest round that a node has closed."""
    return integer(member(asked(node, node.status), "last-round"))


def hash_at(node: Algod, number: int) -> bytes:
    """Return the hash that a node states for a round that it has closed.

    Raises:
        HistoryPruned: it no longer keeps the round.
        ChainUnavailable: it gives no answer.
    """
    try:
        return node.block_hash(number)
    except NoSuchBlock as error:
        raise HistoryPruned(f"{node.operator} no longer keeps round {number}") from error
    except NodeRefused as error:
        raise ChainUnavailable(f"{node.operator} refuses: {error}") from error


def asked(node: Algod, ask: Callable[[], Answered]) -> Answered:
    """Return an answer.

    Raises:
        ChainUnavailable: there was none, or it was a refusal.
    """
    try:
        return ask()
    except NodeRefused as error:
        raise ChainUnavailable(f"{node.operator} refuses: {error}") from error
