"""Rounds of one chain, each read once and kept for a while: many slots look at the same ones.

Plain nodes keep 1,000 rounds, so they are read while they are there.
"""

import threading
from collections import OrderedDict
from itertools import pairwise

from application.engine.chain import ChainUnavailable, HistoryPruned
from domain.values import BlockRef
from infrastructure.algorand.blocks import Block, read_block
from infrastructure.algorand.node import Algod, NodeRefused, NoSuchBlock
from infrastructure.algorand.nodes import Nodes, head_of

MOST_BYTES = 64 * 1024 * 1024
"""Of raw blocks that are kept. A full block has 5 MB, a quiet one 1 kB."""


class Rounds:
    def __init__(self, nodes: Nodes, most_bytes: int = MOST_BYTES) -> None:
        self._nodes = nodes
        self._most = most_bytes
        self._kept: OrderedDict[int, Block] = OrderedDict()
        self._bytes = 0
        self._passed_over = 0
        self._lock = threading.Lock()

    def read(self, number: int) -> Block:
        """Return a round's block, as the first node says that can.

        Its hash is computed from its bytes: what is wrong about it shows when enough
        operators have to state that hash.

        Raises:
            HistoryPruned: no node keeps it any more.
            ChainUnavailable: it is not there yet, or nobody answers.
        """
        with self._lock:
            if (kept := self._kept.get(number)) is not None:
                self._kept.move_to_end(number)
                return kept
            passed_over = self._passed_over
        block = self._nodes.first(lambda node: _read(node, number), passed_over)
        with self._lock:
            if number not in self._kept:
                self._kept[number] = block
                self._bytes += len(block.raw)
            while self._bytes > self._most:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest.raw)
        return block

    def chained(self, first: int, last: int) -> list[Block]:
        """Return all rounds from one to another, each naming the hash of the one before.

        Raises:
            HistoryPruned: one of them is no longer kept.
            ChainUnavailable: one is missing, or they do not belong together.
        """
        blocks = [self.read(number) for number in range(first, last + 1)]
        for before, block in pairwise(blocks):
            if block.previous != before.hash:
                self.forget()
                raise ChainUnavailable(f"round {block.round} does not follow the one before it")
        return blocks

    def forget(self) -> None:
        """Keep nothing, and ask another node first: what was read turned out to be nobody's.

        Else one that makes up blocks would stop a network with honest ones behind it.
        """
        with self._lock:
            self._kept.clear()
            self._bytes = 0
            self._passed_over += 1


def reference(block: Block) -> BlockRef:
    return BlockRef(number=block.round, hash=block.hash)


def _read(node: Algod, number: int) -> Block:
    try:
        raw = node.block(number)
    except NoSuchBlock as error:
        # The same words for what is gone and what is to come: the round tells.
        if head_of(node) >= number:
            raise HistoryPruned(f"{node.operator} no longer keeps round {number}") from error
        raise ChainUnavailable(f"{node.operator} has no round {number} yet") from error
    except NodeRefused as error:
        raise ChainUnavailable(f"{node.operator} gives no round {number}: {error}") from error
    try:
        block = read_block(raw)
    except ValueError as error:
        raise ChainUnavailable(f"{node.operator} gives no readable round {number}") from error
    if block.round != number:
        raise ChainUnavailable(f"{node.operator} gave round {block.round} for {number}")
    return block
