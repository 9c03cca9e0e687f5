"""Routes that tell what happened around accounts and tenant, and who can sign."""

from domain.roles import Right
from interfaces.http import security, security_messages
from interfaces.http.route import STORED, V1, Route

SECURITY_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{V1}/security/activity",
        handler=security.security_activity,
        tag="security",
        summary="What happened around accounts and tenant, newest first",
        query=security_messages.ActivityQuery,
        response=security_messages.ActivityResponse,
        needs=Right.READ,
        errors=("INVALID_CURSOR", *STORED),
    ),
    Route(
        method="GET",
        path=f"{V1}/security/activity/export",
        handler=security.export_security_activity,
        tag="security",
        summary="The same as a file, JSON or CSV, complete up to a stated position",
        query=security_messages.ActivityExportQuery,
        response=security_messages.ActivityExportResponse,
        needs=Right.READ,
        errors=("INVALID_EXPORT_FORMAT", *STORED),
        media_types=("application/json", "text/csv"),
    ),
    Route(
        method="GET",
        path=f"{V1}/account/custody-statement",
        handler=security.custody_statement,
        tag="custody",
        summary="Who can sign, where keys lie, and how to leave, as it is configured",
        response=security_messages.CustodyStatementResponse,
        needs=Right.SELF,
        errors=STORED,
    ),
)
