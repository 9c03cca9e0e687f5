"""Access tokens as an attacker spells them: right but for one thing, even with our own keys."""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from infrastructure.access_tokens import AUDIENCE, ISSUER, PERIOD, TYPE
from tests.identity_world import KEYS

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
WEEK = int(PERIOD.total_seconds())
NOW = datetime.fromtimestamp(3000 * WEEK + WEEK // 2, UTC)
"""The middle of a week."""
OTHER_PURPOSES = (
    "access-token",
    "access-token/",
    "access-token/0",
    "refresh-token",
    "device",
    "mail-link",
    "email-claim",
    "cursor",
    "wallet-challenge",
    "",
)
HUGE = "9" * 400


_NUMBERS = count()


def some_id() -> UUID:
    """Return another id each time, the same in each run: cases are named by what they hold."""
    return uuid5(UUID(int=0), str(next(_NUMBERS)))


def week_of(time: datetime) -> int:
    return int(time.timestamp()) // WEEK


def purpose_of(week: int) -> str:
    return f"access-token/{week}"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a token is made of. As it stands, it is one of ours."""

    header: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    """Members of either part that are left out."""
    raw_header: bytes | None = None
    raw_claims: bytes | None = None
    key: bytes | None = None
    digest: str = "sha256"
    week: int = week_of(NOW)
    """Whose key signs, and is named."""
    now: datetime = NOW

    @property
    def head(self) -> dict[str, Any]:
        key_id = KEYS.key_id(purpose_of(self.week))
        whole = {"alg": "HS256", "kid": key_id, "typ": TYPE, **self.header}
        return {name: value for name, value in whole.items() if name not in self.without}

    @property
    def body(self) -> dict[str, Any]:
        seconds = int(self.now.timestamp())
        whole = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(some_id()),
            "tenant": str(some_id()),
            "sid": str(some_id()),
            "jti": str(some_id()),
            "iat": seconds,
            "exp": seconds + 600,
            **self.claims,
        }
        return {name: value for name, value in whole.items() if name not in self.without}

    def token(self) -> str:
        head = compact(self.head) if self.raw_header is None else self.raw_header
        body = compact(self.body) if self.raw_claims is None else self.raw_claims
        signed = f"{base64url(head)}.{base64url(body)}"
        return f"{signed}.{base64url(self.tag(signed.encode()))}"

    def tag(self, signed: bytes) -> bytes:
        key = KEYS.derive(purpose_of(self.week)) if self.key is None else self.key
        return hmac.digest(key, signed, self.digest)


def recipes() -> Iterator[tuple[str, Recipe]]:
    """Yield what is wrong, and tokens that are signed all the same: with our key, if not said."""
    yield from _algorithms()
    yield from _keys()
    yield from _headers()
    yield from _claims()
    yield from _times()
    yield from _spellings()


def _algorithms() -> Iterator[tuple[str, Recipe]]:
    names: list[Any] = ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "hs256", "HS256 "]
    names += ["RS256", "PS256", "ES256", "ES256K", "EdDSA", "A128KW", "dir", None, 0, [], {}]
    names += [["HS256"], {"HS256": 1}, True, "HS256\0", "\uff28S256"]
    for name in names:
        yield f"alg {name!r}", Recipe(header={"alg": name})
        yield f"alg {name!r} by no key", Recipe(header={"alg": name}, key=b"")
    for digest in ("sha384", "sha512", "sha1", "md5", "sha3_256"):
        yield f"{digest} as HS256", Recipe(digest=digest)
        yield f"{digest} said", Recipe(digest=digest, header={"alg": "HS" + digest[3:]})


def _keys() -> Iterator[tuple[str, Recipe]]:
    week = week_of(NOW)
    for purpose in (*OTHER_PURPOSES, purpose_of(week - 2), purpose_of(week + 2)):
        key, key_id = KEYS.derive(purpose), KEYS.key_id(purpose)
        yield f"key of {purpose}", Recipe(key=key)
        yield f"key and id of {purpose}", Recipe(key=key, header={"kid": key_id})
    for other in (-2, -1, 1, 2):
        key_id = KEYS.key_id(purpose_of(week + other))
        yield f"week {other} named, this one signs", Recipe(header={"kid": key_id})
        key = KEYS.derive(purpose_of(week + other))
        yield f"this week named, {other} signs", Recipe(key=key)
        yield f"week {other} signs what this one issued", Recipe(week=week + other)
    known = KEYS.key_id(purpose_of(week))
    guesses = (
        b"",
        b"\0" * 32,
        b"x" * 32,
        b"secret",
        known.encode(),
        TYPE.encode(),
        ISSUER.encode(),
    )
    for key in (*guesses, bytes.fromhex(known), sha256(b"").digest(), bytes(range(32))):
        yield f"guessed key {key!r}", Recipe(key=key)
    ids: list[Any] = [
        "",
        "other",
        "../../dev/null",
        "/dev/null",
        "' OR 1=1",
        known.upper(),
        known[:-1],
    ]
    ids += [known + "\0", known + " ", " " + known, known * 2, 0, 7, True, None, [], [known], {}]
    ids += [{known: 1}, int(known, 16), purpose_of(week), "\ud800", "\uff10", HUGE]
    for key_id in ids:
        yield f"kid {key_id!r}"[:80], Recipe(header={"kid": key_id})


def _headers() -> Iterator[tuple[str, Recipe]]:
    jwk = {"kty": "oct", "k": base64url(b"x" * 32), "alg": "HS256", "kid": "x"}
    pointers = {
        "jwk": jwk,
        "jku": "https://attacker.example/keys",
        "x5u": "https://attacker.example/cert",
        "x5c": ["MIIB"],
        "x5t": "AAAA",
        "x5t#S256": "AAAA",
        "crit": [],
        "cty": "JWT",
        "b64": True,
        "zip": "DEF",
        "enc": "A256GCM",
        "epk": jwk,
        "p2c": 10**9,
        "p2s": "AAAA",
        "iss": ISSUER,
        "exp": 9_999_999_999,
        "nonce": "x",
        "": "",
        "ALG": "HS256",
        "Kid": KEYS.key_id(purpose_of(week_of(NOW))),
    }
    for name, value in pointers.items():
        yield f"header {name}", Recipe(header={name: value})
        yield f"header {name} by its key", Recipe(header={name: value}, key=b"x" * 32)
    for crit in (["exp"], ["b64"], ["alg"], ["kid"], "b64", None, 7):
        yield f"crit {crit!r}", Recipe(header={"crit": crit})
    yield "b64 false", Recipe(header={"b64": False, "crit": ["b64"]})
    for name in ("alg", "kid", "typ"):
        yield f"no {name}", Recipe(without=(name,))
    kinds: list[Any] = ["JWT", "at+JWT", "AT+JWT", "jwt", "application/at+jwt", "", "at+jwt ", None]
    for kind in (*kinds, 0, [TYPE], {TYPE: 1}, True, "JOSE", "JWE", "dpop+jwt", "logout+jwt"):
        yield f"typ {kind!r}", Recipe(header={"typ": kind})


def _claims() -> Iterator[tuple[str, Recipe]]:
    names = tuple(Recipe().body)
    for name in names:
        yield f"no {name}", Recipe(without=(name,))
        odd: list[Any] = [None, True, 0, -1, 1.5, [], {}, ["x"], {"x": 1}, "", "\0", "\ud800", HUGE]
        for value in odd:
            if (name, type(value)) != ("jti", str):
                yield f"{name} is {value!r}"[:80], Recipe(claims={name: value})
    beside: list[tuple[str, Any]] = [
        ("nbf", 0),
        ("nbf", 9_999_999_999),
        ("nbf", "x"),
        ("role", "owner"),
        ("scope", "deploy"),
        ("cnf", {"jkt": "x"}),
        ("act", {"sub": "x"}),
        ("Sub", str(some_id())),
        ("", ""),
    ]
    for name, value in beside:
        yield f"{name} {value!r} beside", Recipe(claims={name: value})
    for value in (
        ISSUER.upper(),
        ISSUER + "/",
        ISSUER + "\0",
        [ISSUER],
        [ISSUER, "x"],
        "https://x",
    ):
        yield f"iss {value!r}", Recipe(claims={"iss": value})
    for value in (
        AUDIENCE.upper(),
        [AUDIENCE],
        [AUDIENCE, "x"],
        ["x", AUDIENCE],
        ISSUER,
        "*",
        "proofmint",
    ):
        yield f"aud {value!r}", Recipe(claims={"aud": value})
    one = some_id()
    spellings: list[Any] = [str(one).upper(), one.hex, f"{{{one}}}", one.urn, f" {one}", f"{one}\n"]
    spellings += [f"{one}\0", str(one).replace("-", "\u2010"), one.int, list(one.bytes)]
    spellings += ["".join(chr(0xFF10 + int(d)) if d.isdecimal() else d for d in str(one))]
    spellings += ["nobody", "anonymous", "*", f"account:{one}", f"{one},{some_id()}"]
    for name in ("sub", "tenant", "sid"):
        for text in spellings:
            yield f"{name} spelled {text!r}"[:80], Recipe(claims={name: text})


def _times() -> Iterator[tuple[str, Recipe]]:
    now = int(NOW.timestamp())
    for seconds in (0, -1, -59, -600, -now, -2 * now):
        yield f"ended {seconds}", Recipe(claims={"iat": now + seconds - 600, "exp": now + seconds})
    for seconds in (601, 3600, 86_400, 10**9, 10**18, 10**40):
        yield f"good for {seconds}", Recipe(claims={"exp": now + seconds})
    for seconds in (31, 60, 599, 3600, WEEK, 10**9):
        late = {"iat": now + seconds, "exp": now + seconds + 600}
        yield f"issued in {seconds}", Recipe(claims=late)
    yield "ends when it begins", Recipe(claims={"exp": now})
    yield "ends before it begins", Recipe(claims={"iat": now + 20, "exp": now + 10})
    for name in ("iat", "exp"):
        exact = now if name == "iat" else now + 600
        for text in (
            f"{exact}.0",
            f"{exact}.5",
            f"{exact}e0",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e400",
        ):
            yield f"{name} {text}", _number(name, text)
        for text in (f'"{exact}"', "-0", "null", "true", f"[{exact}]", HUGE, "-" + HUGE):
            yield f"{name} {text}"[:80], _number(name, text)
        wide = "".join(chr(0xFF10 + int(digit)) for digit in str(exact))
        yield f"{name} in full width", Recipe(claims={name: wide})
        yield f"{name} in ISO 8601", Recipe(claims={name: NOW.isoformat()})


def _number(name: str, text: str) -> Recipe:
    """Return a token with a number as it is spelled."""
    body = Recipe().body | {name: "HERE"}
    return Recipe(raw_claims=compact(body).replace(b'"HERE"', text.encode()))


def _spellings() -> Iterator[tuple[str, Recipe]]:
    head, body = compact(Recipe().head), compact(Recipe().body)
    for part, whole in (("raw_header", head), ("raw_claims", body)):
        for name, value in json.loads(whole).items():
            member = compact({name: value})[1:-1]
            yield f"{name} twice in {part}", _raw(part, whole[:-1] + b"," + member + b"}")
            twice = b"{" + compact({name: "x"})[1:-1] + b"," + whole[1:]
            yield f"{name} twice in {part}, the second counts", _raw(part, twice)
        for blank in (b" ", b"\n", b"\t", b"\r\n"):
            yield f"{part} after {blank!r}", _raw(part, blank + whole)
            yield f"{part} before {blank!r}", _raw(part, whole + blank)
            yield f"{part} around {blank!r}", _raw(part, whole.replace(b":", b":" + blank, 1))
        for odd in (b"", b"{}", b"[]", b"null", b"0", b'"x"', b"{", b"\xff\xfe", b"\0", whole[:-1]):
            yield f"{part} is {odd[:20]!r}", _raw(part, odd)
        for odd in (b"\xef\xbb\xbf" + whole, whole * 2, b"[" + whole + b"]", whole + b"\0"):
            yield f"{part} is {odd[:20]!r}...", _raw(part, odd)
        yield f"{part} in UTF-16", _raw(part, whole.decode().encode("utf-16"))
        yield f"{part} escaped", _raw(part, whole.replace(b"a", b"\\u0061", 1))
        for deep in (b"[" * 2_900, b'{"a":' * 500, b'{"a":' + b"[" * 2_900 + b"]" * 100):
            yield f"{part} without end {deep[:6]!r}", _raw(part, deep)


def mutations(text: str) -> Iterator[str]:
    """Yield a token with one thing changed in its text: no key is needed for any of them."""
    for place, letter in enumerate(text):
        spots = ALPHABET.find(letter)
        yield text[:place] + (ALPHABET[spots ^ 1] if spots >= 0 else "A") + text[place + 1 :]
        yield text[:place] + (ALPHABET[spots ^ 32] if spots >= 0 else "=") + text[place + 1 :]
        yield text[:place] + text[place + 1 :]
        yield text[:place]
    for odd in (
        "=",
        "==",
        " ",
        "\n",
        "\t",
        "\r\n",
        "\0",
        "~",
        "+",
        "/",
        ",",
        ".",
        "..",
        "A",
        "\uff21",
    ):
        for place in (0, len(text), *(at for at, letter in enumerate(text) if letter == ".")):
            yield text[:place] + odd + text[place:]
    head, body, tag = text.split(".")
    for last in ALPHABET:
        yield text[:-1] + last
    yield from (f"{head}.{body}", f"{head}.{body}.", f".{body}.{tag}", f"{head}..{tag}", "..", "")
    yield from (f"{head}.{tag}.{body}", f"{body}.{head}.{tag}", f"{text}.{tag}", f"{text}.{text}")
    yield from (text + text, f"{text},{text}", f"{text} {text}", text.upper(), text.swapcase())
    yield from (f"{head}.{body}.{tag}.{tag}.{tag}", f"{head}....", text[::-1], f"Bearer {text}")
    yield json.dumps({"protected": head, "payload": body, "signature": tag})
    encrypted = base64url(compact({"alg": "dir", "enc": "A256GCM", "kid": Recipe().head["kid"]}))
    yield f"{encrypted}..{base64url(b'i' * 12)}.{base64url(text.encode())}.{base64url(b't' * 16)}"
    for size in (0, 16, 31, 32, 33, 64):
        yield f"{head}.{body}.{base64url(b'0' * size)}"


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def _raw(part: str, text: bytes) -> Recipe:
    return Recipe(raw_header=text) if part == "raw_header" else Recipe(raw_claims=text)
