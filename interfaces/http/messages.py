"""What goes in and out: request and response types, from which the schemas are made."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from domain.status import Status, SubStatus
from domain.tokens import TokenKind
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
