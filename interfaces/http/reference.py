"""Handlers of what the service tells about itself: networks, errors, health, OpenAPI."""

from interfaces.http import messages
from interfaces.http.call import Call, Reply
from interfaces.http.problems import catalogue

UNHEALTHY = 503


def networks(call: Call) -> Reply:
    listed = [
        messages.NetworkResponse(
            id=network.reference.id,
            name=network.name,
            family=network.reference.family.value,
            chain_id=network.reference.chain_id,
            genesis_hash="0x" + network.reference.genesis_hash.hex(),
            development=network.development,
            sponsored=network.sponsored,
        )
        for network in call.service.networks.all()
    ]
    return Reply(body=messages.NetworksResponse(networks=listed))


def errors(_: Call) -> Reply:
    return Reply(body=messages.ErrorsResponse(errors=list(catalogue().values())))


def alive(_: Call) -> Reply:
    """Say that this process answers. Looks at nothing else."""
    return Reply(body=messages.HealthResponse(status="pass", checks={}))


def ready(call: Call) -> Reply:
    """Say whether requests should come here: status words only, no details for strangers."""
    checks = {name: check() for name, check in call.service.checks.items()}
    worst = "fail" if "fail" in checks.values() else "warn" if "warn" in checks.values() else "pass"
    status = UNHEALTHY if worst == "fail" else None
    return Reply(body=messages.HealthResponse(status=worst, checks=checks), status=status)
