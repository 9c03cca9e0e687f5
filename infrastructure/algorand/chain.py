"""One Algorand network. Implements application.engine.chain.Chain."""

from collections.abc import Mapping, Sequence

from application.engine.answers import (
    Answer,
    Canonical,
    Conformity,
    Orphaned,
    Preflight,
    Preparation,
    Prepared,
    Reading,
    Sighting,
    Standing,
    StatedNonce,
    TakenEvidence,
)
from application.engine.chain import (
    ChainUnavailable,
    CreateToken,
    Effect,
    Place,
    Policy,
)
from domain.errors import BrokenRule
from domain.slots import Attempt, AttemptKind, Inclusion, Slot
from domain.values import BlockRef, NetworkRef
from infrastructure.addresses import algorand_address_text
from infrastructure.algorand import conformity, evidence_taking, groups, sightings
from infrastructure.algorand.answers import stable_part, worth_of
from infrastructure.algorand.binding import Binder, Terms, coins_of
from infrastructure.algorand.blocks import Block
from infrastructure.algorand.node import Algod, Indexer
from infrastructure.algorand.nodes import Nodes
from infrastructure.algorand.rounds import Rounds, reference
from infrastructure.answer_table import SAYS_NOTHING


class AlgorandChain:
    sponsors_inside = True
    """A treasury pays fees and reserves in the atomic group that creates the asset."""

    def __init__(
        self,
        network: NetworkRef,
        policy: Policy,
        terms: Terms,
        nodes: Nodes,
        indexers: Sequence[Indexer] = (),
    ) -> None:
        self.network = network
        self.policy = policy
        self._binder = Binder(network, policy, terms, nodes)
        self._nodes = nodes
        self._rounds = Rounds(nodes)
        self._indexers = tuple(indexers)

    @property
    def has_independent_reader(self) -> bool:
        return bool(self._indexers)

    def spelled(self, address: bytes) -> str:
        return algorand_address_text(address)

    def standing(self, known: BlockRef | None) -> Standing:
        return self._nodes.standing(known)

    def preflight(self, effect: Effect, sender: bytes) -> Preflight:  # noqa: ARG002 - the port
        return self._binder.preflight(effect)

    def coins(self, address: bytes, at_least: int = 0) -> int:
        return coins_of(self._nodes, address, at_least)

    def stated_nonce(self, address: bytes) -> StatedNonce:  # noqa: ARG002 - there is none here
        at = reference(self._rounds.read(max(1, self._nodes.stated_head())))
        if not self.stated_final(at):
            raise ChainUnavailable(f"too few operators state round {at.number}")
        return StatedNonce(nonce=None, at=at)

    def prepare(self, effect: Effect, place: Place) -> Preparation:
        return self._binder.bind(effect, place)

    def sign(self, prepared: Prepared, keys: Mapping[bytes, bytes], number: int) -> Attempt:
        members = prepared.unsigned
        assert isinstance(members, list)
        if any(self.address_of(key) != address for address, key in keys.items()):
            raise BrokenRule("a key signs for another address")
        return Attempt(
            number=number,
            kind=AttemptKind.EFFECT,
            transaction_id=groups.transaction_id(members[-1]),
            raw=groups.signed_group(members, keys),
        )

    def address_of(self, key: bytes) -> bytes:
        return groups.public_key(key)

    def broadcast(self, raw: bytes) -> tuple[Answer, ...]:
        return tuple(_offer(node, raw) for node in self._nodes.of_this_chain())

    def observe(self, slot: Slot) -> Sighting:
        return sightings.observe(self._nodes, self._rounds, slot)

    def canonical(self, inclusion: Inclusion) -> Canonical | Orphaned:
        return sightings.canonical(self._nodes, inclusion)

    def stated_final(self, block: BlockRef) -> tuple[str, ...]:
        operators = self._nodes.stated_final(block)
        if not operators and self._nodes.disputed(block):
            self._rounds.forget()  # somebody's invention, perhaps ours: read it all again
        return operators

    def read_conformity(self, effect: CreateToken, slot: Slot, inclusion: Inclusion) -> Conformity:
        block = self._block_of(inclusion)
        return conformity.compare(effect, slot, inclusion, block)

    def take_evidence(self, effect: Effect, slot: Slot, inclusion: Inclusion) -> TakenEvidence:
        assert isinstance(effect, CreateToken)
        return evidence_taking.take(effect, slot, inclusion, self._block_of(inclusion))

    def take_absence(self, slot: Slot, last: BlockRef) -> TakenEvidence:
        return evidence_taking.take_absence(slot, self._rounds, last)

    def independent_reading(self, slot: Slot, inclusion: Inclusion) -> Reading | None:
        return sightings.independent_reading(self._indexers, self._rounds, slot, inclusion)

    # ---- inside

    def _block_of(self, inclusion: Inclusion) -> Block:
        block = self._rounds.read(inclusion.block.number)
        if block.hash != inclusion.block.hash:
            self._rounds.forget()
            raise ChainUnavailable(f"round {block.round} has another hash than before")
        return block


def _offer(node: Algod, raw: bytes) -> Answer:
    """Offer bytes once. Whatever comes back, or does not, is an answer worth keeping."""
    try:
        status, wording = node.send(raw)
    except ChainUnavailable as error:
        return Answer(operator=node.operator, verdict=SAYS_NOTHING, wording=str(error))
    worth = worth_of(status, wording)
    return Answer(
        operator=node.operator,
        verdict=worth.verdict,
        wording=f"{status}: {stable_part(wording)}",
        alarm=worth.alarm,
    )
