"""Where a slot's bytes were seen: in blocks first, matched by sender and lease, then in pools."""

from base64 import b32encode
from collections.abc import Sequence

from application.engine.answers import (
    Answer,
    Canonical,
    InBlock,
    InPool,
    Orphaned,
    Reading,
    Sighting,
    Unseen,
    Unusable,
    UsedByOther,
)
from application.engine.chain import ChainUnavailable, HistoryPruned
from domain.slots import Attempt, Inclusion, LeaseSlot, Slot
from domain.values import BlockRef
from infrastructure.algorand.blocks import Block
from infrastructure.algorand.node import Algod, Indexer, NodeRefused, digest, integer, member
from infrastructure.algorand.nodes import Nodes, hash_at, head_of
from infrastructure.algorand.pending import Dropped, Waiting, pending_of
from infrastructure.algorand.rounds import Rounds, reference

DROPPED = "dropped"
"""What a node says of bytes that it let go of. Another one may still land them."""


def observe(nodes: Nodes, rounds: Rounds, slot: Slot) -> Sighting:
    """Read every round in which the slot could be used, up to now; then ask the pools.

    A lease that is used names nobody, and no wording of a node tells: the block does.

    Raises:
        HistoryPruned: a round that has to be read is no longer kept.
        ChainUnavailable: a round cannot be read, or the rounds do not belong together.
    """
    key = _lease(slot)
    head = nodes.stated_head()
    blocks = rounds.chained(key.opens, min(head, key.last_valid))
    holders = [
        (block, block.rows[block.leases[key.sender, key.lease]])
        for block in blocks
        if (key.sender, key.lease) in block.leases
    ]
    for block, row in holders:  # ours may land after a stranger's, whose end may come earlier
        for attempt in slot.attempts:
            if attempt.transaction_id == row.txid:
                at = _stated(nodes, rounds, block)
                inclusion = Inclusion(block=at, index=row.index, succeeded=True)
                return InBlock(attempt=attempt.number, inclusion=inclusion, head=head)
    over = reference(blocks[-1]) if head >= key.last_valid else None
    if holders:
        at = _stated(nodes, rounds, holders[0][0])
        created = any(row.created or row.created_application for _, row in holders)
        return UsedByOther(at=at, final=True, used=None, unusable=None if created else over)
    return _in_pools(nodes, slot) if over is None else Unusable(at=over)


def _stated(nodes: Nodes, rounds: Rounds, block: Block) -> BlockRef:
    """Return a block as enough operators state it. Here that is final at once.

    Raises:
        HistoryPruned: nodes no longer keep it.
        ChainUnavailable: too few state it: one node's invention must not be a fact.
    """
    at = reference(block)
    if nodes.stated_final(at):
        return at
    if nodes.disputed(at):
        rounds.forget()
    raise ChainUnavailable(f"too few operators state round {at.number}")


def _in_pools(nodes: Nodes, slot: Slot) -> Sighting:
    dropped: list[Answer] = []
    for node in nodes.serving():
        for attempt in reversed(slot.attempts):
            match _pending(node, attempt):
                case Waiting():
                    return InPool(attempt=attempt.number, operator=node.operator)
                case Dropped(error=error) if attempt == slot.newest:
                    said = Answer(operator=node.operator, verdict=DROPPED, wording=error)
                    dropped.append(said)
                case _:
                    continue  # nothing, or a block that the next look will read
    return Unseen(dropped=tuple(dropped))


def _pending(node: Algod, attempt: Attempt) -> object:
    try:
        return pending_of(node.pending(spelled(attempt.transaction_id)))
    except (NodeRefused, ChainUnavailable):
        return None  # not found proves nothing, and no answer no more than that


def canonical(nodes: Nodes, inclusion: Inclusion) -> Canonical | Orphaned:
    """Read a round's hash again. What is in a block is final, so another one is an alarm."""
    others: set[str] = set()
    reasons = []
    for node in nodes.serving():
        try:
            head = head_of(node)
            if head < inclusion.block.number:
                reasons.append(f"{node.operator} is at round {head}")
                continue
            there = hash_at(node, inclusion.block.number)
        except HistoryPruned:
            return Canonical(head=head)  # final for long: whoever has to prove it will say so
        except ChainUnavailable as error:
            reasons.append(str(error))
            continue
        if there == inclusion.block.hash:
            return Canonical(head=head)
        others.add(node.operator)
        reasons.append(f"{node.operator} states another hash for round {inclusion.block.number}")
    if len(others) < nodes.required:
        raise ChainUnavailable("; ".join(reasons))
    return Orphaned(canonical=None)


def independent_reading(
    indexers: Sequence[Indexer], rounds: Rounds, slot: Slot, inclusion: Inclusion
) -> Reading | None:
    """Ask indexers by search: a 404 there has no round, so it cannot be dated."""
    wanted = spelled(slot.standing.transaction_id)
    created = rounds.read(inclusion.block.number).rows[inclusion.index].created
    for indexer in indexers:
        try:
            answer = indexer.transaction(wanted)
            at = integer(member(answer, "current-round"))
            if at < inclusion.block.number:
                continue
            for found in member(answer, "transactions"):
                if (
                    digest(member(found, "id")) == slot.standing.transaction_id
                    and member(found, "confirmed-round") == inclusion.block.number
                    and member(found, "created-asset-index") == created
                ):
                    return Reading(reader=indexer.operator, at=at)
        except (NodeRefused, ChainUnavailable, TypeError):
            continue
    return None


def spelled(transaction_id: bytes) -> str:
    return b32encode(transaction_id).decode().rstrip("=")


def _lease(slot: Slot) -> LeaseSlot:
    assert isinstance(slot.key, LeaseSlot)
    return slot.key
