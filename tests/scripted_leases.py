"""A chain of leases that does what a test says: rounds, pools, sponsors, strangers, an indexer.

Implements application.engine.chain.Chain. Slots come from the grid that is used in production;
what lands is judged by go-algorand's rule (txtail.go, checkDup) and by nothing else: a candidate
is refused while the round is not past the last-valid of who holds the lease. What is in a block
is final. Bytes lie in pools until they cannot land any more, whatever a node says of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from uuid import UUID

from application.engine.answers import (
    Answer,
    Canonical,
    Conformity,
    Cost,
    InBlock,
    InPool,
    Later,
    Preparation,
    Prepared,
    Reading,
    Refused,
    Sighting,
    StatedNonce,
    TakenEvidence,
    Unseen,
    Unusable,
    UsedByOther,
)
from application.engine.chain import (
    ChainUnavailable,
    CreateToken,
    Effect,
    HistoryPruned,
    Place,
    Policy,
    SendCoins,
)
from domain.slots import Attempt, AttemptKind, CertificateKind, Inclusion, LeaseSlot, Slot
from domain.values import BlockRef, Family, NetworkRef
from infrastructure.algorand.grid import is_used, lease_of, window_at
from tests.scripted_chain import GAS, POLICY, Scripted

GENESIS = sha256(b"genesis of leases").digest()
ROUNDS = NetworkRef(id="leases", family=Family.ALGORAND, genesis_hash=GENESIS)
FINAL_AT_ONCE = replace(POLICY, depth=1)
FEE = 10
RESERVE = GAS - FEE
"""What an asset costs here: a fee that is gone, and a reserve that its creator has to hold."""
WIDTH = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Signed members of one atomic group; the last one holds the lease."""

    sender: bytes
    lease: bytes
    first: int
    last: int
    effect: Effect
    sponsor: bytes | None = None
    gift: int = 0

    @property
    def raw(self) -> bytes:
        return repr(self).encode()

    @property
    def id(self) -> bytes:
        return sha256(self.raw).digest()

    def refused_by(self, holder: "Group", at: int) -> bool:
        """The ledger's rule, in the words of txtail.go."""
        return (holder.sender, holder.lease) == (self.sender, self.lease) and at <= holder.last

    def takes(self, address: bytes) -> int:
        """Return what an address cannot spend any more once this landed; less than 0 is more."""
        fees = FEE if self.sponsor is None else 2 * FEE
        reserve = RESERVE if isinstance(self.effect, CreateToken) else 0
        if address == self.sponsor:
            return self.gift + fees
        own = reserve - self.gift + (fees if self.sponsor is None else 0)
        return own if address == self.sender else 0


