"""Access tokens: JWT with one algorithm per key, every claim required (RFC 8725, RFC 9068).

A token names a session; whether that session is still open, the log says at each request. Keys
change every week by themselves: each is derived from the root and the number of its week, and the
weeks before and after count, too, so that no change is seen by anybody.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt

from domain.values import AccountId, SessionId, TenantId
from infrastructure.keys.provider import DerivedKeys
from infrastructure.keys.spelling import spelled

ALGORITHM = "HS256"
ISSUER = "proofmint"
AUDIENCE = "proofmint-api"
TYPE = "at+jwt"
LIFETIME = timedelta(minutes=10)
PERIOD = timedelta(days=7)
"""How long new tokens are made with one key."""
AHEAD = timedelta(seconds=30)
"""That another machine's clock may be ahead."""
CLAIMS = {
    "iss": str,
    "aud": str,
    "sub": str,
    "tenant": str,
    "sid": str,
    "jti": str,
    "iat": int,
    "exp": int,
}
HEADERS = {"alg", "kid", "typ"}


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Issued:
    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    account: AccountId
    tenant: TenantId
    session: SessionId


class AccessTokens:
    def __init__(self, keys: DerivedKeys, now: Callable[[], datetime] = utc_now) -> None:
        self._keys = keys
        self._now = now
        self._known: dict[int, tuple[str, bytes]] = {}

    def issue(
        self, account: AccountId, tenant: TenantId, session: SessionId, now: datetime
    ) -> Issued:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(account),
            "tenant": str(tenant),
            "sid": str(session),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + LIFETIME,
        }
        key_id, key = self._key(_period(now))
        headers = {"kid": key_id, "typ": TYPE}
        text = jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers)
        return Issued(text, now + LIFETIME)

    def verify(self, token: str) -> Bearer | None:
        """Return whom a token speaks for; None if it is malformed, forged, expired or another's."""
        now = self._now()
        try:
            headers = jwt.get_unverified_header(token)
            week = self._named(headers.get("kid"), now)
            # Nothing in a header may point to another key, or ask for what we do not know.
            if week is None or headers.keys() != HEADERS or headers["typ"] != TYPE:
                return None
            claims = jwt.decode(
                token,
                self._key(week)[1],
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(CLAIMS), "verify_iat": False, "verify_exp": False},
            )
            if not _is_ours(claims, week, now) or not _has_one_spelling(token):
                return None
            account, tenant, session = (_id(claims[name]) for name in ("sub", "tenant", "sid"))
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        return Bearer(
            account=AccountId(account), tenant=TenantId(tenant), session=SessionId(session)
        )

    def _named(self, key_id: object, now: datetime) -> int | None:
        period = _period(now)
        near = (period, period - 1, period + 1)
        return next((number for number in near if key_id == self._key(number)[0]), None)

    def _key(self, number: int) -> tuple[str, bytes]:
        if number not in self._known:
            purpose = f"access-token/{number}"
            self._known[number] = (self._keys.key_id(purpose), self._keys.derive(purpose))
        return self._known[number]


def _period(now: datetime) -> int:
    return int(now.timestamp() // PERIOD.total_seconds())


def _is_ours(claims: Mapping[str, object], week: int, now: datetime) -> bool:
    """Tell whether claims are as we make them with the key of that week, and count now."""
    if {name: type(value) for name, value in claims.items()} != CLAIMS:
        return False
    issued_at, ends = claims["iat"], claims["exp"]
    assert isinstance(issued_at, int)
    assert isinstance(ends, int)
    if not 0 < ends - issued_at <= LIFETIME.total_seconds():
        return False
    of_week = issued_at // int(PERIOD.total_seconds()) == week
    return of_week and issued_at <= (now + AHEAD).timestamp() and now.timestamp() < ends


def _has_one_spelling(token: str) -> bool:
    """Tell whether a token is spelled as ours are: without padding, blanks, or members twice.

    Raises:
        ValueError: it is not even JSON in base64url.
    """
    parts = token.split(".")
    raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
    plain = [json.dumps(json.loads(one), separators=(",", ":")).encode() for one in raw[:2]]
    return plain == raw[:2] and [spelled(one) for one in raw] == parts


def _id(text: str) -> UUID:
    known = UUID(text)
    if str(known) != text:
        raise ValueError("an id has one spelling")
    return known
