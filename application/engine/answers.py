"""What a chain can answer to the engine. None of these says more than what was seen."""

from dataclasses import dataclass

from domain.slots import CertificateKind, Inclusion, SlotKey
from domain.values import BlockRef

# ---- whether a chain may be relied on at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """At or past everything that was ever final, with the same hash there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicts:
    """What was final is not there any more, at a height that the chain calls final."""

    stated: BlockRef | None
    operator: str


Standing = Serving | Behind | Contradicts


# ---- before anything is signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasible:
    most: int
    """Base units that it costs at most at the policy's highest fee, what it sends included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The effect can never succeed as asked, whoever pays: the simulation reverted."""

    detail: str


Preflight = Feasible | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedNonce:
    """The next nonce of an address, proven against the finalized block's own state root."""

    nonce: int | None
    """None where the family has none."""
    at: BlockRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    address: bytes
    """A signer of the slot."""
    most: int
    """Base units that this very transaction can cost it at most, what it sends included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A slot and unsigned transactions for it; nothing of it left the process."""

    key: SlotKey
    costs: tuple[Cost, ...]
    """For each address that signs."""
    unsigned: object
    """The adapter's own; opaque to the engine."""

    @property
    def most(self) -> int:
        return sum(cost.most for cost in self.costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """No slot of the step can begin now; the next one can in so many seconds, about."""

    seconds: float


Preparation = Prepared | Later | Refused


# ---- after it was signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    operator: str
    verdict: str
    wording: str
    alarm: str = ""
    """A class of the table, for what tells of a wrong set-up; empty for most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InPool:
    attempt: int
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InBlock:
    attempt: int
    inclusion: Inclusion
    head: int
    """Number of the newest block that the same node knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedByOther:
    """The slot is used, and none of our attempts is what used it."""

    at: BlockRef
    final: bool
    used: int | None
    """The nonce that stands there now; None where the family has none."""
    unusable: BlockRef | None = None
    """The last block in which the slot could be used, where all that could were read: none holds
    an attempt of ours, and nothing was created. None where it may still be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Nothing used the slot, and nothing can any more: every block that could was read."""

    at: BlockRef
    """The last of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """No node asked gave any attempt back. Proves nothing."""

    dropped: tuple[Answer, ...] = ()
    """Nodes that say why they let go of the newest attempt. Others may still have it."""


Sighting = InPool | InBlock | UsedByOther | Unusable | Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    head: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphaned:
    canonical: BlockRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformity:
    differences: tuple[str, ...]
    report: bytes
    """What was compared, field by field, as canonical JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenEvidence:
    block: bytes
    """Everything that the certificate was made from."""
    kind: CertificateKind
    certificate: bytes
    """Verified against the block's hash before it was handed out."""
    asset: bytes
    """What was created; empty for a transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An independent reader has the token."""

    reader: str
    at: int
