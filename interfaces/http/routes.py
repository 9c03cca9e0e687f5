"""Every route of the API, once: routing, validation, OpenAPI and tests are made from it."""

from interfaces.http import messages, reference
from interfaces.http.account_routes import ACCOUNT_ROUTES
from interfaces.http.credential_routes import CREDENTIAL_ROUTES
from interfaces.http.deployment_routes import DEPLOYMENT_ROUTES
from interfaces.http.route import V1, Route
from interfaces.http.security_routes import SECURITY_ROUTES
from interfaces.http.tenant_routes import TENANT_ROUTES

REFERENCE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{V1}/networks",
        handler=reference.networks,
        tag="rules",
        summary="The networks that tokens can be deployed to",
        response=messages.NetworksResponse,
        needs=None,
    ),
    Route(
        method="GET",
        path=f"{V1}/errors",
        handler=reference.errors,
        tag="rules",
        summary="Every code that the service answers with",
        response=messages.ErrorsResponse,
        needs=None,
    ),
    Route(
        method="GET",
        path="/livez",
        handler=reference.alive,
        tag="operate",
        summary="Whether this process answers",
        response=messages.HealthResponse,
        needs=None,
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=reference.ready,
        tag="operate",
        summary="Whether requests should come here (503 if not)",
        response=messages.HealthResponse,
        or_status=reference.UNHEALTHY,
        needs=None,
    ),
)
ROUTES: tuple[Route, ...] = (
    *ACCOUNT_ROUTES,
    *CREDENTIAL_ROUTES,
    *TENANT_ROUTES,
    *SECURITY_ROUTES,
    *DEPLOYMENT_ROUTES,
    *REFERENCE_ROUTES,
)
