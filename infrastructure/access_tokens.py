"""Access tokens: JWT with one algorithm per key, every claim required (RFC 8725, RFC 9068).

A token names a session; whether that session is still open, the log says at each request. Keys
change every week by themselves: each is derived from the root and the number of its week, and the
weeks before and after count, too, so that no change is seen by anybody.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt

from domain.values import AccountId, SessionId, TenantId
from infrastructure.keys.provider import DerivedKeys

ALGORITHM = "HS256"
ISSUER = "proofmint"
AUDIENCE = "proofmint-api"
TYPE = "at+jwt"
LIFETIME = timedelta(minutes=10)
PERIOD = timedelta(days=7)
"""How long new tokens are made with one key."""
AHEAD = timedelta(seconds=30)
"""That another machine's clock may be ahead."""
CLAIMS = ("iss", "aud", "sub", "tenant", "sid", "jti", "iat", "exp")
HEADERS = {"alg", "kid", "typ"}


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
    def __init__(self, keys: DerivedKeys) -> None:
        self._keys = keys
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
        now = datetime.now(UTC)
        try:
            headers = jwt.get_unverified_header(token)
            key = self._named(headers.get("kid"), now)
            # Nothing in a header may point to another key, or ask for what we do not know.
            if key is None or headers.keys() != HEADERS or headers["typ"] != TYPE:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(CLAIMS), "verify_iat": False},
            )
            issued_at = claims["iat"]
            if type(issued_at) is not int or issued_at > (now + AHEAD).timestamp():
                return None
            named = (UUID(claims["sub"]), UUID(claims["tenant"]), UUID(claims["sid"]))
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            return None
        account, tenant, session = named
        return Bearer(
            account=AccountId(account), tenant=TenantId(tenant), session=SessionId(session)
        )

    def _named(self, key_id: object, now: datetime) -> bytes | None:
        period = _period(now)
        for number in (period, period - 1, period + 1):
            known, key = self._key(number)
            if key_id == known:
                return key
        return None

    def _key(self, number: int) -> tuple[str, bytes]:
        if number not in self._known:
            purpose = f"access-token/{number}"
            self._known[number] = (self._keys.key_id(purpose), self._keys.derive(purpose))
        return self._known[number]


def _period(now: datetime) -> int:
    return int(now.timestamp() // PERIOD.total_seconds())
