"""What a member or a key may do in a tenant."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """Of a member. Each may do what the table says, and nothing else."""

    OWNER = "owner"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    """Reads everything, sees pseudonyms, changes nothing."""


class Scope(StrEnum):
    """Of an API key."""

    READ = "read"
    DEPLOY = "deploy"


class Right(StrEnum):
    """What a route asks for."""

    READ = "read"
    """See the tenant's deployments, activity and addresses."""
    DEPLOY = "deploy"
    """Create, cancel and retry deployments."""
    MANAGE = "manage"
    """Members, roles, keys for machines, and the keys of signers."""
    SELF = "self"
    """One's own account and sessions: for persons alone."""


RIGHTS_OF_ROLE: Mapping[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.OPERATOR: frozenset({Right.READ, Right.DEPLOY, Right.SELF}),
    Role.AUDITOR: frozenset({Right.READ, Right.SELF}),
}
RIGHTS_OF_SCOPE: Mapping[Scope, frozenset[Right]] = {
    Scope.READ: frozenset({Right.READ}),
    Scope.DEPLOY: frozenset({Right.READ, Right.DEPLOY}),
}
