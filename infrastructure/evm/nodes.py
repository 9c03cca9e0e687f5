"""The nodes of one network: which may be relied on, and what enough of them state."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from application.engine.answers import Behind, Contradicts, Serving, Standing, StatedNonce
from application.engine.chain import ChainUnavailable, HistoryPruned
from domain.values import BlockRef, NetworkRef
from infrastructure.evm.certificate_maker import encode_header
from infrastructure.evm.node import Json, Node, NodeRefused, data, quantity
from infrastructure.evm.verifier.accounts import account_in
from infrastructure.evm.verifier.primitives import Refused

Answered = TypeVar("Answered")


class Nodes:
    def __init__(self, network: NetworkRef, nodes: Sequence[Node], required: int) -> None:
        self._network = network
        self._nodes = tuple(nodes)
        self._required = required
        # What one worker thread found fit must not change under it when another looks.
        self._fit = threading.local()

    @property
    def operators(self) -> set[str]:
        return {node.operator for node in self._nodes}

    def serving(self) -> tuple[Node, ...]:
        """Return the nodes that the last look found fit, the one to ask first at the front."""
        fit: tuple[Node, ...] = getattr(self._fit, "nodes", self._nodes)
        if not fit:
            raise ChainUnavailable("no node of this network is fit to be asked")
        return fit

    def first(self, ask: Callable[[Node], Answered]) -> Answered:
        """Return what the first fit node answers that can answer at all.

        Raises:
            HistoryPruned: none could, and one of them no longer keeps what is asked.
            ChainUnavailable: none could.
        """
        reasons: list[str] = []
        pruned: HistoryPruned | None = None
        for node in self.serving():
            try:
                return ask(node)
            except HistoryPruned as gone:
                pruned = gone
            except ChainUnavailable as error:
                reasons.append(str(error))
        raise pruned or ChainUnavailable("; ".join(reasons))

    def of_this_chain(self) -> Iterator[Node]:
        """Yield the nodes whose chain id and genesis are the catalogue's, asked just now.

        Raises:
            ChainUnavailable: there is none.
        """
        found, reasons = False, []
        for node in self._nodes:
            try:
                self._require_identity(node)
            except (ChainUnavailable, NodeRefused) as error:
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
                found = _compare(node, known)
            except (ChainUnavailable, NodeRefused) as error:
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
        if len(against) >= self._required:
            operator, stated = next(iter(against.items()))
            return Contradicts(stated=stated, operator=operator)
        detail = "; ".join(reasons) or f"{', '.join(against)} contradicts what was final"
        return Behind(detail=detail)

    def stated_final(self, block: BlockRef) -> tuple[str, ...]:
        """Return who states this very block as final; empty if those are too few."""
        stating = set()
        for node in self.serving():
            try:
                final = finalized(node)
                if final.number >= block.number and block_at(node, block.number) == block:
                    stating.add(node.operator)
            except (ChainUnavailable, NodeRefused):
                continue
        return tuple(sorted(stating)) if len(stating) >= self._required else ()

    def proven_nonce(self, address: bytes, tag: str) -> StatedNonce:
        """Return the nonce of an address in the block of a tag, proven under that block's hash.

        A node cannot make up a nonce without making up a block.

        Raises:
            ChainUnavailable: no proof could be had, or it does not hold.
        """
        stated = self.first(lambda node: _proven_nonce(node, address, tag))
        if tag == "finalized" and not self.stated_final(stated.at):
            raise ChainUnavailable(f"too few operators state block {stated.at.number} as final")
        return stated

    def _require_identity(self, node: Node) -> None:
        chain_id = quantity(node.ask("eth_chainId"))
        genesis = node.ask("eth_getBlockByNumber", "0x0", False)
        if not genesis or chain_id != self._network.chain_id:
            raise ChainUnavailable(f"{node.operator} is a node of chain {chain_id}")
        if data(genesis["hash"]) != self._network.genesis_hash:
            raise ChainUnavailable(f"{node.operator} has genesis {genesis['hash']}, another chain")


def _proven_nonce(node: Node, address: bytes, tag: str) -> StatedNonce:
    try:
        block = node.ask("eth_getBlockByNumber", tag, False)
        if not block:
            raise ChainUnavailable(f"{node.operator} has no {tag} block")
        at = _reference(node, block)
        if at.number == 0:
            return StatedNonce(nonce=0, at=at)  # nobody has sent anything
        proof = node.ask("eth_getProof", "0x" + address.hex(), [], hex(at.number))
        header = encode_header(block)
        nodes = [data(part) for part in proof["accountProof"]]
        return StatedNonce(nonce=account_in(header, address, nodes).nonce, at=at)
    except (NodeRefused, Refused, KeyError, TypeError, ValueError) as error:
        raise ChainUnavailable(f"{node.operator} proves no nonce: {error}") from error


def _compare(node: Node, known: BlockRef | None) -> Standing:
    if known is None:
        return Serving()
    final = finalized(node)
    if final.number < known.number:
        detail = (
            f"{node.operator} calls block {final.number} final, the log relied on {known.number}"
        )
        return Behind(detail=detail)
    there = block_at(node, known.number)
    if there == known:
        return Serving()
    return Contradicts(stated=there, operator=node.operator)


def finalized(node: Node) -> BlockRef:
    """Return the block that a node calls final.

    Raises:
        ChainUnavailable: it has none yet.
    """
    try:
        block = node.ask("eth_getBlockByNumber", "finalized", False)
    except NodeRefused as error:
        raise ChainUnavailable(f"{node.operator} has no final block: {error}") from error
    return _reference(node, block)


def block_at(node: Node, number: int) -> BlockRef | None:
    """Return what is canonical at a height; None where the node has nothing there."""
    block = node.ask("eth_getBlockByNumber", hex(number), False)
    return _reference(node, block) if block else None


def _reference(node: Node, block: Json) -> BlockRef:
    if not isinstance(block, dict):
        raise ChainUnavailable(f"{node.operator} answered with no block")
    return BlockRef(number=quantity(block.get("number")), hash=data(block.get("hash")))
