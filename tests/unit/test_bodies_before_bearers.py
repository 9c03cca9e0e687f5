"""All of a request is received before anybody asks who sent it, and judged after."""

import io
import json
from collections.abc import Callable
from typing import Any

from falcon import testing

from interfaces.http.bodies import LARGEST
from tests.api_world import CREATE, TOKEN, World, refused
from tests.identity_world import PASSWORD

EMAIL = "ada@example.com"
ORDER = json.dumps(TOKEN).encode()


class SlowBody(io.RawIOBase):
    """A body whose sender first does something else."""

    def __init__(self, body: bytes, first: Callable[[], Any]) -> None:
        self._rest = io.BytesIO(body)
        self._first = first
        self.asked = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self.asked:
            self.asked = True
            self._first()
        return self._rest.read(size)


def entered(world: World, path: str) -> str:
    body = {"email": EMAIL, "password": PASSWORD}
    return str(world.client.simulate_post(f"/api/v1/auth/{path}", json=body).json["accessToken"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def sent(
    world: World,
    body: SlowBody,
    token: str | None,
    length: int = len(ORDER),
    kind: str = "application/json",
) -> testing.Result:
    """Send a request whose body the application has to wait for."""
    headers = {"Idempotency-Key": "one"} | (bearer(token) if token else {})
    environ = testing.create_environ(path=CREATE, method="POST", headers=headers)
    environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": kind}
    started = testing.StartResponseMock()
    chunks = world.client.app(environ, started)
    return testing.Result(chunks, started.status or "", started.headers or ())


def test_a_body_that_comes_after_the_session_was_ended_does_nothing() -> None:
    world = World()
    own = entered(world, "register")
    stolen = entered(world, "login")

    def end() -> None:
        ended = world.client.simulate_delete("/api/v1/auth/sessions", headers=bearer(own))
        assert ended.status_code == 200, ended.text

    assert refused(sent(world, SlowBody(ORDER, end), stolen))[:2] == (401, "UNAUTHORIZED")
    assert sent(world, SlowBody(ORDER, lambda: None), own).status_code == 202


def test_who_nobody_knows_is_told_so_whatever_he_sends() -> None:
    world = World()
    for body, length, kind in (
        (b"{", 1, "application/json"),
        (b"{", 9, "application/json"),
        (ORDER, len(ORDER), "text/plain"),
        (b"x" * (LARGEST + 1), LARGEST + 1, "application/json"),
    ):
        slow = SlowBody(body, lambda: None)
        assert refused(sent(world, slow, None, length, kind))[:2] == (401, "UNAUTHORIZED")


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    world = World()
    own = entered(world, "register")
    for token, refusal in ((None, (401, "UNAUTHORIZED")), (own, (413, "PAYLOAD_TOO_LARGE"))):
        body = SlowBody(b"x" * (LARGEST + 1), lambda: None)
        assert refused(sent(world, body, token, LARGEST + 1))[:2] == refusal
        assert not body.asked


def test_a_body_that_ends_early_is_refused_even_where_it_is_json() -> None:
    world = World()
    own = entered(world, "register")
    early = SlowBody(ORDER, lambda: None)
    assert refused(sent(world, early, own, len(ORDER) + 1))[:2] == (400, "MALFORMED_JSON")
