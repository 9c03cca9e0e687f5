"""Everybody who may stand before the API: made once through it, and back to that for each test."""

from copy import copy
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any
from uuid import UUID

from falcon import testing

from domain.events import LinkIssued, LinkPurpose, MemberInvited
from domain.values import AccountId
from infrastructure.event_log.admission import Head
from infrastructure.links import MailLinks
from tests.api_world import World
from tests.identity_world import KEYS, PASSWORD
from tests.memory_log import MemoryLog
from tests.troubled_log import TroubledLog

V1 = "/api/v1"
NOBODY, STRANGER, AUDITOR, OPERATOR, OWNER = "nobody", "stranger", "auditor", "operator", "owner"
READER, DEPLOYER = "key that reads", "key that deploys"
EVERYBODY = (NOBODY, STRANGER, AUDITOR, OPERATOR, OWNER, READER, DEPLOYER)
PERSONS = (STRANGER, AUDITOR, OPERATOR, OWNER)


@dataclass(frozen=True, kw_only=True)
class Actor:
    name: str
    bearer: str | None = None
    email: str = ""
    account: str = ""
    own_tenant: str = ""
    session: str = ""
    refresh: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.bearer is None else {"Authorization": f"Bearer {self.bearer}"}

    @property
    def id(self) -> AccountId:
        return AccountId(UUID(self.account))


class Snapshot:
    """A log as it was, to be put back in its place as often as one likes."""

    def __init__(self, log: MemoryLog) -> None:
        self._head = _same(log._head)
        self._streams = {name: tuple(events) for name, events in log._by_stream.items()}

    def restore(self, log: MemoryLog) -> None:
        log._head = _same(self._head)
        log._by_stream = {name: list(events) for name, events in self._streams.items()}


@dataclass
class Stage:
    """One service, its actors, and the ids of what belongs to the owner's tenant."""

    log: TroubledLog
    world: World
    actors: dict[str, Actor] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def ask(
        self, actor: str, method: str, path: str, body: Any = None, **more: Any
    ) -> testing.Result:
        headers = self.actors[actor].headers | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return self.world.client.simulate_request(method, V1 + path, headers=headers, **more)

    def told(self, actor: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.ask(actor, method, path, body, **more)
        assert answer.status_code < 300, answer.text
        return answer.json

    def link(self, account: str, purpose: LinkPurpose) -> str:
        """Return what the last mail with a link of this purpose holds."""
        issued = [
            one.event
            for one in self.world.log.read_all()
            if isinstance(one.event, LinkIssued)
            and one.stream.id == account
            and one.event.purpose is purpose
        ]
        return MailLinks(KEYS).text(purpose.value, UUID(account), issued[-1].link)

    def invitation_link(self, tenant: str) -> str:
        invited = [
            one.event
            for one in self.world.log.read_all()
            if isinstance(one.event, MemberInvited) and one.stream.id == tenant
        ]
        return MailLinks(KEYS).text("invitation", UUID(tenant), invited[-1].invitation)

    def member(self, name: str, role: str) -> None:
        """Let somebody sign up, be invited by the owner, join by the link, and sign in for them."""
        email = f"{name}@example.com"
        own = self._registered(name, email)
        invited = {"email": email, "role": role, "password": PASSWORD}
        self.told(OWNER, "POST", "/tenant/invitations", invited)
        tenant = self.actors[OWNER].own_tenant
        token = self.invitation_link(tenant)
        joined = self.told(name, "POST", "/tenant/invitations/accept", {"token": token})
        assert joined["tenantId"] == tenant
        login = {"email": email, "password": PASSWORD, "tenantId": tenant}
        session = self.told(NOBODY, "POST", "/auth/login", login)
        self.actors[name] = replace(_actor(name, email, session), own_tenant=own.own_tenant)

    def key(self, name: str, scope: str) -> None:
        wanted = {"name": name, "scope": scope, "password": PASSWORD}
        made = self.told(OWNER, "POST", "/tenant/api-keys", wanted)
        self.actors[name] = Actor(name=name, bearer=made["key"])
        self.ids[name] = made["keyId"]

    def _registered(self, name: str, email: str) -> Actor:
        body = {"email": email, "password": PASSWORD}
        told = self.told(NOBODY, "POST", "/auth/register", body)
        self.actors[name] = _actor(name, email, told)
        token = self.link(told["accountId"], LinkPurpose.VERIFY_EMAIL)
        self.told(NOBODY, "POST", "/auth/verify-email", {"token": token})
        return self.actors[name]

    def found(self) -> "Stage":
        self.actors[NOBODY] = Actor(name=NOBODY)
        for name in (OWNER, STRANGER):
            self._registered(name, f"{name}@example.com")
        self.member(AUDITOR, "auditor")
        self.member(OPERATOR, "operator")
        self.member("partner", "owner")
        self.key(READER, "read")
        self.key(DEPLOYER, "deploy")
        self.key("spare", "read")
        owner = self.actors[OWNER]
        invited = {"email": "guest@example.com", "role": "auditor", "password": PASSWORD}
        self.ids |= {
            "session_id": owner.session,
            "account_id": self.actors[OPERATOR].account,
            "invitation_id": self.told(OWNER, "POST", "/tenant/invitations", invited)[
                "invitationId"
            ],
            "key_id": self.ids["spare"],
            "signer_id": self.told(OWNER, "GET", "/account/addresses")["signerId"],
        }
        created = self.told(
            OWNER,
            "POST",
            "/token/erc20-mintable/create",
            {
                "name": "Gold",
                "symbol": "GLD",
                "initialSupply": "1",
                "cap": "2",
                "network": "devnet",
            },
            headers={"Idempotency-Key": "first"},
        )
        self.ids["deployment_id"] = created["deploymentId"]
        return self


@cache
def _founded() -> tuple[Stage, Snapshot]:
    log = TroubledLog()
    return Stage(log, World(log=log)).found(), Snapshot(log)


def stage() -> Stage:
    """Return the one stage, as it was when its actors had come in."""
    founded, snapshot = _founded()
    snapshot.restore(founded.log)
    founded.log.heal()
    founded.world.throttle.wait = 0.0
    return founded


def _same(head: Head) -> Head:
    return replace(head, **{one.name: copy(getattr(head, one.name)) for one in fields(head)})


def _actor(name: str, email: str, session: dict[str, str]) -> Actor:
    return Actor(
        name=name,
        bearer=session["accessToken"],
        email=email,
        account=session["accountId"],
        own_tenant=session["tenantId"],
        session=session["sessionId"],
        refresh=session["refreshToken"],
    )