@dataclass
class ScriptedLeases(Scripted):
    policy: Policy = FINAL_AT_ONCE
    network: NetworkRef = ROUNDS
    width: int = WIDTH
    rounds: list[list[Group]] = field(default_factory=lambda: [[]])
    """What landed, by the number of its round. The last one is the newest that is closed."""
    pool: dict[bytes, Group] = field(default_factory=dict)
    """Bytes that some node has, and may land yet."""
    signed: dict[bytes, Group] = field(default_factory=dict)
    sponsors_inside: bool = True
    halted: bool = False
    """No round is closed."""
    full: bool = False
    """Rounds are closed with what others pay more for: none of ours is in them."""
    says: tuple[str, str] | None = None
    """Verdict and wording of whatever is submitted, which is taken all the same."""
    evicted: str | None = None
    """What the node says, which has let go of our bytes. Another one still has them."""
    forgotten: int = 0
    """No node keeps the rounds up to this one."""
    lag: int | None = None
    """Rounds that the indexer is behind; None where there is no indexer."""

    # ---- what tests do

    @property
    def head(self) -> int:
        return len(self.rounds) - 1

    def mine(self, blocks: int = 1) -> None:
        for _ in range(0 if self.halted else blocks):
            self.rounds.append([])
            for group in [] if self.full else sorted(self.pool.values(), key=lambda one: one.raw):
                if self.lands(group):
                    self.rounds[-1].append(self.pool.pop(group.id))
            self.pool = {key: one for key, one in self.pool.items() if one.last > self.head}

    def lands(self, group: Group) -> bool:
        """Judge a group for the round that is being closed."""
        at, landed = self.head, [one for block in self.rounds for one in block]
        held = any(group.refused_by(holder, at) for holder in landed)
        payers = {group.sender, group.sponsor or group.sender}
        paid = all(self._coins(one) >= group.takes(one) for one in payers)
        return group.first <= at <= group.last and not held and paid

    def stranger(self, key: LeaseSlot) -> None:
        """Somebody else who holds the key uses our lease, in the very next round."""
        nothing = SendCoins(to=bytes(32), amount=0)
        other = Group(key.sender, key.lease, self.head + 1, key.last_valid, nothing)
        self.rounds.append([])
        if self.lands(other):
            self.rounds[-1].append(other)

    def created(self, deployment: UUID) -> int:
        return len(self.creations(deployment))

    def creations(self, deployment: UUID) -> list[Group]:
        landed = [one for block in self.rounds for one in block]
        return [
            one
            for one in landed
            if isinstance(one.effect, CreateToken) and one.effect.deployment == deployment
        ]

    # ---- the port

    @property
    def has_independent_reader(self) -> bool:
        return self.lag is not None

    def spelled(self, address: bytes) -> str:
        return address.hex().upper()

    def coins(self, address: bytes, at_least: int = 0) -> int:
        self._require_up()
        if self.head < at_least:
            raise ChainUnavailable("the node is behind")
        return self._coins(address)

    def stated_nonce(self, address: bytes) -> StatedNonce:
        self._require_up()
        return StatedNonce(nonce=None, at=self._block(self.head))

    def prepare(self, effect: Effect, place: Place) -> Preparation:
        self._require_up()
        window = window_at(self.head, self.width)
        if window is None or is_used(window, place.used):
            return Later(seconds=self.policy.poll)
        if self.refusal is not None:
            return Refused(detail=self.refusal)
        pays = place.sponsorship
        group = Group(
            sender=place.sender,
            lease=lease_of(place.operation, place.step, window.number),
            first=window.first,
            last=window.last,
            effect=effect,
            sponsor=pays.address if pays else None,
            gift=max(0, pays.missing - FEE) if pays else 0,
        )
        key = LeaseSlot(
            genesis_hash=self.network.genesis_hash,
            sender=place.sender,
            lease=group.lease,
            window=window.number,
            first_valid=window.first,
            last_valid=window.last,
            sponsor=group.sponsor,
            shape=("pay", "acfg") if pays else ("acfg",),
        )
        costs = tuple(Cost(address=one, most=max(0, group.takes(one))) for one in key.signers)
        return Prepared(key=key, costs=costs, unsigned=group)

    def sign(self, prepared: Prepared, keys: Mapping[bytes, bytes], number: int) -> Attempt:
        group = prepared.unsigned
        assert isinstance(group, Group)
        assert set(keys) == {cost.address for cost in prepared.costs}
        assert all(self.address_of(key) == address for address, key in keys.items())
        self.signed[group.raw] = group
        return Attempt(
            number=number, kind=AttemptKind.EFFECT, transaction_id=group.id, raw=group.raw
        )

    def address_of(self, key: bytes) -> bytes:
        return sha256(b"ed25519" + key).digest()

    def broadcast(self, raw: bytes) -> tuple[Answer, ...]:
        self._require_up()
        group = self.bytes_seen[raw] = self.signed[raw]
        if not self.drops and group.last > self.head and not self._in_block(group.id):
            self.pool[group.id] = group
        verdict, wording = self.says or ("accepted", group.id.hex())
        return (Answer(operator="one", verdict=verdict, wording=wording),)

    def observe(self, slot: Slot) -> Sighting:
        """Read every round of the window up to now, as the adapter does, and then ask the pools."""
        self._require_up()
        key = slot.key
        assert isinstance(key, LeaseSlot)
        self._require_kept(key.opens)
        for number in range(key.opens, min(self.head, key.last_valid) + 1):
            for index, group in enumerate(self.rounds[number]):
                if (group.sender, group.lease) == (key.sender, key.lease):
                    return self._holder(slot, number, index, group)
        if self.head >= key.last_valid:
            return Unusable(at=self._block(key.last_valid))
        return self._in_pools(slot)

    def canonical(self, inclusion: Inclusion) -> Canonical:
        """Never an orphan: what is in a block is final."""
        self._require_up()
        assert self._block(inclusion.block.number) == inclusion.block
        return Canonical(head=self.head)

    def stated_final(self, block: BlockRef) -> tuple[str, ...]:
        self._require_up()
        stated = block.number <= self.head and self._block(block.number) == block
        return ("one",) if stated else ()

    def read_conformity(self, effect: CreateToken, slot: Slot, inclusion: Inclusion) -> Conformity:
        self._require_kept(inclusion.block.number)
        return Conformity(differences=self.differences, report=repr(effect).encode())

    def take_evidence(self, effect: Effect, slot: Slot, inclusion: Inclusion) -> TakenEvidence:
        self._require_kept(inclusion.block.number)
        return TakenEvidence(
            block=b"block" + inclusion.block.hash,
            kind=CertificateKind.FINALIZED_INCLUSION,
            certificate=b"certificate" + slot.standing.transaction_id,
            asset=slot.standing.transaction_id[:8],
        )

    def take_absence(self, slot: Slot, last: BlockRef) -> TakenEvidence:
        key = slot.key
        assert isinstance(key, LeaseSlot)
        assert key.last_valid <= self.head, "what can still be used is not absent"
        self._require_kept(key.opens)
        hashes = [self._block(n).hash for n in range(key.opens, key.last_valid + 1)]
        return TakenEvidence(
            block=b"",
            kind=CertificateKind.DEAD_SLOT,
            certificate=b"absent" + key.lease + b"".join(hashes),
            asset=b"",
        )

    def independent_reading(self, slot: Slot, inclusion: Inclusion) -> Reading | None:
        at = self.head - (self.lag or 0)
        return Reading(reader="indexer", at=at) if at >= inclusion.block.number else None

    # ---- inside

    def _holder(self, slot: Slot, number: int, index: int, group: Group) -> Sighting:
        at = self._block(number)
        for attempt in slot.attempts:
            if attempt.transaction_id == group.id:
                inclusion = Inclusion(block=at, index=index, succeeded=True)
                return InBlock(attempt=attempt.number, inclusion=inclusion, head=self.head)
        return UsedByOther(at=at, final=True, used=None)

    def _in_pools(self, slot: Slot) -> Sighting:
        if self.evicted is not None:
            said = Answer(operator="one", verdict="dropped", wording=self.evicted)
            return Unseen(dropped=(said,))
        for attempt in slot.attempts:
            if attempt.transaction_id in self.pool and not self.hidden:
                return InPool(attempt=attempt.number, operator="one")
        return Unseen()

    def _require_kept(self, number: int) -> None:
        if number <= self.forgotten:
            raise HistoryPruned(f"round {number} is no longer kept")

    def _block(self, number: int) -> BlockRef:
        return BlockRef(number=number, hash=sha256(f"round {number}".encode()).digest())

    def _in_block(self, transaction_id: bytes) -> bool:
        return any(one.id == transaction_id for block in self.rounds for one in block)

    def _coins(self, address: bytes) -> int:
        taken = sum(one.takes(address) for block in self.rounds for one in block)
        return self.balances.get(address, 0) - taken
