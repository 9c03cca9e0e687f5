"""Who is meant by an address: throttled, locked out and written down, behind proxies or not."""

from typing import Any

import pytest
from falcon import testing

from infrastructure.access_settings import AccessSettings
from infrastructure.client_addresses import network_of
from infrastructure.client_throttle import ClientThrottle
from tests.api_world import World, refused
from tests.identity_world import PASSWORD

LOGIN, REGISTER = "/api/v1/auth/login", "/api/v1/auth/register"
EMAIL = "ada@example.com"
OUTER, INNER = "10.1.0.1", "10.2.0.1"
ATTACKER, VICTIM, OTHER = "203.0.113.66", "198.51.100.7", "192.0.2.9"


class Trusted(set[str]):
    """The proxies of a setting, where the world looks for single ones."""

    def __init__(self, setting: str) -> None:
        super().__init__()
        self._settings = AccessSettings.from_environment({"PROOFMINT_TRUSTED_PROXIES": setting})

    def __contains__(self, address: object) -> bool:
        return self._settings.is_proxy(str(address))


def world(proxies: str = "10.1.0.0/16, 10.2.0.0/16, fe80::/10", **more: Any) -> World:
    made = World(proxies=Trusted(proxies), **more)
    send(made, REGISTER, OTHER, EMAIL)
    return made


def send(
    on: World,
    path: str,
    peer: str,
    email: str = EMAIL,
    password: str = PASSWORD,
    forwarded: str | None = None,
    **headers: str,
) -> testing.Result:
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    body = {"email": email, "password": password}
    return on.client.simulate_post(path, json=body, headers=headers, remote_addr=peer)


def seen(on: World, peer: str, forwarded: str | None = None, **headers: str) -> str:
    """Return the address that a sign-in is written down with."""
    answer = send(on, LOGIN, peer, forwarded=forwarded, **headers)
    assert answer.status_code == 200, answer.text
    bearer = {"Authorization": f"Bearer {answer.json['accessToken']}"}
    listed = on.client.simulate_get("/api/v1/auth/sessions", headers=bearer).json["sessions"]
    [current] = [one for one in listed if one["current"]]
    return current["sourceIp"] or ""


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (ATTACKER, None, ATTACKER),
        (ATTACKER, VICTIM, ATTACKER),
        (ATTACKER, f"{VICTIM}, {OUTER}", ATTACKER),
        (OUTER, None, OUTER),
        (OUTER, VICTIM, VICTIM),
        (OUTER, f"{VICTIM}, {ATTACKER}", ATTACKER),
        (OUTER, f"{OUTER}, {ATTACKER}", ATTACKER),
        (OUTER, f"unknown, {ATTACKER}", ATTACKER),
        (INNER, f"{ATTACKER}, {OUTER}", ATTACKER),
        (INNER, f"{VICTIM}, {ATTACKER}, {OUTER}", ATTACKER),
        (INNER, f"{VICTIM}, {OUTER}, {ATTACKER}", ATTACKER),
        (INNER, f"{OUTER}, {OUTER}, {OUTER}", OUTER),
        (INNER, f"{VICTIM},{ATTACKER} ,  {OUTER}  ", ATTACKER),
        (OUTER, "", OUTER),
        (OUTER, ",", OUTER),
        (OUTER, f"{VICTIM}, ", OUTER),
        (OUTER, f"{VICTIM},,{ATTACKER}", ATTACKER),
        (f"::ffff:{OUTER}", VICTIM, VICTIM),
        (INNER, f"{VICTIM}, ::ffff:{OUTER}", VICTIM),
        ("fe80::1%eth0", VICTIM, VICTIM),
        ("fe80::1%eth0", "fe80::2%eth1", "fe80::2"),
        (OUTER, f"{VICTIM}:51234", VICTIM),
        (OUTER, "[2001:db8::7]:51234", "2001:db8::7"),
        (OUTER, "[2001:db8::7]", "2001:db8::7"),
        (OUTER, "2001:db8::7", "2001:db8::7"),
        (INNER, f"{VICTIM}:51234, {OUTER}:443", VICTIM),
        (OUTER, "unknown", ""),
        (OUTER, "_hidden", ""),
        (OUTER, "x" * 500, ""),
        (OUTER, "for=192.0.2.1;by=203.0.113.1", ""),
        (OUTER, "010.0.0.1", ""),
        (OUTER, "2001:DB8:0::7", "2001:db8::7"),
        (OUTER, f"::ffff:{VICTIM}", VICTIM),
        (OUTER, f"[::ffff:{VICTIM}%eth0]:443", VICTIM),
        (f"::ffff:{ATTACKER}", None, ATTACKER),
        ("10.1.0.1.example", VICTIM, ""),
    ],
)
def test_an_address_is_what_the_last_stranger_to_our_proxies_came_from(
    peer: str, forwarded: str | None, client: str
) -> None:
    assert seen(world(), peer, forwarded) == client


