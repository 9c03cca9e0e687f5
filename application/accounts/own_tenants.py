"""The tenant that somebody acts for where they name none."""

from uuid import uuid4

from application.accounts.facts import Facts
from domain import account as accounts
from domain import tenant as tenants
from domain.account import Account
from domain.events import TenantCreated, TenantJoined
from domain.streams import NOTHING
from domain.values import TenantId


def own_tenant(account: Account, facts: Facts) -> TenantId:
    """Return the first tenant of an account; who was removed from all gets a new one."""
    if account.tenants:
        return account.tenants[0]
    tenant = TenantId(uuid4())
    facts.add(tenants.stream_of(tenant), TenantCreated(owner=account.id), NOTHING)
    facts.add(accounts.stream_of(account.id), TenantJoined(tenant=tenant))
    return tenant
