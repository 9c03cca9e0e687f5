"""What a route is: everything that routing, validation, OpenAPI and tests need to know of it."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from domain.roles import Right
from interfaces.http.call import Call, Reply

V1 = "/api/v1"
JSON_BODY = (
    "MALFORMED_JSON",
    "INVALID_REQUEST",
    "MISSING_REQUIRED_FIELD",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
)
KEYED = ("IDEMPOTENCY_KEY_REQUIRED", "IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_KEY_MISMATCH")
STORED = ("SERVICE_UNAVAILABLE",)
EVERYWHERE = ("INTERNAL_SERVER_ERROR",)
THROTTLED = ("RATE_LIMIT_EXCEEDED",)
UNPROVEN = 5
"""Tries that a request costs which leaves facts for ever, and proves no password before."""
PROVEN = (
    "INVALID_CREDENTIALS",
    "SECOND_FACTOR_REQUIRED",
    "INVALID_SECOND_FACTOR",
    "ACCOUNT_LOCKED",
)
"""What a password that is asked for may lead to."""
AGAIN = (*PROVEN, "NO_PASSWORD", "CONFLICT")
"""The same, of somebody who is signed in."""


CONFIRMED = (*PROVEN, "PASSWORD_REQUIRED", "SIGN_IN_AGAIN", "CONFLICT")
"""What confirming may lead to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    """With falcon's places, such as ``{deployment_id}``."""
    handler: Callable[[Call], Reply]
    tag: str
    summary: str
    response: type[msgspec.Struct]
    needs: Right | None
    """What whoever asks must have a right to; None where nobody has to say who they are."""
    status: int = 200
    or_status: int | None = None
    """Another status that comes with the same response."""
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    keyed: bool = False
    """Whether an Idempotency-Key is needed."""
    throttled: bool = False
    """Whether one network may ask only so often: where secrets are tried or made, or the log
    grows for little work."""
    cost: int = 1
    """For how many tries one counts, where it is throttled. More than one where somebody who is
    not known, and proves nothing, can make the log longer."""
    rationed: bool = False
    """Whether all networks together may ask only so often, too."""
    errors: tuple[str, ...] = ()
    """Codes of its own, beside those that its other members bring."""
    media_types: tuple[str, ...] = ("application/json",)

    @property
    def operation(self) -> str:
        return self.handler.__name__

    @property
    def open(self) -> bool:
        return self.needs is None

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code of the catalogue that this route may answer with."""
        parts = (
            JSON_BODY if self.body else (),
            ("INVALID_REQUEST",) if self.query else (),
            () if self.open else ("UNAUTHORIZED", "FORBIDDEN"),
            KEYED if self.keyed else (),
            THROTTLED if self.throttled else (),
            self.errors,
            EVERYWHERE,
        )
        return tuple(dict.fromkeys(code for part in parts for code in part))
