"""Handlers that create deployments. Their answer is made of the first event and of nothing else."""

from application.commands import RequestDeployment
from application.execute import Executed
from domain.deployment import stream_of
from domain.errors import KeyReused
from domain.events import DeploymentRequested
from domain.log import RecordedEvent
from domain.status import Status
from domain.tokens import MintableErc20
from domain.values import DeploymentId, SignerRef
from infrastructure.addresses import evm_address_text
from interfaces.http import messages
from interfaces.http.amounts import whole_tokens
from interfaces.http.call import Call, Reply, replayed
from interfaces.http.problems import Problem
from interfaces.http.tokens import mintable_erc20, named_network

HERE = "/api/v1/token/deployments/"


def create_mintable_erc20(call: Call) -> Reply:
    try:
        request = _requested(call)
    except Problem as refusal:
        # What was accepted stays accepted, whatever the catalogue of networks says by now.
        return _reply(_accepted_before(call, refusal))
    command = RequestDeployment(deployment=DeploymentId(call.command), request=request)
    return _reply(call.service.commands.execute(command, call.origin))


def _requested(call: Call) -> DeploymentRequested:
    body: messages.CreateMintableErc20Request = call.body
    network = named_network(call.service.networks, body)
    signer = call.service.accounts.signers(call.who.tenant)[0]
    return DeploymentRequested(
        tenant=call.who.tenant,
        account=call.who.account,
        signer=SignerRef(id=signer.id, address=signer.evm),
        network=network.reference,
        token=mintable_erc20(body, signer.evm),
        fingerprint=call.fingerprint,
    )


def _accepted_before(call: Call, refusal: Problem) -> Executed:
    """Return what the same key led to earlier.

    Raises:
        Problem: the refusal, if it led to nothing.
        KeyReused: it came with another body.
    """
    events = call.service.log.read(stream_of(DeploymentId(call.command))).events
    if not events:
        raise refusal
    first = events[0]
    assert isinstance(first.event, DeploymentRequested)
    if first.event.fingerprint != call.fingerprint:
        raise KeyReused
    return Executed(first, repeated=True)


def _reply(executed: Executed) -> Reply:
    location = HERE + executed.recorded.stream.id
    headers = {"Location": location} | replayed(repeated=executed.repeated)
    return Reply(body=_accepted(executed.recorded, location), headers=headers)


def _accepted(recorded: RecordedEvent, location: str) -> messages.AcceptedResponse:
    first = recorded.event
    assert isinstance(first, DeploymentRequested)
    assert isinstance(first.token, MintableErc20)
    token, decimals = first.token, first.token.decimals
    return messages.AcceptedResponse(
        deployment_id=recorded.stream.id,
        status=Status.QUEUED,
        token_type=token.kind.value,
        network=first.network.id,
        name=token.name,
        symbol=token.symbol,
        decimals=decimals,
        initial_supply=whole_tokens(token.initial_supply, decimals),
        cap=whole_tokens(token.cap, decimals),
        initial_supply_receiver=evm_address_text(token.receiver),
        owner=evm_address_text(token.owner),
        signer_address=evm_address_text(first.signer.address),
        requested_at=recorded.time,
        links=messages.Links(
            deployment=location,
            history=f"{location}/history",
            audit_trail=f"{location}/audit-trail",
        ),
    )
