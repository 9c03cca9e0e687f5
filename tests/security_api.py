"""Handlers of security over doubles: a log of lists, rows folded on demand, keys in a dict."""

import csv
import json
from dataclasses import dataclass, field
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec

from application.accounts.directory import Directory
from application.accounts.ports import Vault
from application.accounts.principals import Principal
from application.custody_facts import CustodyConfiguration, CustodyNetwork, KeySource
from domain.events import AccountRegistered, Event
from domain.roles import RIGHTS_OF_ROLE, RIGHTS_OF_SCOPE, Role, Scope
from domain.values import AccountId, SessionId, TenantId
from interfaces.http import security
from interfaces.http.bodies import convert
from interfaces.http.call import Call, Reply
from interfaces.http.security_messages import ActivityExportQuery, ActivityQuery
from projections.security_queries import SecurityActivity
from tests.memory_log import MemoryLog
from tests.security_world import (
    ADA,
    TENANT,
    FoldedSecurity,
    Hands,
    PersonKeys,
    failed,
    found_tenant,
    record,
    stream_for,
)

CONFIGURATION = CustodyConfiguration(
    key_source=KeySource.ENVIRONMENT,
    key_id="0123456789abcdef",
    mode="development",
    password_scheme="Argon2id",
    networks=(CustodyNetwork(id="devnet", development=True, sponsored=True),),
)


def person(account: AccountId, role: Role, tenant: TenantId = TENANT) -> Principal:
    return Principal(
        account=account,
        tenant=tenant,
        role=role,
        session=SessionId(uuid4()),
        key=None,
        rights=RIGHTS_OF_ROLE[role],
        email_verified=True,
        strong=True,
    )


def machine(maker: AccountId = ADA) -> Principal:
    return Principal(
        account=maker,
        tenant=TENANT,
        role=None,
        session=None,
        key=uuid4(),
        rights=RIGHTS_OF_SCOPE[Scope.READ],
        email_verified=True,
        strong=True,
    )


@dataclass
class SecurityApi:
    days: int = 400
    clock: Any = field(default_factory=Hands)
    vault: Any = field(default_factory=PersonKeys)
    log: Any = None

    def __post_init__(self) -> None:
        self.log = self.log or MemoryLog(self.clock.now)
        self.rows = FoldedSecurity(self.log)
        self.service = SimpleNamespace(
            log=self.log,
            identity=SimpleNamespace(directory=Directory(self.log, cast("Vault", self.vault))),
            vault=self.vault,
            clock=self.clock,
            custody=CONFIGURATION,
            cursor_key=b"k" * 32,
            activity=SecurityActivity(self.rows, self.days, self.clock.now),
        )

    def found(self, **members: Role) -> None:
        """Write Ada's account and tenant, and who else joined."""
        registered = AccountRegistered(tenant=TENANT, email_form=1)
        record(self.log, registered, stream_for(registered))
        found_tenant(self.log, TENANT, **members)

    def fail(self, account: AccountId, address: str = "192.0.2.1", agent: str = "curl/8") -> int:
        """Record a sign-in that was refused; return its position."""
        sealed = self.vault.sealed(account, address, agent)
        record(self.log, failed(account), stream_for(failed(account), account), sealed)
        return self.log.position()

    def write(self, event: Event, account: UUID = ADA, tenant: UUID = TENANT) -> int:
        record(self.log, event, stream_for(event, account, tenant))
        return self.log.position()

    def page(self, who: Principal, **query: str) -> dict[str, Any]:
        reply = security.security_activity(self._call(who, convert(query, ActivityQuery, lax=True)))
        answer: dict[str, Any] = msgspec.to_builtins(reply.body)
        return answer

    def positions(self, who: Principal, **query: str) -> list[int]:
        return [row["position"] for row in self.page(who, **query)["activity"]]

    def statement(self, who: Principal) -> dict[str, Any]:
        answer: dict[str, Any] = msgspec.to_builtins(
            security.custody_statement(self._call(who, None)).body
        )
        return answer

    def export(self, who: Principal, **query: str) -> Reply:
        asked = convert(query, ActivityExportQuery, lax=True)
        return security.export_security_activity(self._call(who, asked))

    def _call(self, who: Principal, body: Any) -> Call:
        return Call(
            service=cast(Any, self.service),
            bearer=who,
            path={},
            body=body,
            fingerprint=b"",
            correlation="c-1",
            key=None,
            address="",
            user_agent="",
            canonical="GET /",
        )


def text_of(reply: Reply) -> str:
    assert reply.stream is not None
    return b"".join(reply.stream).decode()


def json_of(reply: Reply) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(text_of(reply))
    return read


def csv_of(reply: Reply) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text_of(reply), newline="")))
