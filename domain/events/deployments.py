"""A user's decisions about a deployment, and what is said of it in the end."""

from dataclasses import dataclass

from domain.events.operations import OperationEvent
from domain.slots import Certificate, Inclusion
from domain.tokens import Token
from domain.values import AccountId, BlobRef, BlockRef, NetworkRef, SignerRef, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRequested:
    tenant: TenantId
    account: AccountId
    signer: SignerRef
    network: NetworkRef
    token: Token
    fingerprint: bytes
    """SHA-256 of the received JSON in canonical form, before defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentCancelled:
    reason: str
    fingerprint: bytes = b""
    """SHA-256 of the received JSON in canonical form; empty where nobody sent any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRequested:
    retry: int
    """1 for the first retry."""
    fingerprint: bytes = b""
    """As for a cancellation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueConfirmed:
    """The last issue step is canonical at the network's depth, block hash checked."""

    block: BlockRef
    depth: int
    """Blocks on top, the inclusion block included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueIndexed:
    """A reader that is independent of the observing node has the token."""

    reader: str
    at: int
    """Block or round up to which the reader had read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was kept at finality, enough to make the certificate from it alone."""

    block: BlobRef
    """Raw header, all raw transactions and receipts, and the proof of what was created."""
    report: BlobRef
    """The conformity report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentCompleted:
    """Final, as asked, and with evidence (I4). Always in the append that decides the slot."""

    asset: bytes
    """The token's address (EVM) or id (Algorand, 8 bytes, big-endian)."""
    transaction_id: bytes
    inclusion: Inclusion
    evidence: Evidence
    signer_exported: int | None = None
    """Position of the event that first exported the signer's key; None where the log held none
    up to this event. The proof is the chain's and as strong: our transaction created the token.
    Whoever has the key may have acted on the token since its block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFailed:
    """Proven (I3): nothing signed so far can ever make the token appear."""

    cause: str
    """A code of the error catalogue."""
    detail: str
    certificates: tuple[Certificate, ...]
    leftovers: tuple[str, ...] = ()
    """What stands on chain all the same, such as coins that were sent to the signer."""
    signer_exported: int | None = None
    """As for a completed one. The certificates stay what they are: slots are decided by the
    chain, and never-signed speaks of this log. That nothing was signed elsewhere is not said."""


DeploymentEvent = (
    DeploymentRequested
    | DeploymentCancelled
    | RetryRequested
    | OperationEvent
    | IssueConfirmed
    | IssueIndexed
    | DeploymentCompleted
    | DeploymentFailed
)
