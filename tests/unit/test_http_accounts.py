"""Accounts as somebody with curl sees them: what is asked for, told, and when to come back."""

from dataclasses import replace
from typing import Any

import pyotp
import pytest
from falcon import testing

from domain.events import LinkIssued
from interfaces.http.ports import Network
from tests.api_world import CREATE, DEVNET, PASSWORD, SECOND, ListedNetworks, User, World, refused

V1 = "/api/v1"


class RealNetwork(ListedNetworks):
    """One development network, and one where something is at stake."""

    def __init__(self) -> None:
        super().__init__(DEVNET)
        real = Network(reference=SECOND, name="Real", development=False, sponsored=False)
        self._all = [*self._all, real]


def second_factor(user: User) -> pyotp.TOTP:
    offered = user.post(f"{V1}/auth/second-factor/offer", {"password": PASSWORD})
    assert offered.status_code == 200, offered.text
    codes = pyotp.TOTP(offered.json["secret"])
    code = codes.at(user.world.clock.now())
    confirmed = user.post(f"{V1}/auth/second-factor/confirm", {"code": code})
    assert confirmed.status_code == 200, confirmed.text
    user.account["recovery"] = confirmed.json["recoveryCodes"]
    return codes


def verify(user: User) -> testing.Result:
    """Open the link that was mailed."""
    [issued] = [
        one.event
        for one in user.world.log.read_all()
        if isinstance(one.event, LinkIssued) and one.stream.id == user.account["accountId"]
    ]
    account = issued.link.__class__(user.account["accountId"])
    text = user.world.people.links.text("verify-email", account, issued.link)
    return user.world.client.simulate_post(f"{V1}/auth/verify-email", json={"token": text})


def login(world: World, **more: Any) -> testing.Result:
    body = {"email": "ada@example.com", "password": PASSWORD} | more
    return world.client.simulate_post(f"{V1}/auth/login", json=body)


def test_what_is_at_stake_waits_for_a_verified_address_and_a_second_factor() -> None:
    world = World(networks=RealNetwork())
    user = world.user()
    assert user.create("k", network="second").json["code"] == "EMAIL_NOT_VERIFIED"
    assert user.create("k").status_code == 202
    assert verify(user).status_code == 200
    assert user.create("k2", network="second").json["code"] == "SECOND_FACTOR_NOT_SET"
    second_factor(user)
    assert user.create("k2", network="second").status_code == 202


def test_a_deployment_that_is_at_stake_is_changed_by_who_may_make_it_alone() -> None:
    world = World(networks=RealNetwork())
    user = world.user()
    verify(user)
    codes = second_factor(user)
    created = user.create("k", network="second").json["deploymentId"]
    world.clock.move(seconds=60)
    proof = {"password": PASSWORD, "secondFactor": codes.at(world.clock.now())}
    assert user.post(f"{V1}/auth/second-factor/remove", proof).status_code == 200
    for change, body in (("cancel", {"reason": "typo"}), ("retry", {})):
        answer = user.post(f"{V1}/token/deployments/{created}/{change}", body)
        assert refused(answer)[:2] == (403, "SECOND_FACTOR_NOT_SET")


def test_a_create_names_which_chain_account_signs() -> None:
    user = World().user()
    added = user.post(f"{V1}/account/signers", {"password": PASSWORD})
    assert (added.status_code, added.json["slot"]) == (201, 1)
    first = user.create("a").json["signerAddress"]
    second = user.create("b", signerId=added.json["signerId"]).json["signerAddress"]
    assert (first, second) == (user.account["evmAddress"], added.json["evmAddress"])
    foreign = user.world.user("bob@example.com").get(f"{V1}/account/addresses").json["signerId"]
    for signer in (foreign, "00000000-0000-4000-8000-000000000000", "x"):
        assert refused(user.create("c", signerId=signer))[:2] == (404, "NOT_FOUND")


def test_a_code_is_asked_for_and_given() -> None:
    world = World()
    codes = second_factor(world.user())
    assert refused(login(world))[:2] == (401, "SECOND_FACTOR_REQUIRED")
    assert refused(login(world, secondFactor="000000"))[:2] == (401, "INVALID_SECOND_FACTOR")
    world.clock.move(seconds=30)
    assert login(world, secondFactor=codes.at(world.clock.now())).status_code == 200


