"""What goes in and out of the routes of a tenant: members, invitations, keys for machines."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from domain.roles import Role, Scope
from interfaces.http.account_messages import Code
from interfaces.http.messages import Request, Response

Password = Annotated[
    str | None, Meta(description="Confirms. Left out by who signed in with a wallet, freshly.")
]


class InviteRequest(Request):
    email: str
    role: Role
    password: Password = None
    second_factor: Code = None


class RoleRequest(Request):
    role: Role
    password: Password = None
    second_factor: Code = None


class ApiKeyRequest(Request):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scope: Scope
    expires_in_days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    password: Password = None
    second_factor: Code = None


class MemberResponse(Response):
    account_id: str
    role: Role
    email: str | None


class InvitationResponse(Response):
    invitation_id: str
    role: Role
    email: str | None
    expires_at: datetime


class MembersResponse(Response):
    members: list[MemberResponse]
    invitations: list[InvitationResponse]


class JoinedResponse(Response):
    tenant_id: str
    note: str


class ApiKeyResponse(Response):
    key_id: str
    name: str | None
    scope: Scope
    made_by: str
    expires_at: datetime | None


class MadeApiKeyResponse(ApiKeyResponse):
    key: Annotated[str, Meta(description="Shown once.")]


class ApiKeysResponse(Response):
    api_keys: list[ApiKeyResponse]
