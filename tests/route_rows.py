"""What each route answers to each actor, written down by hand: never made from the table itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from domain.events import LinkPurpose
from domain.roles import Role
from domain.values import SessionId, TenantId
from tests.actors import (
    AUDITOR,
    DEPLOYER,
    EVERYBODY,
    NOBODY,
    OPERATOR,
    OWNER,
    READER,
    STRANGER,
    Actor,
    Stage,
)
from tests.api_world import TOKEN
from tests.identity_world import PASSWORD, VISITOR, attempted, origin

ALLOWED, UNKNOWN, FORBIDDEN, HIDDEN = "allowed", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND"
Body = Callable[[Stage, Actor], dict[str, Any]]
"""Makes ready what a request needs, and returns its body."""
Outcomes = Mapping[str, str]
ASSET = {"name": "Gold", "unitName": "GLD", "totalSupply": 5, "network": "algorand-localnet"}


PUBLIC: Outcomes = dict.fromkeys(EVERYBODY, ALLOWED)
PERSON: Outcomes = {**PUBLIC, NOBODY: UNKNOWN, READER: FORBIDDEN, DEPLOYER: FORBIDDEN}
ONESELF: Outcomes = {**PERSON, STRANGER: HIDDEN, AUDITOR: HIDDEN, OPERATOR: HIDDEN}
"""What belongs to the owner's person: other members see as little as strangers."""
MEMBER: Outcomes = {**PUBLIC, NOBODY: UNKNOWN}
MEMBER_BY_ID: Outcomes = {**MEMBER, STRANGER: HIDDEN}
DEPLOY: Outcomes = {**MEMBER, AUDITOR: FORBIDDEN, READER: FORBIDDEN}
DEPLOY_BY_ID: Outcomes = {**DEPLOY, STRANGER: HIDDEN}
MANAGE: Outcomes = {**DEPLOY, OPERATOR: FORBIDDEN, DEPLOYER: FORBIDDEN}
MANAGE_BY_ID: Outcomes = {**MANAGE, STRANGER: HIDDEN}


@dataclass(frozen=True, kw_only=True)
class Row:
    outcomes: Outcomes
    body: Body | None = None
    code: str | None = None
    """The code of the answer to whoever is allowed, where no account here can do better."""
    query: Mapping[str, str] = field(default_factory=dict)


def fixed(**members: Any) -> Body:
    return lambda _stage, _who: dict(members)


def _proof(stage: Stage, who: Actor) -> dict[str, Any]:
    return {"password": PASSWORD}


def _register(stage: Stage, who: Actor) -> dict[str, Any]:
    return {"email": "new@example.com", "password": PASSWORD}


def _login(stage: Stage, who: Actor) -> dict[str, Any]:
    return {"email": stage.actors[OWNER].email, "password": PASSWORD}


def _refresh(stage: Stage, who: Actor) -> dict[str, Any]:
    return {"refreshToken": stage.actors[OWNER].refresh}


def _reset(stage: Stage, who: Actor) -> dict[str, Any]:
    owner = stage.actors[OWNER]
    stage.world.people.identity.resets.ask(owner.email, VISITOR, origin())
    token = stage.link(owner.account, LinkPurpose.RESET_PASSWORD)
    return {"token": token, "newPassword": PASSWORD + " anew"}


def _verify(stage: Stage, who: Actor) -> dict[str, Any]:
    new = stage.world.people.register(f"{uuid4().hex}@example.com").profile.account
    return {"token": stage.link(str(new), LinkPurpose.VERIFY_EMAIL)}


def _confirm(stage: Stage, who: Actor) -> dict[str, Any]:
    if not who.account:
        return {"code": "000000"}
    people = stage.world.people
    people.identity.second_factors.offer(who.id, attempted())
    key = people.vault.unsealed(who.id, "one-time-key-offered")
    assert key is not None
    return {"code": people.code(key)}


def with_code(stage: Stage, who: Actor) -> dict[str, Any]:
    """Give somebody a second factor, and return a proof with a code of it."""
    if not who.account:
        return {"password": PASSWORD, "secondFactor": "000000"}
    kept = SessionId(UUID(who.session))
    _, codes = stage.world.people.set_second_factor(who.id, session=kept)
    return {"password": PASSWORD, "secondFactor": codes[0]}


def wallet_proof(stage: Stage, who: Actor) -> dict[str, Any]:
    challenge = stage.told(NOBODY, "POST", "/auth/wallet/challenge")
    signed = "d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3c"  # 32 letters w
    return {
        "network": "algorand-localnet",
        "nonce": challenge["nonce"],
        "signedTransaction": signed,
    }


def export(stage: Stage, who: Actor) -> dict[str, Any]:
    body = {"signerId": stage.ids["signer_id"], "format": "bip39-24-words"}
    return body | with_code(stage, who)