def test_a_lock_says_when_to_come_back_and_a_device_is_let_in() -> None:
    world = World()
    device = world.user().account["deviceToken"]
    for _ in range(5):
        assert refused(login(world, password="wrong"))[:2] == (401, "INVALID_CREDENTIALS")
    locked = login(world)
    assert refused(locked)[:2] == (423, "ACCOUNT_LOCKED")
    assert 1750 < int(locked.headers["retry-after"]) <= 1800
    assert locked.json["retryAfterSeconds"] == int(locked.headers["retry-after"])
    assert login(world, deviceToken=device).status_code == 200


def test_a_network_that_asks_too_often_waits() -> None:
    world = World()
    world.throttle.wait = 2.4
    answer = login(world)
    assert refused(answer)[:2] == (429, "RATE_LIMIT_EXCEEDED")
    assert answer.headers["retry-after"] == "3"
    assert world.client.simulate_get("/livez").status_code == 200


def test_sessions_are_listed_and_ended() -> None:
    world = World()
    user = world.user()
    world.clock.move(seconds=1)
    other = User(world, login(world).json)
    listed = user.get(f"{V1}/auth/sessions").json["sessions"]
    assert [one["current"] for one in listed] == [False, True]
    path = f"{V1}/auth/sessions/{other.account['sessionId']}"
    gone = world.client.simulate_delete(path, headers=user.headers)
    assert gone.status_code == 200
    assert refused(other.get(f"{V1}/auth/profile"))[:2] == (401, "UNAUTHORIZED")
    assert user.post(f"{V1}/auth/logout").status_code == 200
    assert refused(user.get(f"{V1}/auth/profile"))[:2] == (401, "UNAUTHORIZED")
    refreshed = world.client.simulate_post(
        f"{V1}/auth/refresh", json={"refreshToken": user.account["refreshToken"]}
    )
    assert refused(refreshed)[:2] == (401, "REFRESH_TOKEN_REVOKED")


def test_a_refreshed_session_goes_on_and_a_changed_password_says_what_it_does_not_change() -> None:
    world = World()
    user = world.user()
    refreshed = world.client.simulate_post(
        f"{V1}/auth/refresh", json={"refreshToken": user.account["refreshToken"]}
    )
    again = User(world, user.account | refreshed.json)
    changed = again.post(
        f"{V1}/auth/change-password",
        {"currentPassword": PASSWORD, "newPassword": PASSWORD + " anew"},
    )
    assert "Your chain accounts stay" in changed.json["note"]
    assert again.get(f"{V1}/account/addresses").json["evmAddress"] == user.account["evmAddress"]


@pytest.mark.parametrize("form", ["algorand-25-words", "bip39-24-words"])
def test_a_key_is_exported_and_the_addresses_say_so(form: str) -> None:
    user = World().user()
    signer = user.get(f"{V1}/account/addresses").json["signerId"]
    body = {"signerId": signer, "format": form, "password": PASSWORD}
    assert refused(user.post(f"{V1}/account/export", body))[:2] == (403, "SECOND_FACTOR_NOT_SET")
    second_factor(user)
    body["secondFactor"] = user.account["recovery"][0]
    exported = user.post(f"{V1}/account/export", body)
    assert len(exported.json["words"].split()) == int(form.split("-")[1])
    assert user.get(f"{V1}/account/addresses").json["exported"]
    assert refused(user.post(f"{V1}/account/export", body))[:2] == (401, "INVALID_SECOND_FACTOR")


def test_who_is_erased_is_told_once_and_then_unknown() -> None:
    world = World()
    user = world.user()
    assert user.post(f"{V1}/account/erase", {"password": PASSWORD}).status_code == 200
    assert refused(user.get(f"{V1}/auth/profile"))[:2] == (401, "UNAUTHORIZED")
    assert refused(login(world))[:2] == (401, "INVALID_CREDENTIALS")
    assert refused(user.post(CREATE, {}))[:2] == (401, "UNAUTHORIZED")


def test_a_restarted_service_knows_its_sessions_devices_and_keys() -> None:
    world = World()
    user = world.user()
    made = user.post(
        f"{V1}/tenant/api-keys", {"name": "robot", "scope": "read", "password": PASSWORD}
    )
    later = world.restarted()
    headers = {"Authorization": f"Bearer {made.json['key']}"}
    assert later.client.simulate_get(f"{V1}/account/addresses", headers=headers).status_code == 200
    assert replace(user, world=later).get(f"{V1}/auth/profile").status_code == 200
