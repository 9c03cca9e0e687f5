"""What people do with their accounts, each with what has to be there before, and what it leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.accounts.refusals import InvalidSecondFactor
from application.accounts.second_factor import OFFERED
from application.credentials import InvalidCredentials, UnknownAccount
from domain.account import LinkInvalid, SecondFactorState
from domain.errors import DomainError, EmailTaken
from domain.events import KeyForm, LinkPurpose, SessionEnd
from domain.roles import Role, Scope
from domain.tenant import InvitationInvalid, MemberExists, NoSuch
from domain.values import AccountId, SessionId, SignerId, TenantId
from tests.identity_world import (
    EMAIL,
    VISITOR,
    People,
    attempted,
    origin,
)

NEW = "another sentence, of today"
BOB = "bob@example.com"


def register(people: People) -> Any:
    return people.register().granted.refresh


def sign_in(people: People) -> Any:
    return people.sign_in().granted.refresh


def refresh(people: People, text: str) -> Any:
    return people.identity.sessions.refresh(text, origin()).refresh


def change(people: People, account: UUID, session: UUID) -> Any:
    people.identity.passwords.change(AccountId(account), SessionId(session), NEW, attempted())


def ask_reset(people: People) -> Any:
    people.identity.resets.ask(EMAIL, VISITOR, origin())


def reset(people: People, text: str) -> Any:
    people.identity.resets.reset(text, NEW, None, VISITOR, origin())


def verify_email(people: People, text: str) -> Any:
    people.identity.links.verify_email(text, origin())


def offer(people: People, account: UUID) -> Any:
    return people.identity.second_factors.offer(AccountId(account), attempted()).key


def confirm(people: People, account: UUID, session: UUID, key: bytes) -> Any:
    return people.identity.second_factors.confirm(
        AccountId(account), SessionId(session), people.code(key), VISITOR, origin()
    )


def remove_factor(people: People, account: UUID, session: UUID, key: bytes) -> Any:
    attempt = attempted(code=people.code(key))
    people.identity.second_factors.remove(AccountId(account), SessionId(session), attempt)


def export(people: People, tenant: UUID, account: UUID, signer: UUID, key: bytes) -> Any:
    return people.identity.signers.export(
        TenantId(tenant),
        AccountId(account),
        SignerId(signer),
        KeyForm.ALGORAND,
        attempted(code=people.code(key)),
    )


def add_signer(people: People, tenant: UUID, account: UUID) -> Any:
    return people.identity.signers.add(TenantId(tenant), AccountId(account), attempted()).evm


def invite(people: People, tenant: UUID, account: UUID) -> Any:
    by = people.confirmed(AccountId(account))
    return people.identity.members.invite(TenantId(tenant), BOB, Role.OPERATOR, by).digest


def accept(people: People, text: str, account: UUID) -> Any:
    return people.identity.members.accept(text, AccountId(account), origin())


def leave(people: People, tenant: UUID, account: UUID) -> Any:
    people.identity.members.leave(TenantId(tenant), people.confirmed(AccountId(account)))


def remove_member(people: People, tenant: UUID, account: UUID, owner: UUID) -> Any:
    by = people.confirmed(AccountId(owner))
    people.identity.members.remove(TenantId(tenant), AccountId(account), by)


def grant(people: People, tenant: UUID, account: UUID, owner: UUID) -> Any:
    by = people.confirmed(AccountId(owner))
    people.identity.members.grant(TenantId(tenant), AccountId(account), Role.AUDITOR, by)


def make_key(people: People, tenant: UUID, account: UUID) -> Any:
    by = people.confirmed(AccountId(account))
    return people.identity.api_keys.make(TenantId(tenant), "machine", Scope.READ, None, by).text


def log_out(people: People, account: UUID, session: UUID) -> Any:
    people.identity.sessions.end(
        AccountId(account),
        SessionId(session),
        SessionEnd.LOGOUT,
        origin(),
    )


def erase(people: People, account: UUID) -> Any:
    people.identity.erasure.erase(AccountId(account), attempted())


def nobody(_: People) -> dict[str, Any]:
    return {}


def somebody(people: People) -> dict[str, Any]:
    people.register()
    return {}


def account_alone(people: People) -> dict[str, Any]:
    return {"account": people.register().profile.account}


def with_session(people: People) -> dict[str, Any]:
    granted = people.register().granted
    return {"account": granted.account, "session": granted.session}


def with_token(people: People) -> dict[str, Any]:
    return {"text": people.register().granted.refresh}


def link_to(people: People, account: AccountId, purpose: LinkPurpose) -> dict[str, Any]:
    link = people.identity.directory.person(account).account.links[purpose].link
    return {"text": people.links.text(purpose.value, account, link)}


def with_verification(people: People) -> dict[str, Any]:
    account = people.register().profile.account
    return link_to(people, account, LinkPurpose.VERIFY_EMAIL)


def with_reset(people: People) -> dict[str, Any]:
    account = people.register().profile.account
    people.verify(account)
    ask_reset(people)
    return link_to(people, account, LinkPurpose.RESET_PASSWORD)


def with_reset_of_what_a_stranger_opened(people: People) -> dict[str, Any]:
    """Nobody verified the address, and whoever signed up set a factor and made a key."""
    given = with_tenant(people)
    make_key(people, **given)
    people.set_second_factor(given["account"])
    ask_reset(people)
    return link_to(people, given["account"], LinkPurpose.RESET_PASSWORD)


def with_offer(people: People) -> dict[str, Any]:
    given = with_session(people)
    offer(people, given["account"])
    return given | {"key": people.vault.unsealed(given["account"], OFFERED)}


def with_factor(people: People) -> dict[str, Any]:
    given = with_session(people)
    key, _ = people.set_second_factor(given["account"], session=given["session"])
    return given | {"key": key}


def with_factor_and_signer(people: People) -> dict[str, Any]:
    profile = people.register().profile
    key, _ = people.set_second_factor(profile.account)
    return {
        "tenant": profile.tenant,
        "account": profile.account,
        "signer": profile.signers[0].id,
        "key": key,
    }


def with_tenant(people: People) -> dict[str, Any]:
    profile = people.register().profile
    return {"tenant": profile.tenant, "account": profile.account}


def with_verified(people: People) -> dict[str, Any]:
    given = with_tenant(people)
    people.verify(given["account"])
    return given


def invited(people: People, tenant: TenantId, account: AccountId) -> dict[str, Any]:
    by = people.confirmed(account)
    made = people.identity.members.invite(tenant, BOB, Role.OPERATOR, by)
    bob = people.register(BOB).profile.account
    return {"text": people.links.text("invitation", tenant, made.invitation), "account": bob}


def with_invitation(people: People) -> dict[str, Any]:
    return invited(people, **with_verified(people))


def with_member(people: People) -> dict[str, Any]:
    given = with_invitation(people)
    return {"tenant": accept(people, **given), "account": given["account"]}


def with_owner_and_member(people: People) -> dict[str, Any]:
    owner = with_verified(people)
    given = invited(people, **owner)
    accept(people, **given)
    return {"tenant": owner["tenant"], "account": given["account"], "owner": owner["account"]}


@dataclass(frozen=True)
class Case:
    act: Callable[..., Any]
    prepared: Callable[[People], dict[str, Any]]
    events: tuple[str, ...]
    """What it leaves in the log: all of them, or none."""
    done: tuple[type[DomainError], ...] = ()
    """How the same call again says that it was done; empty if it just succeeds again."""


PROVEN = "sign-in.succeeded"
CASES = [
    Case(
        register,
        nobody,
        (
            "account.link-issued",
            "account.registered",
            "email-claim.claimed",
            "session.opened",
            "signer-claim.claimed",
            "tenant.created",
            "tenant.signer-added",
        ),
        (EmailTaken,),
    ),
    Case(sign_in, somebody, ("session.opened", PROVEN)),
    Case(refresh, with_token, ("session.rotated",)),
    Case(change, with_session, ("account.password-changed", PROVEN), (InvalidCredentials,)),
    Case(ask_reset, somebody, ("account.link-issued", "sign-in.reset-asked")),
    Case(
        reset,
        with_reset,
        ("account.password-reset", "sign-in.unlocked"),
        (LinkInvalid,),
    ),
    Case(
        reset,
        with_reset_of_what_a_stranger_opened,
        (
            "account.password-reset",
            "account.second-factor-removed",
            "sign-in.unlocked",
            "tenant.api-key-revoked",
            "tenant.signer-exposed",
        ),
        (LinkInvalid,),
    ),
    Case(verify_email, with_verification, ("account.email-verified",), (LinkInvalid,)),
    Case(offer, account_alone, ("account.second-factor-offered", PROVEN)),
    Case(confirm, with_offer, ("account.second-factor-set",), (SecondFactorState,)),
    Case(
        remove_factor,
        with_factor,
        ("account.second-factor-removed", "account.second-factor-used", PROVEN),
        (SecondFactorState,),
    ),
    Case(
        export,
        with_factor_and_signer,
        ("account.second-factor-used", PROVEN, "tenant.signer-exported"),
        (InvalidSecondFactor,),
    ),
    Case(add_signer, with_tenant, (PROVEN, "signer-claim.claimed", "tenant.signer-added")),
    Case(invite, with_verified, (PROVEN, "tenant.member-invited")),
    Case(
        accept,
        with_invitation,
        ("account.tenant-joined", "tenant.member-joined"),
        (InvitationInvalid, MemberExists),
    ),
    Case(leave, with_member, ("account.tenant-left", PROVEN, "tenant.member-removed"), (NoSuch,)),
    Case(
        remove_member,
        with_owner_and_member,
        ("account.tenant-left", PROVEN, "tenant.member-removed"),
        (NoSuch,),
    ),
    Case(grant, with_owner_and_member, (PROVEN, "tenant.role-granted")),
    Case(make_key, with_tenant, (PROVEN, "tenant.api-key-made")),
    Case(log_out, with_session, ("session.revoked",)),
    Case(
        erase,
        account_alone,
        (
            "account.erased",
            "account.tenant-left",
            "email-claim.released",
            PROVEN,
            "tenant.member-removed",
        ),
        (UnknownAccount,),
    ),
]