def _accept(stage: Stage, who: Actor) -> dict[str, Any]:
    """Invite who asks into a tenant of which they are no member."""
    host = stage.actors[OWNER if who.name == STRANGER else STRANGER].own_tenant
    email = who.email or "guest@example.com"
    people = stage.world.people
    inviter = next(one for one in stage.actors.values() if one.own_tenant == host)
    confirmed = people.confirmed(inviter.id)
    people.identity.members.invite(TenantId(UUID(host)), email, Role.AUDITOR, confirmed)
    return {"token": stage.invitation_link(host)}


def _leave(stage: Stage, who: Actor) -> dict[str, Any]:
    """See to it that an owner is left."""
    if who.name == STRANGER:
        people, tenant = stage.world.people, TenantId(UUID(who.own_tenant))
        confirmed, partner = people.confirmed(who.id), stage.actors["partner"]
        people.identity.members.invite(tenant, partner.email, Role.OWNER, confirmed)
        text = stage.invitation_link(who.own_tenant)
        people.identity.members.accept(text, partner.id, origin())
    return _proof(stage, who)


def _retry(stage: Stage, who: Actor) -> dict[str, Any]:
    stage.world.fail(stage.ids["deployment_id"])
    return {}


ROWS: Mapping[str, Row] = {
    "register": Row(outcomes=PUBLIC, body=_register),
    "login": Row(outcomes=PUBLIC, body=_login),
    "refresh": Row(outcomes=PUBLIC, body=_refresh),
    "logout": Row(outcomes=PERSON),
    "change_password": Row(
        outcomes=PERSON,
        body=fixed(currentPassword=PASSWORD, newPassword=PASSWORD + " anew"),
    ),
    "ask_reset": Row(outcomes=PUBLIC, body=fixed(email="owner@example.com")),
    "reset_password": Row(outcomes=PUBLIC, body=_reset),
    "verify_email": Row(outcomes=PUBLIC, body=_verify),
    "ask_verification": Row(outcomes=PERSON),
    "profile": Row(outcomes=PERSON),
    "open_sessions": Row(outcomes=PERSON),
    "end_other_sessions": Row(outcomes=PERSON),
    "end_session": Row(outcomes=ONESELF),
    "erase": Row(outcomes=PERSON, body=_proof),
    "offer_second_factor": Row(outcomes=PERSON, body=_proof),
    "confirm_second_factor": Row(outcomes=PERSON, body=_confirm),
    "remove_second_factor": Row(outcomes=PERSON, body=with_code),
    "wallet_challenge": Row(outcomes=PUBLIC),
    "wallet_login": Row(outcomes=PUBLIC, body=wallet_proof),
    "erase_wallet_account": Row(outcomes=PERSON, body=wallet_proof, code="INVALID_WALLET_PROOF"),
    "addresses": Row(outcomes=MEMBER),
    "add_signer": Row(outcomes=MANAGE, body=_proof),
    "export_key": Row(outcomes=MANAGE_BY_ID, body=export),
    "members": Row(outcomes=MEMBER),
    "grant_role": Row(outcomes=MANAGE_BY_ID, body=fixed(role="auditor", password=PASSWORD)),
    "remove_member": Row(outcomes=MANAGE_BY_ID, body=_proof),
    "leave": Row(outcomes=PERSON, body=_leave),
    "invite": Row(
        outcomes=MANAGE,
        body=fixed(email="late@example.com", role="operator", password=PASSWORD),
    ),
    "withdraw_invitation": Row(outcomes=MANAGE_BY_ID),
    "accept_invitation": Row(outcomes=PERSON, body=_accept),
    "api_keys": Row(outcomes=MEMBER),
    "make_api_key": Row(
        outcomes=MANAGE, body=fixed(name="robot", scope="deploy", password=PASSWORD)
    ),
    "revoke_api_key": Row(outcomes=MANAGE_BY_ID),
    "security_activity": Row(outcomes=MEMBER),
    "export_security_activity": Row(outcomes=MEMBER, query={"format": "csv"}),
    "custody_statement": Row(outcomes=PERSON),
    "create_mintable_erc20": Row(outcomes=DEPLOY, body=fixed(**TOKEN)),
    "create_asa_fungible": Row(outcomes=DEPLOY, body=fixed(**ASSET)),
    "listing": Row(outcomes=MEMBER),
    "read": Row(outcomes=MEMBER_BY_ID),
    "history": Row(outcomes=MEMBER_BY_ID),
    "audit_trail": Row(outcomes=MEMBER_BY_ID),
    "certificate": Row(outcomes=MEMBER_BY_ID, code="OUTCOME_NOT_PROVEN"),
    "cancel": Row(outcomes=DEPLOY_BY_ID, body=fixed(reason="typo")),
    "retry": Row(outcomes=DEPLOY_BY_ID, body=_retry),
    "networks": Row(outcomes=PUBLIC),
    "errors": Row(outcomes=PUBLIC),
    "alive": Row(outcomes=PUBLIC),
    "ready": Row(outcomes=PUBLIC),
}
