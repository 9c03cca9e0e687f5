"""What goes in and out: request and response types, from which the schemas are made."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.events import StepPurpose
from domain.slots import Fate
from domain.status import Status, SubStatus
from domain.tokens import TokenKind
from domain.values import Family
from interfaces.http.problems import CatalogueEntry


class Request(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    pass


class Response(msgspec.Struct, kw_only=True, rename="camel"):
    pass


class CancelRequest(Request):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class RetryRequest(Request):
    pass


class ListQuery(Request):
    network: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{1,100}$")] | None = None
    token_type: TokenKind | None = None
    status: Status | None = None
    from_date: datetime | None = None
    to_date: datetime | None = None
    cursor: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    page_size: Annotated[int, Meta(ge=1, le=100)] = 50


class TrailQuery(Request):
    format: str = "json"


class Links(Response):
    deployment: str
    history: str
    audit_trail: str


class CancelledResponse(Response):
    deployment_id: str
    status: Status
    reason: str
    cancelled_at: datetime


class RetriedResponse(Response):
    deployment_id: str
    status: Status
    retry: int
    requested_at: datetime


class Failure(Response):
    code: str
    detail: str


class DeploymentResponse(Response):
    deployment_id: str
    status: Status
    sub_status: SubStatus | None
    waiting_for: str | None
    decidable_at: str | None
    token_type: str
    network: str
    name: str
    symbol: str
    signer_address: str
    signer_exported: Annotated[
        int | None, Meta(description="Position of the export of the key before the outcome.")
    ]
    asset_identifier: str | None
    transaction_hash: str | None
    block_number: int | None
    block_hash: str | None
    failure: Failure | None
    retries: int
    version: int
    created_at: datetime
    updated_at: datetime
    correlation_id: str


class DeploymentsResponse(Response):
    deployments: list[DeploymentResponse]
    next_cursor: str | None


class HistoryEntryResponse(Response):
    version: int
    position: int
    time: datetime
    event: str
    status: Status
    sub_status: SubStatus | None
    message: str
    actor: str
    transaction_hash: str | None
    block_number: int | None
    reason_code: str | None
    duration_from_previous_status_ms: int | None
    correlation_id: str


class HistoryResponse(Response):
    deployment_id: str
    history: list[HistoryEntryResponse]


class AuditTrailResponse(DeploymentResponse):
    status_history: list[HistoryEntryResponse]


class CertificateNetwork(Response):
    id: str
    family: Family
    chain_id: int | None
    genesis_hash: str


class CertificateOutcome(Response, omit_defaults=True):
    """A completed one has the asset and its transaction, a failed one the others."""

    status: Status
    position: int
    time: datetime
    asset_identifier: str | None = None
    transaction_hash: str | None = None
    cause: str | None = None
    leftovers: list[str] | None = None
    never_signed: Annotated[
        bool | None, Meta(description="The log has no signature to issue it. No chain proves that.")
    ] = None


class CertificateProof(Response):
    """Inside `facts` and `proof` bytes are hexadecimal without a prefix."""

    step: int
    purpose: StepPurpose
    slot: int
    fate: Fate
    kind: str
    block_number: int
    block_hash: Annotated[str, Meta(description="To be compared with a node that you trust.")]
    facts: dict[str, Any]
    proof: dict[str, Any]


class CertificateResponse(Response):
    """Canonical JSON; `proofmint certificate check` verifies it."""

    format: str
    deployment_id: str
    network: CertificateNetwork
    signer_address: str
    signer_exported: Annotated[
        int | None, Meta(description="Position of the export of the key before the outcome.")
    ]
    signer_exported_means: str
    outcome: CertificateOutcome
    proofs: list[CertificateProof]


class NetworkResponse(Response):
    id: str
    name: str
    family: str
    chain_id: int | None
    genesis_hash: str
    development: bool
    sponsored: bool


class NetworksResponse(Response):
    networks: list[NetworkResponse]


class ErrorsResponse(Response):
    errors: list[CatalogueEntry]


class HealthResponse(Response):
    status: str
    checks: dict[str, str]
