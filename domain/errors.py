"""Reasons to refuse a command. Each carries the facts, not only prose.

A code is a public contract: it names an entry of the error catalogue.
"""

from domain.status import Status
from domain.values import DeploymentId


class DomainError(Exception):
    """A command was refused and the log is unchanged."""

    code = "CONFLICT"


class DeploymentNotFound(DomainError):
    code = "NOT_FOUND"

    def __init__(self, deployment_id: DeploymentId) -> None:
        super().__init__(f"there is no deployment {deployment_id}")
        self.deployment_id = deployment_id


class IllegalTransition(DomainError):
    code = "INVALID_STATE_TRANSITION"

    def __init__(self, current: Status, attempted: Status) -> None:
        super().__init__(f"a {current} deployment cannot become {attempted}")
        self.current = current
        self.attempted = attempted


class KeyReused(DomainError):
    """The same key came with another request (draft-ietf-httpapi-idempotency-key-header)."""

    code = "IDEMPOTENCY_KEY_MISMATCH"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key came with another request before")


class EmailTaken(DomainError):
    code = "USER_ALREADY_EXISTS"

    def __init__(self) -> None:
        super().__init__("an account with this e-mail address exists")


class BrokenRule(Exception):
    """The engine asked for something that the model forbids: a fault of ours, never the user's."""
