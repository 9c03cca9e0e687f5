"""Every route of the API, once: routing, validation, OpenAPI and tests are made from it."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from interfaces.http import accounts, creation, deployments, messages, reference, terms
from interfaces.http.call import Call, Reply

JSON_BODY = (
    "MALFORMED_JSON",
    "INVALID_REQUEST",
    "MISSING_REQUIRED_FIELD",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
)
KEYED = ("IDEMPOTENCY_KEY_REQUIRED", "IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_KEY_MISMATCH")
STORED = ("SERVICE_UNAVAILABLE",)
EVERYWHERE = ("INTERNAL_SERVER_ERROR",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    """With falcon's places, such as ``{deployment_id}``."""
    handler: Callable[[Call], Reply]
    tag: str
    summary: str
    response: type[msgspec.Struct]
    status: int = 200
    or_status: int | None = None
    """Another status that comes with the same response."""
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    open: bool = False
    """Whether nobody has to say who they are."""
    keyed: bool = False
    """Whether an Idempotency-Key is needed."""
    errors: tuple[str, ...] = ()
    """Codes of its own, beside those that its other members bring."""
    media_types: tuple[str, ...] = ("application/json",)

    @property
    def operation(self) -> str:
        return self.handler.__name__

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code of the catalogue that this route may answer with."""
        parts = (
            JSON_BODY if self.body else (),
            ("INVALID_REQUEST",) if self.query else (),
            () if self.open else ("UNAUTHORIZED",),
            KEYED if self.keyed else (),
            self.errors,
            EVERYWHERE,
        )
        return tuple(dict.fromkeys(code for part in parts for code in part))


V1 = "/api/v1"
ONE = f"{V1}/token/deployments/{{deployment_id}}"
ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=f"{V1}/auth/register",
        handler=accounts.register,
        tag="accounts",
        summary="Sign up: an account, a tenant and a chain account",
        body=messages.RegisterRequest,
        response=messages.RegisteredResponse,
        status=201,
        open=True,
        errors=("INVALID_EMAIL", "WEAK_PASSWORD", "USER_ALREADY_EXISTS", *STORED),
    ),
    Route(
        method="POST",
        path=f"{V1}/auth/login",
        handler=accounts.login,
        tag="accounts",
        summary="Sign in",
        body=messages.LoginRequest,
        response=messages.SessionResponse,
        open=True,
        errors=("INVALID_CREDENTIALS", *STORED),
    ),
    Route(
        method="GET",
        path=f"{V1}/auth/profile",
        handler=accounts.profile,
        tag="accounts",
        summary="Who one is",
        response=messages.ProfileResponse,
        errors=STORED,
    ),
    Route(
        method="GET",
        path=f"{V1}/account/addresses",
        handler=accounts.addresses,
        tag="accounts",
        summary="The chain addresses that one's deployments sign with",
        response=messages.AddressesResponse,
        errors=STORED,
    ),
    Route(
        method="POST",
        path=f"{V1}/token/erc20-mintable/create",
        handler=creation.create_mintable_erc20,
        tag="deploy",
        summary="Deploy a mintable, burnable, pausable, capped ERC-20 token",
        body=terms.CreateMintableErc20Request,
        response=terms.MintableErc20Accepted,
        status=202,
        keyed=True,
        errors=("INVALID_NETWORK", "INVALID_TOKEN_PARAMETERS", *STORED),
    ),
    Route(
        method="POST",
        path=f"{V1}/token/asa-ft/create",
        handler=creation.create_asa_fungible,
        tag="deploy",
        summary="Deploy a fungible Algorand Standard Asset",
        body=terms.CreateAsaFungibleRequest,
        response=terms.AsaFungibleAccepted,
        status=202,
        keyed=True,
        errors=("INVALID_NETWORK", "INVALID_TOKEN_PARAMETERS", *STORED),
    ),
    Route(
        method="GET",
        path=f"{V1}/token/deployments",
        handler=deployments.listing,
        tag="follow",
        summary="One's deployments, newest first",
        query=messages.ListQuery,
        response=messages.DeploymentsResponse,
        errors=("INVALID_CURSOR", *STORED),
    ),
    Route(
        method="GET",
        path=ONE,
        handler=deployments.read,
        tag="follow",
        summary="One deployment, as the log has it now",
        response=messages.DeploymentResponse,
        errors=("NOT_FOUND", *STORED),
    ),
    Route(
        method="GET",
        path=f"{ONE}/history",
        handler=deployments.history,
        tag="follow",
        summary="Every fact of one deployment, oldest first",
        response=messages.HistoryResponse,
        errors=("NOT_FOUND", *STORED),
    ),
    Route(
        method="GET",
        path=f"{ONE}/audit-trail",
        handler=deployments.audit_trail,
        tag="audit",
        summary="The audit trail as a file, JSON or CSV",
        query=messages.TrailQuery,
        response=messages.AuditTrailResponse,
        errors=("NOT_FOUND", "INVALID_EXPORT_FORMAT", *STORED),
        media_types=("application/json", "text/csv"),
    ),
    Route(
        method="POST",
        path=f"{ONE}/cancel",
        handler=deployments.cancel,
        tag="follow",
        summary="Cancel while queued",
        body=messages.CancelRequest,
        response=messages.CancelledResponse,
        keyed=True,
        errors=("NOT_FOUND", "INVALID_STATE_TRANSITION", "CONFLICT", *STORED),
    ),
    Route(
        method="POST",
        path=f"{ONE}/retry",
        handler=deployments.retry,
        tag="follow",
        summary="Try again after a proven failure",
        body=messages.RetryRequest,
        response=messages.RetriedResponse,
        status=202,
        keyed=True,
        errors=("NOT_FOUND", "INVALID_STATE_TRANSITION", "CONFLICT", *STORED),
    ),
    Route(
        method="GET",
        path=f"{V1}/networks",
        handler=reference.networks,
        tag="rules",
        summary="The networks that tokens can be deployed to",
        response=messages.NetworksResponse,
        open=True,
    ),
    Route(
        method="GET",
        path=f"{V1}/errors",
        handler=reference.errors,
        tag="rules",
        summary="Every code that the service answers with",
        response=messages.ErrorsResponse,
        open=True,
    ),
    Route(
        method="GET",
        path="/livez",
        handler=reference.alive,
        tag="operate",
        summary="Whether this process answers",
        response=messages.HealthResponse,
        open=True,
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=reference.ready,
        tag="operate",
        summary="Whether requests should come here (503 if not)",
        response=messages.HealthResponse,
        or_status=reference.UNHEALTHY,
        open=True,
    ),
)
