"""Access tokens: JWT with one algorithm per key, every claim required (RFC 8725)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import jwt

from domain.values import AccountId, TenantId
from infrastructure.keys.provider import DerivedKeys

ALGORITHM = "HS256"
ISSUER = "proofmint"
AUDIENCE = "proofmint-api"
LIFETIME = timedelta(minutes=10)
PURPOSE = "access-token"
CLAIMS = ("iss", "aud", "sub", "tenant", "jti", "iat", "exp")


@dataclass(frozen=True, slots=True)
class Issued:
    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    account: AccountId
    tenant: TenantId


class AccessTokens:
    def __init__(self, keys: DerivedKeys) -> None:
        self._key = keys.derive(PURPOSE)
        self._key_id = keys.key_id(PURPOSE)

    def issue(self, account: AccountId, tenant: TenantId, now: datetime) -> Issued:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(account),
            "tenant": str(tenant),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + LIFETIME,
        }
        headers = {"kid": self._key_id}
        text = jwt.encode(claims, self._key, algorithm=ALGORITHM, headers=headers)
        return Issued(text, now + LIFETIME)

    def verify(self, token: str) -> Bearer | None:
        """Return whom a token speaks for; None if it is malformed, forged, expired or another's."""
        try:
            if jwt.get_unverified_header(token).get("kid") != self._key_id:
                return None
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(CLAIMS)},
            )
            account, tenant = UUID(claims["sub"]), UUID(claims["tenant"])
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            return None
        return Bearer(account=AccountId(account), tenant=TenantId(tenant))
