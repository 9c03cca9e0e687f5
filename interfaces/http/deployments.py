"""Handlers of deployments: from requests to commands, from rows to answers."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from application.commands import CancelDeployment, RetryDeployment
from domain.errors import DeploymentNotFound
from domain.events import DeploymentCancelled, RetryRequested
from domain.status import Status
from domain.tokens import FAMILY_OF
from domain.values import DeploymentId, Family
from infrastructure.addresses import address_text, asset_text, digest_text
from interfaces.http import messages
from interfaces.http.call import Call, Reply, replayed
from interfaces.http.cursors import make_cursor, read_cursor
from interfaces.http.problems import FieldProblem, Problem, field_problems
from projections.deployment_history import HistoryEntry
from projections.deployment_status import DeploymentStatus
from projections.export import to_csv, to_json
from projections.projection import altered
from projections.queries import Filters, current_history, current_status

HERE = "/api/v1/token/deployments/"


def cancel(call: Call) -> Reply:
    if not call.body.reason.isprintable():
        detail = "must not hold control characters"
        raise field_problems(
            [FieldProblem(pointer="/reason", code="INVALID_REQUEST", detail=detail)]
        )
    _require_ready(call)
    command = CancelDeployment(
        deployment=_id(call),
        tenant=call.who.tenant,
        reason=call.body.reason,
        fingerprint=call.fingerprint,
    )
    executed = call.service.commands.execute(command, call.origin)
    recorded = executed.recorded
    assert isinstance(recorded.event, DeploymentCancelled)
    cancelled = messages.CancelledResponse(
        deployment_id=recorded.stream.id,
        status=Status.CANCELLED,
        reason=recorded.event.reason,
        cancelled_at=recorded.time,
    )
    return Reply(body=cancelled, headers=replayed(repeated=executed.repeated))


def retry(call: Call) -> Reply:
    _require_ready(call)
    command = RetryDeployment(
        deployment=_id(call), tenant=call.who.tenant, fingerprint=call.fingerprint
    )
    executed = call.service.commands.execute(command, call.origin)
    recorded = executed.recorded
    assert isinstance(recorded.event, RetryRequested)
    retried = messages.RetriedResponse(
        deployment_id=recorded.stream.id,
        status=Status.QUEUED,
        retry=recorded.event.retry,
        requested_at=recorded.time,
    )
    headers = {"Location": HERE + recorded.stream.id} | replayed(repeated=executed.repeated)
    return Reply(body=retried, headers=headers)


def read(call: Call) -> Reply:
    row = own(call)
    return Reply(body=_deployment(row), headers={"ETag": f'"{row.version}"'})


def listing(call: Call) -> Reply:
    query: messages.ListQuery = call.body
    filters = Filters(
        network=query.network,
        kind=query.token_type,
        status=query.status,
        requested_from=_utc("fromDate", query.from_date),
        requested_before=_utc("toDate", query.to_date),
    )
    bound = (str(call.who.tenant), repr(filters))
    key = call.service.cursor_key
    before = read_cursor(key, bound, query.cursor) if query.cursor else None
    page = call.service.deployments.page(call.who.tenant, filters, before, query.page_size)
    following = None if page.before is None else make_cursor(key, bound, page.before)
    body = messages.DeploymentsResponse(
        deployments=[_deployment(row) for row in page.rows], next_cursor=following
    )
    return Reply(body=body)


def history(call: Call) -> Reply:
    row = own(call)
    entries = current_history(call.service.log, call.service.deployments, _id(call))
    body = messages.HistoryResponse(
        deployment_id=str(row.deployment), history=[_entry(row, entry) for entry in entries]
    )
    return Reply(body=body)


def audit_trail(call: Call) -> Reply:
    row, wanted = own(call), call.body.format
    entries = current_history(call.service.log, call.service.deployments, _id(call))
    if wanted == "csv":
        pieces = to_csv(_spelled(row), (_spelled_entry(row, entry) for entry in entries))
        content_type = "text/csv; charset=utf-8; header=present"
    elif wanted == "json":
        head = _plain(_deployment(row))
        pieces = to_json(head, (_plain(_entry(row, entry)) for entry in entries))
        content_type = "application/json"
    else:
        raise Problem("INVALID_EXPORT_FORMAT")
    name = f"audit-trail-{row.deployment}.{wanted}"
    return Reply(
        stream=(piece.encode() for piece in pieces),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def own(call: Call) -> DeploymentStatus:
    """Return a deployment of the caller's tenant; another's is as good as none."""
    deployment = _id(call)
    row = current_status(call.service.log, call.service.deployments, deployment)
    if row is None or row.tenant != call.who.tenant:
        raise DeploymentNotFound(deployment)
    return row


def _require_ready(call: Call) -> None:
    """Refuse who has not proven enough for the deployment's network; one unknown by now is real."""
    network = call.service.networks.by_id(own(call).network)
    call.who.require_ready(development=network is not None and network.development)


