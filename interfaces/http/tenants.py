"""Handlers of a tenant: members, invitations, keys for machines."""

from application.accounts.api_keys import ApiKey
from domain.roles import Role
from domain.values import AccountId
from interfaces.http import account_messages, tenant_messages
from interfaces.http.accounts import confirmation_of, known_id
from interfaces.http.call import Call, Reply
from interfaces.http.problems import FieldProblem, field_problems

JOINED = "Sign in with this tenantId to act for it."
GRANTED = "The role is given."
REMOVED = "The member is removed; the keys that they made are ended."
LEFT = "You are no member any more; the keys that you made are ended."
WITHDRAWN = "The invitation is withdrawn, and its address forgotten."
REVOKED = "The key is good no longer."


def members(call: Call) -> Reply:
    found, pseudonyms = call.service.identity.members, not _sees_people(call)
    body = tenant_messages.MembersResponse(
        members=[
            tenant_messages.MemberResponse(
                account_id=str(one.account), role=one.role, email=one.email
            )
            for one in found.members(call.who.tenant, pseudonyms=pseudonyms)
        ],
        invitations=[
            tenant_messages.InvitationResponse(
                invitation_id=str(one.id),
                role=one.role,
                email=one.email,
                expires_at=one.expires_at,
            )
            for one in found.invitations(call.who.tenant, pseudonyms=pseudonyms)
        ],
    )
    return Reply(body=body)


def invite(call: Call) -> Reply:
    body: tenant_messages.InviteRequest = call.body
    invited = call.service.identity.members.invite(
        call.who.tenant, body.email, body.role, confirmation_of(call)
    )
    return Reply(
        body=tenant_messages.InvitationResponse(
            invitation_id=str(invited.invitation),
            role=invited.role,
            email=body.email,
            expires_at=invited.expires_at,
        )
    )


def withdraw_invitation(call: Call) -> Reply:
    invitation = known_id(call.path["invitation_id"])
    call.service.identity.members.withdraw(call.who.tenant, invitation, call.origin)
    return Reply(body=account_messages.DoneResponse(note=WITHDRAWN))


def accept_invitation(call: Call) -> Reply:
    body: account_messages.LinkRequest = call.body
    tenant = call.service.identity.members.accept(body.token, call.who.account, call.origin)
    return Reply(body=tenant_messages.JoinedResponse(tenant_id=str(tenant), note=JOINED))


def grant_role(call: Call) -> Reply:
    body: tenant_messages.RoleRequest = call.body
    account = AccountId(known_id(call.path["account_id"]))
    call.service.identity.members.grant(call.who.tenant, account, body.role, confirmation_of(call))
    return Reply(body=account_messages.DoneResponse(note=GRANTED))


def remove_member(call: Call) -> Reply:
    account = AccountId(known_id(call.path["account_id"]))
    call.service.identity.members.remove(call.who.tenant, account, confirmation_of(call))
    return Reply(body=account_messages.DoneResponse(note=REMOVED))


def leave(call: Call) -> Reply:
    call.service.identity.members.leave(call.who.tenant, confirmation_of(call))
    return Reply(body=account_messages.DoneResponse(note=LEFT))


def api_keys(call: Call) -> Reply:
    found = call.service.identity.api_keys.all(call.who.tenant, pseudonyms=not _sees_people(call))
    return Reply(body=tenant_messages.ApiKeysResponse(api_keys=[_key(one) for one in found]))


def make_api_key(call: Call) -> Reply:
    body: tenant_messages.ApiKeyRequest = call.body
    if not body.name.isprintable():
        detail = "must not hold control characters"
        raise field_problems([FieldProblem(pointer="/name", code="INVALID_REQUEST", detail=detail)])
    made = call.service.identity.api_keys.make(
        call.who.tenant,
        body.name,
        body.scope,
        body.expires_in_days,
        confirmation_of(call),
    )
    shown = _key(made.key)
    members = {name: getattr(shown, name) for name in shown.__struct_fields__}
    return Reply(body=tenant_messages.MadeApiKeyResponse(**members, key=made.text))


def revoke_api_key(call: Call) -> Reply:
    key = known_id(call.path["key_id"])
    call.service.identity.api_keys.revoke(call.who.tenant, key, call.origin)
    return Reply(body=account_messages.DoneResponse(note=REVOKED))


def _sees_people(call: Call) -> bool:
    """Tell whether addresses are shown: an auditor and a machine see pseudonyms."""
    return call.who.role in {Role.OWNER, Role.OPERATOR}


def _key(one: ApiKey) -> tenant_messages.ApiKeyResponse:
    return tenant_messages.ApiKeyResponse(
        key_id=str(one.id),
        name=one.name,
        scope=one.scope,
        made_by=str(one.maker),
        expires_at=one.expires_at,
    )
