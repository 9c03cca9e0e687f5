"""Handlers that create deployments. Their answer is made of the first event and of nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from application.commands import RequestDeployment
from application.execute import Executed
from domain.deployment import stream_of
from domain.errors import KeyReused
from domain.events import DeploymentRequested
from domain.log import RecordedEvent
from domain.status import Status
from domain.tokens import FAMILY_OF, Token, TokenKind
from domain.values import DeploymentId, SignerId, SignerRef
from infrastructure.addresses import address_text
from interfaces.http import asa, erc20
from interfaces.http.accounts import known_id
from interfaces.http.call import Call, Reply, replayed
from interfaces.http.messages import Links
from interfaces.http.problems import Problem
from interfaces.http.terms import AcceptedResponse
from interfaces.http.tokens import named_network

HERE = "/api/v1/token/deployments/"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is different from one kind of token to the next."""

    terms: Callable[[Any, bytes], Token]
    """From the request and the signer's address."""
    accepted: Callable[[Any, Mapping[str, Any]], AcceptedResponse]
    """From the terms, and from what the answers of all kinds say."""


KINDS: Mapping[TokenKind, Kind] = {
    TokenKind.ERC20_MINTABLE: Kind(erc20.mintable_erc20, erc20.accepted),
    TokenKind.ASA_FT: Kind(asa.asa_fungible, asa.accepted),
}


def create_mintable_erc20(call: Call) -> Reply:
    return _create(call, TokenKind.ERC20_MINTABLE, call.body.chain_id)


def create_asa_fungible(call: Call) -> Reply:
    return _create(call, TokenKind.ASA_FT)


def _create(call: Call, kind: TokenKind, chain_id: int | None = None) -> Reply:
    try:
        request = _requested(call, kind, chain_id)
    except Problem as refusal:
        # What was accepted stays accepted, whatever the catalogue of networks says by now.
        return _reply(_accepted_before(call, refusal))
    command = RequestDeployment(deployment=DeploymentId(call.command), request=request)
    return _reply(call.service.commands.execute(command, call.origin))


def _requested(call: Call, kind: TokenKind, chain_id: int | None) -> DeploymentRequested:
    network = named_network(call.service.networks, kind, call.body.network, chain_id)
    call.who.require_ready(development=network.development)
    wanted = None if call.body.signer_id is None else SignerId(known_id(call.body.signer_id))
    signer = call.service.identity.profiles.signer(call.who.tenant, wanted)
    address = signer.address(FAMILY_OF[kind])
    return DeploymentRequested(
        tenant=call.who.tenant,
        account=call.who.account,
        signer=SignerRef(id=signer.id, address=address),
        network=network.reference,
        token=KINDS[kind].terms(call.body, address),
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


def _accepted(recorded: RecordedEvent, location: str) -> AcceptedResponse:
    first = recorded.event
    assert isinstance(first, DeploymentRequested)
    shared = {
        "deployment_id": recorded.stream.id,
        "status": Status.QUEUED,
        "token_type": first.token.kind.value,
        "network": first.network.id,
        "name": first.token.name,
        "signer_address": address_text(first.network.family, first.signer.address),
        "requested_at": recorded.time,
        "links": Links(
            deployment=location,
            history=f"{location}/history",
            audit_trail=f"{location}/audit-trail",
        ),
    }
    return KINDS[first.token.kind].accepted(first.token, shared)
