"""The handler of certificates: from the log and its blobs to the file that an auditor is handed."""

from hashlib import sha256

import structlog

from domain.values import DeploymentId
from infrastructure.deployment_certificate.document import ProofDamaged, deployment_certificate
from interfaces.http.call import Call, Reply
from interfaces.http.deployments import own
from interfaces.http.problems import Problem

log = structlog.get_logger("api")


def certificate(call: Call) -> Reply:
    deployment = DeploymentId(own(call).deployment)
    try:
        data = deployment_certificate(
            call.service.log, deployment, call.service.require_certificate
        )
    except ProofDamaged as error:
        log.error(  # noqa: TRY400 - the trace says nothing that the words do not
            "proof-damaged",
            correlation=call.correlation,
            deployment=str(deployment),
            detail=str(error),
        )
        raise Problem("PROOF_DAMAGED") from None
    return Reply(
        stream=(data,),
        headers={
            "Content-Disposition": f'attachment; filename="certificate-{deployment}.json"',
            "Content-Length": str(len(data)),
            "ETag": f'"{sha256(data).hexdigest()}"',
        },
    )
