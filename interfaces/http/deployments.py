"""Handlers of deployments: from requests to commands, from rows to answers."""

from uuid import UUID

import msgspec

from application.commands import CancelDeployment, RequestDeployment, RetryDeployment
from domain.errors import DeploymentNotFound
from domain.events import DeploymentCancelled, DeploymentRequested, RetryRequested
from domain.status import Status
from domain.values import DeploymentId, SignerRef
from infrastructure.addresses import evm_address_text
from interfaces.http import messages
from interfaces.http.amounts import whole_tokens
from interfaces.http.call import Call, Reply
from interfaces.http.cursors import make_cursor, read_cursor
from interfaces.http.problems import FieldProblem, Problem, field_problems
from interfaces.http.tokens import mintable_erc20, named_network
from projections.deployment_history import HistoryEntry
from projections.deployment_status import DeploymentStatus
from projections.export import to_csv, to_json
from projections.queries import Filters, current_history, current_status

REPLAYED = "Idempotency-Replayed"
HERE = "/api/v1/token/deployments/"


def create_mintable_erc20(call: Call) -> Reply:
    body: messages.CreateMintableErc20Request = call.body
    network = named_network(call.service.networks, body)
    signer = call.service.accounts.signers(call.who.tenant)[0]
    token = mintable_erc20(body, signer.evm)
    request = DeploymentRequested(
        tenant=call.who.tenant,
        account=call.who.account,
        signer=SignerRef(id=signer.id, address=signer.evm),
        network=network.reference,
        token=token,
        fingerprint=call.fingerprint,
    )
    command = RequestDeployment(deployment=DeploymentId(call.command), request=request)
    executed = call.service.commands.execute(command, call.origin)
    recorded = executed.recorded
    assert isinstance(recorded.event, DeploymentRequested)
    first, deployment = recorded.event, recorded.stream.id
    decimals = first.token.decimals
    accepted = messages.AcceptedResponse(
        deployment_id=deployment,
        status=Status.QUEUED,
        token_type=first.token.kind.value,
        network=first.network.id,
        name=first.token.name,
        symbol=first.token.symbol,
        decimals=decimals,
        initial_supply=whole_tokens(first.token.initial_supply, decimals),
        cap=whole_tokens(first.token.cap, decimals),
        initial_supply_receiver=evm_address_text(first.token.receiver),
        owner=evm_address_text(first.token.owner),
        signer_address=evm_address_text(first.signer.address),
        requested_at=recorded.time,
        links=messages.Links(
            deployment=HERE + deployment,
            history=f"{HERE}{deployment}/history",
            audit_trail=f"{HERE}{deployment}/audit-trail",
        ),
    )
    headers = {"Location": HERE + deployment} | _replayed(repeated=executed.repeated)
    return Reply(body=accepted, headers=headers)


def cancel(call: Call) -> Reply:
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
    return Reply(body=cancelled, headers=_replayed(repeated=executed.repeated))


def retry(call: Call) -> Reply:
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
    headers = {"Location": HERE + recorded.stream.id} | _replayed(repeated=executed.repeated)
    return Reply(body=retried, headers=headers)


def read(call: Call) -> Reply:
    row = _own(call)
    return Reply(body=_deployment(row), headers={"ETag": f'"{row.version}"'})


def listing(call: Call) -> Reply:
    query: messages.ListQuery = call.body
    for name, time in (("fromDate", query.from_date), ("toDate", query.to_date)):
        if time is not None and time.tzinfo is None:
            detail = "names a time zone, such as Z"
            raise field_problems(
                [FieldProblem(pointer="/" + name, code="INVALID_REQUEST", detail=detail)]
            )
    filters = Filters(
        network=query.network,
        kind=query.token_type,
        status=query.status,
        requested_from=query.from_date,
        requested_before=query.to_date,
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
    row = _own(call)
    entries = current_history(call.service.log, call.service.deployments, _id(call))
    body = messages.HistoryResponse(
        deployment_id=str(row.deployment), history=[_entry(entry) for entry in entries]
    )
    return Reply(body=body)


def audit_trail(call: Call) -> Reply:
    row, wanted = _own(call), call.body.format
    entries = current_history(call.service.log, call.service.deployments, _id(call))
    if wanted == "csv":
        pieces, content_type = to_csv(row, entries), "text/csv; charset=utf-8; header=present"
    elif wanted == "json":
        head = _plain(_deployment(row))
        pieces = to_json(head, (_plain(_entry(entry)) for entry in entries))
        content_type = "application/json"
    else:
        raise Problem("INVALID_EXPORT_FORMAT")
    name = f"audit-trail-{row.deployment}.{wanted}"
    return Reply(
        stream=(piece.encode() for piece in pieces),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _own(call: Call) -> DeploymentStatus:
    """Return a deployment of the caller's tenant; another's is as good as none."""
    deployment = _id(call)
    row = current_status(call.service.log, call.service.deployments, deployment)
    if row is None or row.tenant != call.who.tenant:
        raise DeploymentNotFound(deployment)
    return row


def _id(call: Call) -> DeploymentId:
    try:
        return DeploymentId(UUID(call.path["deployment_id"]))
    except ValueError:
        raise Problem("NOT_FOUND") from None


def _replayed(*, repeated: bool) -> dict[str, str]:
    return {REPLAYED: "true"} if repeated else {}


def _plain(message: messages.Response) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(message)
    return plain


def _deployment(row: DeploymentStatus) -> messages.DeploymentResponse:
    failure = None
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
        signer_address=_address(row.signer),
        asset_identifier=None if row.asset is None else _address(row.asset),
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


def _entry(entry: HistoryEntry) -> messages.HistoryEntryResponse:
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


def _address(hexadecimal: str) -> str:
    return evm_address_text(bytes.fromhex(hexadecimal[2:]))
