"""The nodes of one EVM network: finality by tag, nonces by proof."""

from application.engine.answers import Behind, Contradicts, Serving, Standing, StatedNonce
from application.engine.chain import ChainUnavailable
from domain.values import BlockRef
from infrastructure.evm.certificate_maker import encode_header
from infrastructure.evm.node import Json, Node, NodeRefused, data, quantity
from infrastructure.evm.verifier.accounts import account_in
from infrastructure.evm.verifier.primitives import Refused
from infrastructure.node_set import NodeSet


class Nodes(NodeSet[Node]):
    def require_identity(self, node: Node) -> None:
        chain_id = quantity(_asked(node, "eth_chainId"))
        genesis = _asked(node, "eth_getBlockByNumber", "0x0", False)
        if not genesis or chain_id != self._network.chain_id:
            raise ChainUnavailable(f"{node.operator} is a node of chain {chain_id}")
        if data(genesis["hash"]) != self._network.genesis_hash:
            raise ChainUnavailable(f"{node.operator} has genesis {genesis['hash']}, another chain")

    def compare(self, node: Node, known: BlockRef | None) -> Standing:
        if known is None:
            return Serving()
        final = finalized(node)
        if final.number < known.number:
            detail = (
                f"{node.operator} calls block {final.number} final, "
                f"the log relied on {known.number}"
            )
            return Behind(detail=detail)
        there = block_at(node, known.number)
        if there == known:
            return Serving()
        return Contradicts(stated=there, operator=node.operator)

    def states(self, node: Node, block: BlockRef) -> bool:
        return finalized(node).number >= block.number and block_at(node, block.number) == block

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


def finalized(node: Node) -> BlockRef:
    """Return the block that a node calls final.

    Raises:
        ChainUnavailable: it has none yet.
    """
    return _reference(node, _asked(node, "eth_getBlockByNumber", "finalized", False))


def block_at(node: Node, number: int) -> BlockRef | None:
    """Return what is canonical at a height; None where the node has nothing there."""
    block = _asked(node, "eth_getBlockByNumber", hex(number), False)
    return _reference(node, block) if block else None


def _asked(node: Node, method: str, *params: Json) -> Json:
    try:
        return node.ask(method, *params)
    except NodeRefused as error:
        raise ChainUnavailable(f"{node.operator} refuses {method}: {error}") from error


def _reference(node: Node, block: Json) -> BlockRef:
    if not isinstance(block, dict):
        raise ChainUnavailable(f"{node.operator} answered with no block")
    return BlockRef(number=quantity(block.get("number")), hash=data(block.get("hash")))
