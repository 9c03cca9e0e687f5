"""Keys: their grammar, their scope, and that a repeat is the same answer."""

import pytest

from domain.errors import KeyReused
from interfaces.http.bodies import fingerprint
from tests.api_world import (
    CREATE,
    DEPLOYMENTS,
    TOKEN,
    ListedNetworks,
    World,
    deployments_in,
    refused,
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    "key", ["k", "a" * 255, "0b9a2c1e-7d0a", "!#$%&'*+-.^_`|~:/;=?@()[]{}<>\\", '"quoted"', '"a,b"']
)
def test_a_key_is_1_to_255_visible_ascii_characters_bare_or_quoted(world: World, key: str) -> None:
    assert world.user().create(key).status_code == 202


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a" * 256,
        "a b",
        '"a b"',
        "a\tb",
        "\u00e9",
        '""',
        '"',
        '"open',
        'open"',
        'in"side',
        '"a\\"b"',
        '"a\\\\b"',
        "first,second",
        "first, second",
        '"first","second"',
        "x" * 10_000,
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(world: World, key: str) -> None:
    user = world.user()
    assert refused(user.create(key)) == (400, "IDEMPOTENCY_KEY_INVALID", ["Idempotency-Key"])
    assert not deployments_in(world.log)


def test_a_create_a_cancel_and_a_retry_need_a_key(world: World) -> None:
    user = world.user()
    one = f"{DEPLOYMENTS}/{user.deploy()}"
    for path, body in ((CREATE, TOKEN), (f"{one}/cancel", {"reason": "no"}), (f"{one}/retry", {})):
        answer = world.client.simulate_post(path, json=body, headers=user.headers)
        assert refused(answer) == (400, "IDEMPOTENCY_KEY_REQUIRED", ["Idempotency-Key"])


def test_a_quoted_key_and_the_bare_one_are_the_same_key(world: World) -> None:
    user = world.user()
    assert user.create("one").content == user.create('"one"').content
    assert len(deployments_in(world.log)) == 1


def test_a_repeat_gets_the_same_bytes_and_is_marked(world: World) -> None:
    user = world.user()
    first, again = user.create("one"), user.create("one")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(deployments_in(world.log)) == 1


def test_members_in_another_order_and_other_blanks_are_the_same_body(world: World) -> None:
    user = world.user()
    first = user.create("one")
    turned = ",\n".join(f'"{name}" : "{value}"' for name, value in reversed(TOKEN.items()))
    assert user.post(CREATE, "{" + turned + "}", "one").content == first.content


def test_another_body_under_the_same_key_is_refused(world: World) -> None:
    user = world.user()
    user.create("one")
    assert refused(user.create("one", name="Silver"))[:2] == (422, "IDEMPOTENCY_KEY_MISMATCH")
    assert refused(user.create("one", decimals=18))[:2] == (422, "IDEMPOTENCY_KEY_MISMATCH")


def test_the_same_answer_comes_after_a_restart_and_whatever_happened_since(world: World) -> None:
    user = world.user()
    first = user.create("one")
    world.fail(first.json["deploymentId"])
    later = world.restarted(networks=ListedNetworks())
    user.world = later
    assert user.create("one").content == first.content
    assert refused(user.create("one", name="Silver"))[1] == KeyReused.code
    assert refused(user.create("two"))[1] == "INVALID_NETWORK"


def test_a_refused_request_does_not_burn_its_key(world: World) -> None:
    user = world.user()
    assert user.create("one", decimals=19).status_code == 422
    assert user.create("one", decimals=6).status_code == 202


def test_a_key_means_something_else_to_another_tenant_and_on_another_route(world: World) -> None:
    ada, bob = world.user(), world.user("bob@example.com")
    first = ada.create("one").json["deploymentId"]
    assert bob.create("one").json["deploymentId"] != first
    cancelled = ada.post(f"{DEPLOYMENTS}/{first}/cancel", {"reason": "typo"}, "one")
    assert cancelled.status_code == 200


def test_a_cancellation_and_a_retry_are_repeated_by_their_bytes(world: World) -> None:
    user = world.user()
    gone, tried = user.deploy(), user.deploy()
    world.fail(tried)
    for path, body in (
        (f"{DEPLOYMENTS}/{gone}/cancel", {"reason": "typo"}),
        (f"{DEPLOYMENTS}/{tried}/retry", {}),
    ):
        first, again = user.post(path, body, "k"), user.post(path, body, "k")
        assert first.status_code == again.status_code < 300
        assert first.content == again.content
        assert again.headers["idempotency-replayed"] == "true"
    other = user.post(f"{DEPLOYMENTS}/{gone}/cancel", {"reason": "other"}, "k")
    assert refused(other)[:2] == (422, "IDEMPOTENCY_KEY_MISMATCH")


def test_a_fingerprint_is_of_the_json_and_not_of_its_spelling() -> None:
    assert fingerprint({"a": 1, "b": "\u00e9"}) == fingerprint({"b": "\u00e9", "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})
    assert fingerprint({"a": 1}) != fingerprint({"a": 1.0})
    assert fingerprint({}).hex() == (
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
