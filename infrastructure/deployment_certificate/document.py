"""Builds a deployment's certificate: from its own stream up to the outcome, and from blobs.

Nothing else goes in, so its bytes are fixed once the outcome is in the log: whatever is asked,
exported or retried later changes none of them.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Any
from uuid import UUID

from domain.deployment import Deployment, replay, stream_of
from domain.errors import DomainError
from domain.events import DeploymentCompleted, DeploymentFailed, DeploymentRequested
from domain.log import EventLog, RecordedEvent, digest_of
from domain.operation import Step
from domain.slots import Certificate, CertificateKind, NonceSlot, Slot
from domain.status import Status
from domain.values import DeploymentId, Family, NetworkRef
from infrastructure.addresses import address_text, asset_text, digest_text
from infrastructure.algorand import slot_facts as algorand
from infrastructure.deployment_certificate.verifier import Refused, check
from infrastructure.deployment_certificate.verifier.form import (
    EXPORTED,
    FORMAT,
    NOT_EXPORTED,
    canonical,
)
from infrastructure.event_log.json_shapes import camel
from infrastructure.evm import slot_facts as evm

Json = Any
Outcome = DeploymentCompleted | DeploymentFailed


class OutcomeNotProven(DomainError):
    code = "OUTCOME_NOT_PROVEN"

    def __init__(self, status: Status, decidable_at: str | None) -> None:
        when = f"; the outcome will be known {decidable_at}" if decidable_at else ""
        super().__init__(f"the deployment is {status}{when}")


class ProofDamaged(Exception):
    """A proof is gone, or is not what was stored. The outcome in the log stands as it is."""


def deployment_certificate(
    log: EventLog, deployment: DeploymentId, require: Callable[[bytes], object] = check
) -> bytes:
    """Return the certificate of a deployment that is completed or failed now.

    What is returned was checked as an auditor would check it.

    Args:
        log: that has the deployment.
        deployment: whose outcome is certified.
        require: raises Refused where a file does not hold.

    Raises:
        OutcomeNotProven: it is open, was retried since, or is cancelled.
        ProofDamaged: a proof cannot be read as it was stored.
        LogUnavailable: the log cannot be read.
    """
    history = log.read(stream_of(deployment)).events
    state = replay(recorded.event for recorded in history)
    assert state is not None, "whoever asks has seen the deployment"
    if state.status not in {Status.COMPLETED, Status.FAILED}:
        raise OutcomeNotProven(state.status, state.decidable_at)
    data = canonical(_document(log, deployment, _upto_outcome(history)))
    try:
        require(data)
    except Refused as error:
        raise ProofDamaged(f"the certificate of {deployment} does not hold: {error}") from error
    return data


def _upto_outcome(history: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
    """Leave out what came after the last outcome, such as the end of a funding."""
    last = max(at for at, one in enumerate(history) if isinstance(one.event, Outcome))
    return history[: last + 1]


def _document(log: EventLog, deployment: UUID, history: Sequence[RecordedEvent]) -> Json:
    state = replay(recorded.event for recorded in history)
    said = history[-1]
    assert state is not None
    assert isinstance(said.event, Outcome)
    request, exported = state.request, said.event.signer_exported
    return {
        "format": FORMAT,
        "deploymentId": str(deployment),
        "network": _network(request.network),
        "signerAddress": address_text(request.network.family, request.signer.address),
        "signerExported": exported,
        "signerExportedMeans": NOT_EXPORTED if exported is None else EXPORTED,
        "outcome": _outcome(request, said.event)
        | {
            "position": said.position,
            "time": said.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
        "proofs": list(_proofs(log, state)),
    }


def _network(network: NetworkRef) -> Json:
    return {
        "id": network.id,
        "family": network.family.value,
        "chainId": network.chain_id,
        "genesisHash": "0x" + network.genesis_hash.hex(),
    }


def _outcome(request: DeploymentRequested, said: Outcome) -> dict[str, Json]:
    family = request.network.family
    if isinstance(said, DeploymentCompleted):
        return {
            "status": Status.COMPLETED.value,
            "assetIdentifier": asset_text(family, said.asset),
            "transactionHash": digest_text(family, said.transaction_id),
        }
    kinds = {certificate.kind for certificate in said.certificates}
    return {
        "status": Status.FAILED.value,
        "cause": said.cause,
        "leftovers": list(said.leftovers),
        "neverSigned": kinds == {CertificateKind.NEVER_SIGNED},
    }


def _proofs(log: EventLog, state: Deployment) -> Iterator[Json]:
    for step in state.operation.steps:
        for slot in step.slots:
            if slot.certificate is not None:
                yield _proof(log, state.request.network.family, step, slot, slot.certificate)


def _proof(
    log: EventLog, family: Family, step: Step, slot: Slot, certificate: Certificate
) -> dict[str, Json]:
    assert slot.fate is not None
    assert certificate.block is not None
    content = _content(log, certificate)
    return {
        "step": step.plan.number,
        "purpose": step.plan.purpose.value,
        "slot": slot.number,
        "fate": slot.fate.value,
        "kind": content.get("kind"),
        "blockNumber": certificate.block.number,
        "blockHash": digest_text(family, certificate.block.hash),
        "facts": _facts(slot) | {"trustedBlockHash": certificate.block.hash.hex()},
        "proof": content,
    }


def _content(log: EventLog, certificate: Certificate) -> dict[str, Json]:
    """Return a family's certificate as it was stored.

    Raises:
        ProofDamaged: it is gone, or has other bytes.
    """
    assert certificate.blob is not None
    digest = certificate.blob.sha256
    blob = log.blob(digest)
    if blob is None:
        raise ProofDamaged(f"the blob {digest.hex()} is missing")
    if digest_of(blob) != digest:
        raise ProofDamaged(f"the blob {digest.hex()} has other bytes than were stored")
    content: dict[str, Json] = json.loads(blob)
    return content


def _facts(slot: Slot) -> dict[str, Json]:
    facts = evm.facts_of(slot) if isinstance(slot.key, NonceSlot) else algorand.facts_of(slot)
    return {camel(name): _spelled(value) for name, value in asdict(facts).items()}


def _spelled(value: int | bytes | frozenset[bytes]) -> Json:
    match value:
        case bytes():
            return value.hex()
        case frozenset():
            return sorted(one.hex() for one in value)
        case int():
            return value