def _id(call: Call) -> DeploymentId:
    """Return the id in the path, in its one spelling: what a key means depends on it."""
    text = call.path["deployment_id"]
    try:
        known = UUID(text)
    except ValueError:
        raise Problem("NOT_FOUND") from None
    if str(known) != text:
        raise Problem("NOT_FOUND")
    return DeploymentId(known)


def _utc(name: str, time: datetime | None) -> datetime | None:
    try:
        if time is None or time.tzinfo is not None:
            return time and time.astimezone(UTC)
    except OverflowError:
        pass  # the first and last day of all years, in another zone
    detail = "must be a time with its zone, such as 2026-11-25T00:00:00Z"
    raise field_problems([FieldProblem(pointer="/" + name, code="INVALID_REQUEST", detail=detail)])


def _plain(message: messages.Response) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(message)
    return plain


def _spelled(row: DeploymentStatus) -> DeploymentStatus:
    """Spell addresses and ids as the deployment's own chain does."""
    family = FAMILY_OF[row.kind]
    return altered(
        row,
        signer=address_text(family, _raw(row.signer)),
        asset=None if row.asset is None else asset_text(family, _raw(row.asset)),
        transaction=_digest(family, row.transaction),
        block_hash=_digest(family, row.block_hash),
    )


def _spelled_entry(row: DeploymentStatus, entry: HistoryEntry) -> HistoryEntry:
    return altered(entry, transaction=_digest(FAMILY_OF[row.kind], entry.transaction))


def _deployment(stored: DeploymentStatus) -> messages.DeploymentResponse:
    row, failure = _spelled(stored), None
    if row.failure is not None:
        failure = messages.Failure(code=row.failure, detail=row.failure_detail or "")
    return messages.DeploymentResponse(
        deployment_id=str(row.deployment),
        status=row.status,
        sub_status=row.sub_status,
        waiting_for=row.waiting,
        decidable_at=row.decidable_at,
        token_type=row.kind.value,
        network=row.network,
        name=row.name,
        symbol=row.symbol,
        signer_address=row.signer,
        signer_exported=row.signer_exported,
        asset_identifier=row.asset,
        transaction_hash=row.transaction,
        block_number=row.block,
        block_hash=row.block_hash,
        failure=failure,
        retries=row.retries,
        version=row.version,
        created_at=row.requested_at,
        updated_at=row.changed_at,
        correlation_id=row.correlation,
    )


def _entry(row: DeploymentStatus, stored: HistoryEntry) -> messages.HistoryEntryResponse:
    entry = _spelled_entry(row, stored)
    return messages.HistoryEntryResponse(
        version=entry.version,
        position=entry.position,
        time=entry.time,
        event=entry.event,
        status=entry.status,
        sub_status=entry.sub_status,
        message=entry.message,
        actor=entry.actor,
        transaction_hash=entry.transaction,
        block_number=entry.block,
        reason_code=entry.reason,
        duration_from_previous_status_ms=entry.previous_ms,
        correlation_id=entry.correlation,
    )


def _digest(family: Family, hexadecimal: str | None) -> str | None:
    return None if hexadecimal is None else digest_text(family, _raw(hexadecimal))


def _raw(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal[2:])