def test_no_other_header_says_where_somebody_comes_from() -> None:
    names = ("Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP", "Via")
    for peer in (ATTACKER, OUTER):
        on = world()
        headers = dict.fromkeys(names, VICTIM) | {"Forwarded": f"for={VICTIM}"}
        assert seen(on, peer, None, **headers) == peer


@pytest.mark.parametrize("peer", [ATTACKER, f"::ffff:{ATTACKER}"])
def test_who_spoofs_addresses_without_our_proxy_locks_nobody_out_but_himself(peer: str) -> None:
    on = world()
    for number in range(5):
        forwarded = f"{VICTIM}, 198.51.100.{number}"
        wrong = send(on, LOGIN, peer, password="wrong", forwarded=forwarded)
        assert refused(wrong)[1] == "INVALID_CREDENTIALS"
    assert refused(send(on, LOGIN, peer, forwarded=OTHER))[1] == "ACCOUNT_LOCKED"
    assert refused(send(on, LOGIN, ATTACKER))[1] == "ACCOUNT_LOCKED"
    assert send(on, LOGIN, VICTIM).status_code == 200
    assert send(on, LOGIN, OUTER, forwarded=VICTIM).status_code == 200


def test_who_spoofs_addresses_through_our_proxies_locks_nobody_out_but_himself() -> None:
    on = world()
    for number in range(5):
        forwarded = f"{VICTIM}, 198.51.100.{number}, {ATTACKER}, {OUTER}"
        send(on, LOGIN, INNER, password="wrong", forwarded=forwarded)
    assert refused(send(on, LOGIN, INNER, forwarded=ATTACKER))[1] == "ACCOUNT_LOCKED"
    assert send(on, LOGIN, INNER, forwarded=f"{VICTIM}, {OUTER}").status_code == 200
    assert send(on, LOGIN, INNER, forwarded=f"{ATTACKER}, {VICTIM}").status_code == 200


def test_a_proxy_that_is_not_trusted_is_one_client_and_says_so_of_all_behind_it() -> None:
    on = world(proxies="")
    for number in range(5):
        send(on, LOGIN, OUTER, password="wrong", forwarded=f"198.51.100.{number}")
    assert refused(send(on, LOGIN, OUTER, forwarded=VICTIM))[1] == "ACCOUNT_LOCKED"


