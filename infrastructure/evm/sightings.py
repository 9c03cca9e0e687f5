"""Where signed bytes were seen: by hash in a pool or block, then again by block."""

from application.engine.answers import (
    Canonical,
    InBlock,
    InPool,
    Orphaned,
    Reading,
    Sighting,
    StatedNonce,
    Unseen,
    UsedByOther,
)
from application.engine.chain import ChainUnavailable
from domain.slots import Attempt, Inclusion, NonceSlot, Slot
from domain.values import BlockRef
from infrastructure.addresses import create_address
from infrastructure.evm.node import Json, Node, NodeRefused, data, quantity
from infrastructure.evm.nodes import Nodes, block_at

SUCCEEDED = 1


def observe(nodes: Nodes, slot: Slot) -> Sighting:
    """Look for every attempt through every node, in blocks first.

    Not found proves nothing. Only a nonce proven to be used, by bytes that are
    none of ours, says that the slot is gone; the proof is read before the
    receipts, so that our own landing in between is not taken for a stranger's,
    and every node has to have answered.

    Raises:
        ChainUnavailable: nothing was seen, and somebody did not answer.
    """
    assert isinstance(slot.key, NonceSlot)
    latest = nodes.proven_nonce(slot.key.sender, "latest")
    pooled: InPool | None = None
    silent: list[str] = []
    for node in nodes.serving():
        for attempt in reversed(slot.attempts):
            try:
                found = _by_hash(node, attempt)
            except (NodeRefused, ChainUnavailable) as error:
                silent.append(str(error))
                continue
            if isinstance(found, InBlock):
                return found
            pooled = pooled or found
    if pooled is not None:
        return pooled
    if silent:
        raise ChainUnavailable("; ".join(silent))
    assert latest.nonce is not None
    return Unseen() if latest.nonce <= slot.key.nonce else _used(nodes, slot.key, latest)


def _used(nodes: Nodes, key: NonceSlot, latest: StatedNonce) -> UsedByOther:
    """Say by when the slot was used, unless a contract at its address says that a creation did it.

    Raises:
        ChainUnavailable: a creation used the slot, and no node shows whose.
    """
    assert latest.nonce is not None
    final = nodes.proven_nonce(key.sender, "finalized")
    assert final.nonce is not None
    if final.nonce <= key.nonce:
        return UsedByOther(at=latest.at, final=False, used=latest.nonce)
    created = "0x" + create_address(key.sender, key.nonce).hex()
    if any(data(_code(node, created)) for node in nodes.serving()):
        raise ChainUnavailable(f"a contract stands at {created}, and no node shows its making")
    return UsedByOther(at=final.at, final=True, used=final.nonce)


def _code(node: Node, address: str) -> Json:
    try:
        return node.ask("eth_getCode", address, "latest")
    except NodeRefused as error:
        raise ChainUnavailable(str(error)) from error


def _by_hash(node: Node, attempt: Attempt) -> InBlock | InPool | None:
    receipt = node.ask("eth_getTransactionReceipt", "0x" + attempt.transaction_id.hex())
    if receipt:
        return _in_block(node, attempt, receipt)
    known = node.ask("eth_getTransactionByHash", "0x" + attempt.transaction_id.hex())
    if not known or data(known.get("hash")) != attempt.transaction_id:
        return None
    return InPool(attempt=attempt.number, operator=node.operator)


def _in_block(node: Node, attempt: Attempt, receipt: Json) -> InBlock:
    """Read a receipt as an inclusion, if its block is the canonical one at its height.

    Raises:
        ChainUnavailable: it is no receipt of this transaction, or of another branch.
    """
    block = BlockRef(
        number=quantity(receipt.get("blockNumber")), hash=data(receipt.get("blockHash"))
    )
    if data(receipt.get("transactionHash")) != attempt.transaction_id:
        raise ChainUnavailable(f"{node.operator} gave the receipt of another transaction")
    if block_at(node, block.number) != block:
        raise ChainUnavailable(f"{node.operator} has the receipt in a block of another branch")
    inclusion = Inclusion(
        block=block,
        index=quantity(receipt.get("transactionIndex")),
        succeeded=quantity(receipt.get("status")) == SUCCEEDED,
    )
    head = quantity(node.ask("eth_blockNumber"))
    return InBlock(attempt=attempt.number, inclusion=inclusion, head=head)


def canonical(nodes: Nodes, inclusion: Inclusion) -> Canonical | Orphaned:
    """Read an inclusion again by its height. Orphaned only if no node that is there has it."""
    other: Orphaned | None = None
    reasons = []
    for node in nodes.serving():
        try:
            head = quantity(node.ask("eth_blockNumber"))
            there = block_at(node, inclusion.block.number)
        except (NodeRefused, ChainUnavailable) as error:
            reasons.append(str(error))
            continue
        if there == inclusion.block:
            return Canonical(head=head)
        if there is not None:
            other = Orphaned(canonical=there)
        else:
            reasons.append(f"{node.operator} is at block {head}")
    if other is None:
        raise ChainUnavailable("; ".join(reasons))
    return other


def independent_reading(nodes: Nodes, slot: Slot, inclusion: Inclusion) -> Reading | None:
    """Ask nodes of other operators than the observing one for code at the token's address."""
    assert isinstance(slot.key, NonceSlot)
    first, *rest = nodes.serving()
    address = "0x" + create_address(slot.key.sender, slot.key.nonce).hex()
    for node in rest:
        if node.operator == first.operator:
            continue
        try:
            head = quantity(node.ask("eth_blockNumber"))
            if head < inclusion.block.number:
                continue
            if block_at(node, inclusion.block.number) != inclusion.block:
                continue
            if data(node.ask("eth_getCode", address, hex(head))):
                return Reading(reader=node.operator, at=head)
        except (NodeRefused, ChainUnavailable):
            continue
    return None
