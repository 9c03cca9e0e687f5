"""What leaves facts and proves nothing costs its network more; sign-ups are rationed to all."""

import pytest

from infrastructure.client_throttle import ClientThrottle
from interfaces.http.route import UNPROVEN
from tests.api_world import World
from tests.identity_world import PASSWORD
from tests.route_requests import BY_NAME

COSTLY = {"register", "ask_reset", "wallet_login"}
NOT_THROTTLED = {"logout", "end_session"}
"""What ends a session once: after that it is another answer, and no fact."""


def asked(world: World, path: str, body: dict[str, str], network: str = "192.0.2.1") -> int:
    answer = world.client.simulate_post(f"/api/v1{path}", json=body, remote_addr=network)
    if answer.status_code == 429:
        assert int(answer.headers["retry-after"]) >= 1
    return int(answer.status_code)


def test_open_routes_that_leave_facts_without_password_work_cost_several_tries() -> None:
    assert {name for name, route in BY_NAME.items() if route.cost == UNPROVEN} == COSTLY
    assert {name for name, route in BY_NAME.items() if route.cost != 1} == COSTLY
    assert {name for name, route in BY_NAME.items() if route.rationed} == {"register"}
    assert all(BY_NAME[name].throttled for name in COSTLY)


def test_what_one_does_with_ones_own_account_is_throttled_where_it_leaves_facts() -> None:
    routes = [one for one in BY_NAME.values() if one.path.startswith("/api/v1/auth/")]
    writing = {one.operation for one in routes if one.method != "GET" and not one.throttled}
    assert writing == NOT_THROTTLED


def test_a_network_asks_for_few_resets_and_leaves_other_networks_alone() -> None:
    world = World(throttle=ClientThrottle(12, 0.5, lambda: 0.0))
    path = "/auth/reset-password/request"
    bodies = [{"email": f"{number}@example.com"} for number in range(4)]
    assert [asked(world, path, body) for body in bodies] == [202, 202, 429, 429]
    before = world.log.position()
    assert asked(world, path, bodies[3]) == 429
    assert world.log.position() == before, "who waits leaves nothing"
    assert asked(world, path, bodies[3], "198.51.100.1") == 202
    login = {"email": "0@example.com", "password": PASSWORD}
    assert [asked(world, "/auth/login", login) for _ in range(3)] == [401, 401, 429]


def test_all_networks_together_sign_up_only_so_often_and_sign_in_all_the_same() -> None:
    world = World(rations=ClientThrottle(2, 0.5, lambda: 0.0))
    bodies = [{"email": f"{n}@example.com", "password": PASSWORD} for n in range(4)]
    networks = [f"192.0.{number}.1" for number in range(4)]
    statuses = [
        asked(world, "/auth/register", *pair) for pair in zip(bodies, networks, strict=True)
    ]
    assert statuses == [201, 201, 429, 429]
    assert asked(world, "/auth/login", bodies[0]) == 200


@pytest.mark.parametrize("tries", [5, 12, 40])
def test_what_a_network_is_refused_takes_nothing_of_what_all_have(tries: int) -> None:
    world = World(
        throttle=ClientThrottle(tries, 0.5, lambda: 0.0),
        rations=ClientThrottle(tries // UNPROVEN + 1, 0.5, lambda: 0.0),
    )
    bodies = [{"email": f"{n}@example.com", "password": PASSWORD} for n in range(12)]
    statuses = [asked(world, "/auth/register", body) for body in bodies[:10]]
    assert statuses.count(201) == tries // UNPROVEN
    assert asked(world, "/auth/register", bodies[10], "198.51.100.1") == 201
    assert asked(world, "/auth/register", bodies[11], "203.0.113.1") == 429