@pytest.mark.parametrize(
    "addresses",
    [
        [f"203.0.113.{number}" for number in range(8)],
        [f"203.0.113.66:{50_000 + number}" for number in range(8)],
        [f"::ffff:203.0.113.{number}" for number in range(8)],
        [f"[::ffff:203.0.113.66]:{50_000 + number}" for number in range(8)],
        [f"2001:db8:1:{number}::1" for number in range(8)],
        [f"2001:DB8:1::{number}" for number in range(8)],
        [f"[2001:db8:1::1]:{50_000 + number}" for number in range(8)],
        [f"fec0::%eth{number}" for number in range(8)],
        [f"2001:db8:1::%{number}" for number in range(8)],
        [f"2001:db8:1::1%{number}" for number in range(8)],
        ["x:1:2", "unknown", "_hidden", "x" * 500, "1.2.3", "for=192.0.2.1", "1.2.3.4:", "[::1"],
        ["2001:db8:1::1", "2001:0db8:0001:0:0:0:0:1", "2001:db8:1:0::1", "2001:DB8:1::0.0.0.1"] * 2,
    ],
    ids=lambda addresses: addresses[1],
)
def test_one_network_is_throttled_and_locked_out_however_its_addresses_are_spelled(
    addresses: list[str],
) -> None:
    on = world()
    codes = [
        refused(send(on, LOGIN, INNER, password="wrong", forwarded=f"{VICTIM}, {one}"))[1]
        for one in addresses
    ]
    assert codes == ["INVALID_CREDENTIALS"] * 5 + ["ACCOUNT_LOCKED"] * 3
    asked = World(proxies=Trusted("10.0.0.0/8"), throttle=ClientThrottle(3, 0.001, lambda: 0.0))
    statuses = [
        send(asked, LOGIN, INNER, forwarded=f"{VICTIM}, {one}").status_code for one in addresses
    ]
    assert statuses == [401] * 3 + [429] * 5


def test_networks_apart_are_throttled_apart() -> None:
    on = World(proxies=Trusted("10.0.0.0/8"), throttle=ClientThrottle(3, 0.001, lambda: 0.0))
    apart = [f"203.0.{number}.1" for number in range(6)]
    apart += [f"2001:db8:{number}::1" for number in range(6)]
    for one in apart:
        statuses = [send(on, LOGIN, INNER, forwarded=one).status_code for _ in range(4)]
        assert statuses == [401] * 3 + [429], one


def test_a_spoofed_header_is_no_way_round_the_throttle() -> None:
    on = World(proxies=Trusted("10.0.0.0/8"), throttle=ClientThrottle(3, 0.001, lambda: 0.0))
    statuses = [
        send(on, LOGIN, ATTACKER, forwarded=f"198.51.{number}.1").status_code for number in range(6)
    ]
    assert statuses == [401] * 3 + [429] * 3
    assert send(on, LOGIN, INNER, forwarded=f"{ATTACKER}, 198.51.100.7").status_code == 401


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("::FFFF:C000:0207", "192.0.2.0/24"),
        ("::ffff:192.0.2.7%eth0", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("fe80::%eth0", "fe80::/48"),
        ("::1", "::/48"),
        ("", ""),
        ("192.0.2.7:5678", "192.0.2.0/24"),
        ("[2001:db8:1:2::3]:443", "2001:db8:1::/48"),
        ("[::ffff:192.0.2.7%eth0]", "192.0.2.0/24"),
        ("unknown", ""),
        ("192.0.2.7 ", ""),
        ("192.0.2.007", ""),
        ("192.0.2", ""),
        ("3221226007", ""),
        ("192.0.2.7%eth0", "192.0.2.0/24"),
        ("\u0661.2.3.4", ""),
    ],
)
def test_a_network_is_what_one_customer_has(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("setting", "address", "trusted"),
    [
        ("", OUTER, False),
        (OUTER, OUTER, True),
        (OUTER, "10.1.0.2", False),
        ("10.0.0.0/8", f"::ffff:{OUTER}", True),
        ("10.0.0.0/8", "::ffff:11.0.0.1", False),
        ("10.0.0.0/8", "::a01:1", False),
        ("10.0.0.0/8", "10.1.0.1:80", False),
        ("10.0.0.0/8", "010.1.0.1", False),
        ("10.0.0.0/8", "", False),
        ("10.0.0.0/8", "unknown", False),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::/0", "10.1.0.1", False),
        ("2001:db8::/32", "2001:DB8:0::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
    ],
)
def test_a_proxy_is_trusted_by_its_address_however_it_is_spelled(
    setting: str, address: str, trusted: bool
) -> None:
    assert (address in Trusted(setting)) == trusted
