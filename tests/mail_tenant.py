"""A tenant with members, in a log whose mails are looked at."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from domain.events import (
    ApiKeyMade,
    Event,
    KeyForm,
    MemberJoined,
    MemberRemoved,
    RoleGranted,
    SignerAdded,
    SignerExported,
    TenantCreated,
)
from domain.log import Append, Draft, RecordedEvent, append_one
from domain.roles import Role, Scope
from domain.streams import NOTHING, StreamId, StreamKind
from domain.values import AccountId, Actor, SignerId
from tests.mail_world import MailWorld


def added(signer: SignerId, account: AccountId | None) -> SignerAdded:
    return SignerAdded(
        signer=signer,
        derivation="arc76-email/1",
        slot=0,
        algorand=b"a" * 32,
        evm=b"e" * 20,
        account=account,
        email_form=1,
        password_form=1,
        password=1,
    )


def exported(signer: SignerId) -> SignerExported:
    return SignerExported(signer=signer, form=KeyForm.BIP39)


def key_made(maker: AccountId) -> ApiKeyMade:
    return ApiKeyMade(key=uuid4(), digest=b"d", scope=Scope.DEPLOY, maker=maker, expires_at=None)


@dataclass
class MailTenant:
    """Alice's, with Bob as another owner and Carol who reads."""

    world: MailWorld = field(default_factory=MailWorld)
    stream: StreamId = field(default_factory=lambda: StreamId(StreamKind.TENANT, str(uuid4())))
    signer: SignerId = field(default_factory=lambda: SignerId(uuid4()))

    def __post_init__(self) -> None:
        self.alice = self.world.account("alice@example.com")
        self.bob = self.world.account("bob@example.com")
        self.carol = self.world.account("carol@example.com")
        command, actor = uuid4(), Actor(f"account:{self.alice}")
        founding: list[Event] = [TenantCreated(owner=self.alice), added(self.signer, self.alice)]
        drafts = tuple(
            Draft(
                id=uuid4(),
                stream=self.stream,
                event=event,
                actor=actor,
                command=command,
                correlation="c-1",
            )
            for event in founding
        )
        append_one(self.world.log, Append(drafts=drafts, expected={self.stream: NOTHING}))

    def join(self, account: AccountId, role: Role) -> RecordedEvent:
        joined = MemberJoined(account=account, role=role, invitation=uuid4())
        return self.add(joined, by=account)

    def add(self, event: Event, by: UUID | None = None) -> RecordedEvent:
        return self.world.add(self.stream, event, actor=f"account:{by or self.alice}")


def governed() -> MailWorld:
    """Return a world in which a tenant did all that its owners hear of."""
    tenant = MailTenant()
    tenant.join(tenant.bob, Role.OWNER)
    tenant.join(tenant.carol, Role.AUDITOR)
    tenant.add(RoleGranted(account=tenant.carol, role=Role.OWNER))
    tenant.add(key_made(tenant.bob), by=tenant.bob)
    tenant.add(added(SignerId(uuid4()), tenant.bob), by=tenant.bob)
    tenant.add(exported(tenant.signer))
    tenant.add(MemberRemoved(account=tenant.bob))
    return tenant.world
