"""Every code of the catalogue, provoked over HTTP: each as somebody may meet it."""

from collections.abc import Iterator
from uuid import UUID

from falcon import testing

from application.engine.chain import ChainUnavailable
from domain.tenant import MOST
from domain.values import AccountId
from interfaces.http.ports import Network
from tests.actors import AUDITOR, NOBODY, OPERATOR, OWNER, READER, STRANGER, stage
from tests.api_world import (
    CREATE,
    DEPLOYMENTS,
    DEVNET,
    SECOND,
    TOKEN,
    BrokenLog,
    ListedNetworks,
    World,
    unavailable,
)
from tests.identity_world import PASSWORD
from tests.route_requests import BY_NAME, asked, made_ready
from tests.route_rows import wallet_proof

LOGIN = "/api/v1/auth/login"
REGISTER = "/api/v1/auth/register"


class RealNetworks(ListedNetworks):
    """One development network, and one where something is at stake."""

    def __init__(self) -> None:
        super().__init__(DEVNET)
        at_stake = Network(reference=SECOND, name="Real", development=False, sponsored=False)
        self._all = [*self._all, at_stake]


class SilentNodes:
    """Proofs of wallets on a network whose nodes do not answer."""

    def check(self, *_: object) -> None:
        raise ChainUnavailable("no node")

    def note(self, nonce: bytes) -> bytes:
        return nonce


def answers() -> Iterator[testing.Result]:
    yield from _of_requests()
    yield from _of_troubles()
    yield from _of_sign_ins()
    yield from _of_sessions()
    yield from _of_tenants()
    yield from _of_what_is_at_stake()
    yield from _of_wallets()


def _of_requests() -> Iterator[testing.Result]:
    world = World()
    user = world.user()
    client, one = world.client, f"{DEPLOYMENTS}/{user.deploy()}"
    user.create("taken")
    yield user.create(name=5)
    yield user.post(CREATE, "{")
    yield user.create(name=None)
    yield user.create(network="mars")
    yield user.create(cap="x")
    yield user.get(DEPLOYMENTS, params={"cursor": "x"})
    yield user.get(f"{one}/audit-trail", params={"format": "xml"})
    yield user.post(CREATE, b" " * 70_000)
    yield user.post(CREATE, TOKEN, **{"Content-Type": "text/plain"})
    yield client.simulate_post(CREATE, json=TOKEN, headers=user.headers)
    yield user.create(key="a b")
    yield user.create("taken", name="Silver")
    yield client.simulate_get(DEPLOYMENTS)
    yield client.simulate_get("/nowhere")
    yield client.simulate_put(CREATE)
    yield user.post(f"{one}/retry", {})
    yield user.get(f"{one}/certificate")
    world.fail(one.rpartition("/")[2])  # and no proof of it is there
    yield user.get(f"{one}/certificate")


def _of_troubles() -> Iterator[testing.Result]:
    login = {"email": "a@b.cd", "password": PASSWORD}
    for error in (unavailable(), RuntimeError("x")):
        yield World(log=BrokenLog(error)).client.simulate_post(LOGIN, json=login)
    on = stage()
    body = made_ready(on, BY_NAME["cancel"], OWNER)
    on.log.lose()
    yield asked(on, BY_NAME["cancel"], OWNER, on.ids, body)
    on = stage()
    on.world.throttle.wait = 1.0
    yield on.ask(NOBODY, "POST", "/auth/login", login)


def _of_sign_ins() -> Iterator[testing.Result]:
    world = World()
    user = world.user()
    right = {"email": "ada@example.com", "password": PASSWORD}
    for change in ({"email": "x"}, {"password": "x"}, {}):
        yield world.client.simulate_post(REGISTER, json=right | change)
    yield user.post("/api/v1/auth/second-factor/remove", {"password": PASSWORD})
    world.people.set_second_factor(AccountId(UUID(user.account["accountId"])))
    yield world.client.simulate_post(LOGIN, json=right)
    yield world.client.simulate_post(LOGIN, json=right | {"secondFactor": "000000"})
    for _ in range(5):
        yield world.client.simulate_post(LOGIN, json=right | {"password": "wrong"})
    yield world.client.simulate_post("/api/v1/auth/verify-email", json={"token": "x"})


def _of_sessions() -> Iterator[testing.Result]:
    world = World()
    user = world.user()
    refresh, path = {"refreshToken": user.account["refreshToken"]}, "/api/v1/auth/refresh"
    yield world.client.simulate_post(path, json={"refreshToken": "x"})
    world.clock.move(days=31)
    yield world.client.simulate_post(path, json=refresh)
    ended = World()
    other = ended.user()
    other.post("/api/v1/auth/logout")
    yield ended.client.simulate_post(path, json={"refreshToken": other.account["refreshToken"]})


def _of_tenants() -> Iterator[testing.Result]:
    on = stage()
    yield on.ask(AUDITOR, "POST", "/account/signers", {"password": PASSWORD})
    yield on.ask(READER, "GET", "/auth/profile")
    own = on.actors[STRANGER].account
    yield on.ask(
        STRANGER, "PUT", f"/tenant/members/{own}/role", {"role": "auditor", "password": PASSWORD}
    )
    yield on.ask(OWNER, "POST", "/tenant/api-keys", {"name": "unconfirmed", "scope": "read"})
    tenant = on.actors[OWNER].own_tenant
    invited = {"email": on.actors[OPERATOR].email, "role": "auditor", "password": PASSWORD}
    on.told(OWNER, "POST", "/tenant/invitations", invited)
    token = {"token": on.invitation_link(tenant)}
    yield on.ask(OPERATOR, "POST", "/tenant/invitations/accept", token)
    for number in range(MOST):
        key = {"name": str(number), "scope": "read", "password": PASSWORD}
        yield on.ask(OWNER, "POST", "/tenant/api-keys", key)


def _of_what_is_at_stake() -> Iterator[testing.Result]:
    world = World(networks=RealNetworks())
    user = world.user()
    yield user.create(network="second")
    signer = user.get("/api/v1/account/addresses").json["signerId"]
    body = {"signerId": signer, "format": "bip39-24-words", "password": PASSWORD}
    yield user.post("/api/v1/account/export", body)


def _of_wallets() -> Iterator[testing.Result]:
    on = stage()
    proof = wallet_proof(on, on.actors[NOBODY])
    session = on.told(NOBODY, "POST", "/auth/wallet/login", proof)
    yield on.ask(NOBODY, "POST", "/auth/wallet/login", proof)
    holder = {"Authorization": f"Bearer {session['accessToken']}"}
    yield on.ask(NOBODY, "GET", "/account/addresses", headers=holder)
    body = {"password": PASSWORD}
    yield on.ask(NOBODY, "POST", "/account/signers", body, headers=holder)
    on.world.clock.move(minutes=6)
    robot = {"name": "robot", "scope": "read"}
    yield on.ask(NOBODY, "POST", "/tenant/api-keys", robot, headers=holder)
    on.world.clock.move(minutes=-6)
    world = World()
    world.people.identity.wallets._proofs = SilentNodes()  # type: ignore[assignment]
    nowhere = wallet_proof(on, on.actors[NOBODY])  # every world here has the same keys
    yield world.client.simulate_post("/api/v1/auth/wallet/login", json=nowhere)
