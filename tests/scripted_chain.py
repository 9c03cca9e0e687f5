"""A chain that does what a test says: blocks, pool, finality, reorganisations, strangers.

Implements application.engine.chain.Chain. It keeps the rules that matter to the
engine (one transaction per nonce, in order; nothing final goes away) and can be
told to be behind, to prune, to show nothing, or to have made another token.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from application.engine.answers import (
    Answer,
    Canonical,
    Conformity,
    Cost,
    Feasible,
    InBlock,
    InPool,
    Orphaned,
    Preflight,
    Prepared,
    Reading,
    Refused,
    Serving,
    Sighting,
    Standing,
    StatedNonce,
    TakenEvidence,
    Unseen,
    UsedByOther,
)
from application.engine.chain import (
    Chain,
    ChainUnavailable,
    CreateToken,
    Effect,
    HistoryPruned,
    Place,
    Policy,
    SendCoins,
)
from domain.slots import Attempt, AttemptKind, CertificateKind, Inclusion, NonceSlot, Slot
from domain.values import BlockRef, Family, NetworkRef

NETWORK = NetworkRef(
    id="scripted", family=Family.EVM, chain_id=31337, genesis_hash=sha256(b"genesis").digest()
)
POLICY = Policy(
    depth=2,
    required_operators=1,
    undecided_limit=4,
    sponsored=True,
    index_patience=10.0,
    stuck_after=60.0,
    rebroadcast_after=15.0,
    poll=1.0,
    most_slots=3,
)
GAS = 100
"""What anything costs here, in base units."""


@dataclass(frozen=True, slots=True)
class Signed:
    sender: bytes
    nonce: int
    effect: Effect

    @property
    def raw(self) -> bytes:
        return repr(self).encode()

    @property
    def id(self) -> bytes:
        return sha256(self.raw).digest()


@dataclass
class Scripted:
    """What every scripted chain can be told, whatever its family."""

    policy: Policy = POLICY
    balances: dict[bytes, int] = field(default_factory=dict)
    bytes_seen: dict[bytes, object] = field(default_factory=dict)
    """Every byte string that ever left the process."""
    standing_now: Standing = field(default_factory=Serving)
    refusal: str | None = None
    down: bool = False
    hidden: bool = False
    """Nodes show no transaction that they ought to show."""
    differences: tuple[str, ...] = ()
    drops: bool = False
    """Takes bytes and forgets them."""

    def standing(self, known: BlockRef | None) -> Standing:
        self._require_up()
        return self.standing_now

    def preflight(self, effect: Effect, sender: bytes) -> Preflight:
        self._require_up()
        if self.refusal is not None and isinstance(effect, CreateToken):
            return Refused(detail=self.refusal)
        return Feasible(most=GAS + _value(effect))

    def _require_up(self) -> None:
        if self.down:
            raise ChainUnavailable("no node answers")


@dataclass
class ScriptedChain(Scripted):
    network: NetworkRef = NETWORK
    blocks: list[list[Signed]] = field(default_factory=lambda: [[]])
    branch: int = 0
    final: int = 0
    pool: dict[bytes, Signed] = field(default_factory=dict)
    signed: dict[bytes, Signed] = field(default_factory=dict)
    salts: dict[int, int] = field(default_factory=dict)
    sponsors_inside: bool = False
    pruned: bool = False
    reverts: bool = False
    reader: Reading | None = None
    has_independent_reader: bool = False

    # ---- what tests do

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            included: list[Signed] = []
            progressed = True
            while progressed:
                progressed = False
                for key, transaction in sorted(self.pool.items()):
                    if transaction.nonce == self._next(
                        transaction.sender, len(self.blocks), included
                    ):
                        included.append(self.pool.pop(key))
                        progressed = True
            self.blocks.append(included)
        self.final = max(self.final, len(self.blocks) - 1 - 2)

    def reorganise(self, depth: int = 1) -> None:
        """Replace the newest blocks by empty ones; what stood there is in the pool again."""
        depth = min(depth, len(self.blocks) - 1 - self.final)
        for _ in range(depth):
            for transaction in self.blocks.pop():
                self.pool[transaction.id] = transaction
        self.branch += 1
        for number in range(len(self.blocks), len(self.blocks) + depth):
            self.salts[number] = self.branch
        self.blocks.extend([] for _ in range(depth))

    def stranger(self, sender: bytes) -> None:
        """Somebody else who holds the key sends something."""
        nonce = self._next(sender, len(self.blocks), [])
        transaction = Signed(sender, nonce, SendCoins(to=bytes(20), amount=0))
        self.blocks.append([transaction])
        for key in [k for k, t in self.pool.items() if (t.sender, t.nonce) == (sender, nonce)]:
            del self.pool[key]

    def created(self, deployment: UUID) -> int:
        """Return how many creations of a deployment stand on the chain."""
        landed = [t.effect for block in self.blocks for t in block]
        return sum(isinstance(e, CreateToken) and e.deployment == deployment for e in landed)

    # ---- the port

    def spelled(self, address: bytes) -> str:
        return "0x" + address.hex()

    def coins(self, address: bytes, at_least: int = 0) -> int:
        self._require_up()
        received = sum(
            _value(t.effect)
            for block in self.blocks
            for t in block
            if isinstance(t.effect, SendCoins) and t.effect.to == address
        )
        return self.balances.get(address, 0) + received

    def stated_nonce(self, address: bytes) -> StatedNonce:
        self._require_up()
        return StatedNonce(
            nonce=self._next(address, self.final + 1, []), at=self._block(self.final)
        )

    def prepare(self, effect: Effect, place: Place) -> Prepared:
        sender, nonce = place.sender, place.nonce
        assert nonce is not None
        assert self.network.chain_id is not None
        key = NonceSlot(
            chain_id=self.network.chain_id,
            genesis_hash=self.network.genesis_hash,
            sender=sender,
            nonce=nonce,
        )
        transaction = Signed(sender, nonce, effect)
        costs = (Cost(address=sender, most=GAS + _value(effect)),)
        return Prepared(key=key, costs=costs, unsigned=transaction)

    def sign(self, prepared: Prepared, keys: Mapping[bytes, bytes], number: int) -> Attempt:
        key = keys[prepared.key.sender]
        transaction = prepared.unsigned
        assert isinstance(transaction, Signed)
        assert self.address_of(key) == transaction.sender
        self.signed[transaction.raw] = transaction
        return Attempt(
            number=number,
            kind=AttemptKind.EFFECT,
            transaction_id=transaction.id,
            raw=transaction.raw,
        )

    def address_of(self, key: bytes) -> bytes:
        return sha256(key).digest()[:20]

    def broadcast(self, raw: bytes) -> tuple[Answer, ...]:
        self._require_up()
        transaction = self.bytes_seen[raw] = self.signed[raw]
        used = self._next(transaction.sender, len(self.blocks), []) > transaction.nonce
        if not used and not self.drops:
            self.pool[transaction.id] = transaction
        return (Answer(operator="one", verdict="accepted", wording=transaction.id.hex()),)

    def observe(self, slot: Slot) -> Sighting:
        self._require_up()
        key = slot.key
        assert isinstance(key, NonceSlot)
        if not self.hidden:
            for attempt in reversed(slot.attempts):
                if (found := self._find(attempt.transaction_id)) is not None:
                    return InBlock(
                        attempt=attempt.number, inclusion=found, head=len(self.blocks) - 1
                    )
                if attempt.transaction_id in self.pool:
                    return InPool(attempt=attempt.number, operator="one")
        if self.hidden or self._next(key.sender, len(self.blocks), []) <= key.nonce:
            return Unseen()
        final = self._next(key.sender, self.final + 1, [])
        at = self.final if final > key.nonce else len(self.blocks) - 1
        return UsedByOther(at=self._block(at), final=final > key.nonce, used=key.nonce + 1)

    def canonical(self, inclusion: Inclusion) -> Canonical | Orphaned:
        self._require_up()
        if inclusion.block.number >= len(self.blocks):
            raise ChainUnavailable("the node is behind")
        there = self._block(inclusion.block.number)
        if there == inclusion.block:
            return Canonical(head=len(self.blocks) - 1)
        return Orphaned(canonical=there)

    def stated_final(self, block: BlockRef) -> tuple[str, ...]:
        self._require_up()
        stated = block.number <= self.final and self._block(block.number) == block
        return ("one",) if stated else ()

    def read_conformity(self, effect: CreateToken, slot: Slot, inclusion: Inclusion) -> Conformity:
        if self.pruned:
            raise HistoryPruned("gone")
        return Conformity(differences=self.differences, report=repr(effect).encode())

    def take_evidence(self, effect: Effect, slot: Slot, inclusion: Inclusion) -> TakenEvidence:
        if self.pruned:
            raise HistoryPruned("gone")
        creates = isinstance(effect, CreateToken)
        return TakenEvidence(
            block=b"block" + inclusion.block.hash,
            kind=CertificateKind.FINALIZED_INCLUSION
            if creates
            else CertificateKind.FINALIZED_TRANSFER,
            certificate=b"certificate" + slot.standing.transaction_id,
            asset=sha256(slot.standing.raw).digest()[:20] if creates else b"",
        )

    def take_absence(self, slot: Slot, last: BlockRef) -> TakenEvidence:
        raise AssertionError("a nonce is never proven to be unused")

    def independent_reading(self, slot: Slot, inclusion: Inclusion) -> Reading | None:
        return self.reader

    # ---- inside

    def _block(self, number: int) -> BlockRef:
        spelled = f"{number}/{self.salts.get(number, 0)}".encode()
        return BlockRef(number=number, hash=sha256(spelled).digest())

    def _next(self, sender: bytes, upto: int, more: list[Signed]) -> int:
        landed = [t for block in self.blocks[:upto] for t in block] + more
        return sum(1 for transaction in landed if transaction.sender == sender)

    def _find(self, transaction_id: bytes) -> Inclusion | None:
        for number, block in enumerate(self.blocks):
            for index, transaction in enumerate(block):
                if transaction.id == transaction_id:
                    return Inclusion(
                        block=self._block(number), index=index, succeeded=not self.reverts
                    )
        return None


@dataclass
class OneChain:
    """A catalogue of one. Implements application.engine.chain.Chains."""

    chain: Chain | None

    def of(self, network: NetworkRef) -> Chain | None:
        listed = self.chain is not None and self.chain.network == network
        return self.chain if listed else None


@dataclass
class ScriptedKeys:
    """Implements application.engine.chain.SigningKeys."""

    rich: bool = True

    def seed_of(self, signer: UUID) -> bytes:
        return signer.bytes * 2

    def treasury(self, network: NetworkRef) -> bytes | None:
        return b"t" * 32 if self.rich else None


def _value(effect: Effect) -> int:
    return effect.amount if isinstance(effect, SendCoins) else 0
