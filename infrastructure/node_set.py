"""The nodes of one network: which may be relied on, and what enough of them state.

The same for every family: a family says how one node is asked.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from application.engine.answers import Behind, Contradicts, Serving, Standing
from application.engine.chain import ChainUnavailable, HistoryPruned
from domain.values import BlockRef, NetworkRef


class AnyNode(Protocol):
    @property
    def operator(self) -> str:
        """Who runs it. Two nodes of one operator are one voice."""
        ...


NodeT = TypeVar("NodeT", bound=AnyNode)
Answered = TypeVar("Answered")


class NodeSet(Generic[NodeT]):
    def __init__(self, network: NetworkRef, nodes: Sequence[NodeT], required: int) -> None:
        """Gather the nodes of one network.

        Args:
            network: whose nodes they are; told by what the catalogue says, never by a node.
            nodes: the one to ask first at the front.
            required: how many operators have to state a block as final.
        """
        self._network = network
        self._nodes = tuple(nodes)
        self.required = required
        # What one worker thread found fit must not change under it when another looks.
        self._fit = threading.local()

    # ---- what a family says of one node; each may raise ChainUnavailable

    def require_identity(self, node: NodeT) -> None:
        """Refuse a node of another chain."""
        raise NotImplementedError

    def compare(self, node: NodeT, known: BlockRef | None) -> Standing:
        """Say whether a node reaches the highest block that was ever final, and agrees there."""
        raise NotImplementedError

    def states(self, node: NodeT, block: BlockRef) -> bool:
        """Whether a node calls this very block final; HistoryPruned where it forgot it."""
        raise NotImplementedError

    # ---- what follows for all of them

    @property
    def operators(self) -> set[str]:
        return {node.operator for node in self._nodes}

    def serving(self) -> tuple[NodeT, ...]:
        """Return the nodes that the last look found fit, the one to ask first at the front."""
        fit: tuple[NodeT, ...] = getattr(self._fit, "nodes", self._nodes)
        if not fit:
            raise ChainUnavailable("no node of this network is fit to be asked")
        return fit

    def first(self, ask: Callable[[NodeT], Answered], passed_over: int = 0) -> Answered:
        """Return what the first fit node answers that can answer at all.

        Args:
            ask: asks one node.
            passed_over: how many come last instead of first, counted round and round.

        Raises:
            HistoryPruned: none could, and one of them no longer keeps what is asked.
            ChainUnavailable: none could.
        """
        reasons: list[str] = []
        pruned: HistoryPruned | None = None
        fit = self.serving()
        begin = passed_over % len(fit)
        for node in fit[begin:] + fit[:begin]:
            try:
                return ask(node)
            except HistoryPruned as gone:
                pruned = gone
            except ChainUnavailable as error:
                reasons.append(str(error))
        raise pruned or ChainUnavailable("; ".join(reasons))

    def of_this_chain(self) -> Iterator[NodeT]:
        """Yield the nodes whose identity is the catalogue's, asked just now.

        Raises:
            ChainUnavailable: there is none.
        """
        found, reasons = False, []
        for node in self._nodes:
            try:
                self.require_identity(node)
            except ChainUnavailable as error:
                reasons.append(str(error))
                continue
            found = True
            yield node
        if not found:
            raise ChainUnavailable("; ".join(reasons))

    def standing(self, known: BlockRef | None) -> Standing:
        """Compare every node with the highest block that was ever final."""
        fit, against, reasons = [], dict[str, BlockRef | None](), []
        for node in self.of_this_chain():
            try:
                found = self.compare(node, known)
            except ChainUnavailable as error:
                reasons.append(str(error))
                continue
            match found:
                case Serving():
                    fit.append(node)
                case Behind(detail=detail):
                    reasons.append(detail)
                case Contradicts(stated=stated):
                    against[node.operator] = stated
        self._fit.nodes = tuple(fit)
        if fit:
            return Serving()
        if len(against) >= self.required:
            operator, stated = next(iter(against.items()))
            return Contradicts(stated=stated, operator=operator)
        detail = "; ".join(reasons) or f"{', '.join(against)} contradicts what was final"
        return Behind(detail=detail)

    def stated_final(self, block: BlockRef) -> tuple[str, ...]:
        """Return who states this very block as final; empty if those are too few.

        Raises:
            HistoryPruned: too few do, and another one no longer keeps that block.
        """
        stating = set()
        pruned: HistoryPruned | None = None
        for node in self.serving():
            try:
                if self.states(node, block):
                    stating.add(node.operator)
            except HistoryPruned as gone:
                pruned = gone
            except ChainUnavailable:
                continue
        if len(stating) >= self.required:
            return tuple(sorted(stating))
        if pruned is not None:
            raise pruned
        return ()
