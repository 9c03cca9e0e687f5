"""The port to a chain. Families differ behind it; the engine never asks which one it is.

What a node says is worth what the table of architecture section 4 says it is
worth: no answer to a submission proves anything, not found proves nothing, and
only a block that the required number of operators call final decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

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
from domain.slots import Attempt, Inclusion, Slot, SlotKey
from domain.streams import StreamId
from domain.tokens import Token
from domain.values import BlockRef, NetworkRef


class ChainUnavailable(Exception):
    """No node could answer, or what it answered cannot be used. Says nothing about any outcome."""


class HistoryPruned(Exception):
    """The nodes no longer keep what a proof needs; an archive node does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateToken:
    """The effect of an issue step."""

    token: Token
    deployment: UUID
    """Written into the creation's bytes, so that a creation names its deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCoins:
    """The effect of a fund step."""

    to: bytes
    amount: int
    """Base units of the chain's coin."""


Effect = CreateToken | SendCoins


@dataclass(frozen=True, slots=True, kw_only=True)
class Sponsorship:
    """Who pays inside the slot for a sender that lacks coins."""

    address: bytes
    missing: int
    """Base units that the sender lacks for the effect at its dearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a new slot is to be bound: a chain takes from it what its slots are made of."""

    operation: StreamId
    step: int
    sender: bytes
    nonce: int | None
    """The sender's next one; None where the family has none."""
    used: tuple[SlotKey, ...] = ()
    """Slots that the step had before, all decided."""
    sponsorship: Sponsorship | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator decided for one network."""

    depth: int
    """Blocks, the inclusion block included, before Confirmed is said."""
    required_operators: int
    """How many operators of nodes have to state a block as final."""
    undecided_limit: int
    """How many slots of one signer may be undecided at once."""
    sponsored: bool
    """Whether the treasury pays for users who hold no coins."""
    index_patience: float
    """Seconds to wait for an independent reader after Confirmed."""
    stuck_after: float
    """Seconds in a pool after which a transaction is called stuck."""
    rebroadcast_after: float
    """Seconds without a sight of the bytes after which they are sent again."""
    poll: float
    """Seconds between two looks at an open operation."""
    most_slots: int
    """Slots of a step that may end unused before a deployment fails, with all their proofs."""


class Chain(Protocol):
    """One network through its nodes.

    Every method may raise ChainUnavailable.
    """

    @property
    def network(self) -> NetworkRef: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def sponsors_inside(self) -> bool:
        """Whether a sponsor pays in the very slot of the effect; else by a step before it."""
        ...

    def spelled(self, address: bytes) -> str:
        """Return an address as people of this chain write it."""
        ...

    def standing(self, known: BlockRef | None) -> Standing:
        """Say whether the chain reaches the highest block that was ever final, and agrees there.

        Identities come first, from the catalogue: a node of another chain is as good as none.
        """
        ...

    def preflight(self, effect: Effect, sender: bytes) -> Preflight:
        """Simulate and estimate with an unsigned transaction."""
        ...

    def coins(self, address: bytes, at_least: int = 0) -> int:
        """Return what an address may spend, in base units, at the newest block.

        Less than nothing where the chain demands a reserve that is not there. The answer knows
        of block `at_least`.
        """
        ...

    def stated_nonce(self, address: bytes) -> StatedNonce:
        """Return what the finalized block proves about the address."""
        ...

    def prepare(self, effect: Effect, place: Place) -> Preparation:
        """Bind the effect to a new slot, fees and gas estimated anew."""
        ...

    def sign(self, prepared: Prepared, keys: Mapping[bytes, bytes], number: int) -> Attempt:
        """Sign. The caller keeps the bytes durable before anybody else sees them (I2).

        Args:
            prepared: what to sign.
            keys: the private key of each address that has a cost in it.
            number: of the attempt, in its slot.
        """
        ...

    def address_of(self, key: bytes) -> bytes:
        """Return the address that a private key signs for."""
        ...

    def broadcast(self, raw: bytes) -> tuple[Answer, ...]:
        """Offer signed bytes to every node, once each, without retries of any library."""
        ...

    def observe(self, slot: Slot) -> Sighting:
        """Look for every attempt of a slot, and for what else may have used it.

        Raises:
            HistoryPruned: what would decide the slot is no longer kept by any node.
        """
        ...

    def canonical(self, inclusion: Inclusion) -> Canonical | Orphaned:
        """Read an inclusion again, by its block."""
        ...

    def stated_final(self, block: BlockRef) -> tuple[str, ...]:
        """Return the operators that state this very block as final; empty if too few do.

        Raises:
            HistoryPruned: too few do, since nodes no longer keep the block.
        """
        ...

    def read_conformity(self, effect: CreateToken, slot: Slot, inclusion: Inclusion) -> Conformity:
        """Compare what the creation itself made with what was asked, at its block's own hash.

        Raises:
            HistoryPruned: the state of that block is gone.
        """
        ...

    def take_evidence(self, effect: Effect, slot: Slot, inclusion: Inclusion) -> TakenEvidence:
        """Keep what proves the inclusion, and make and verify its certificate from that alone.

        Raises:
            HistoryPruned: the state of that block is gone.
        """
        ...

    def take_absence(self, slot: Slot, last: BlockRef) -> TakenEvidence:
        """Prove that no attempt of the slot landed while one could.

        Args:
            slot: whose absence is proven.
            last: the last block in which one could: the proof ends there.

        Raises:
            HistoryPruned: a block that has to be read is gone.
        """
        ...

    def independent_reading(self, slot: Slot, inclusion: Inclusion) -> Reading | None:
        """Ask a reader of another operator for the token; None if it does not have it yet.

        Raises:
            HistoryPruned: the block of the inclusion is gone.
        """
        ...

    @property
    def has_independent_reader(self) -> bool: ...


class Chains(Protocol):
    def of(self, network: NetworkRef) -> Chain | None:
        """Return the chain with this identity; None if the catalogue has none (any more)."""
        ...


class SigningKeys(Protocol):
    def seed_of(self, signer: UUID) -> bytes:
        """Return the 32-byte key of a tenant's signer."""
        ...

    def treasury(self, network: NetworkRef) -> bytes | None:
        """Return the operator's key that sponsors on this network; None if there is none."""
        ...
