"""Members of a tenant: invited by mail, joined, given roles, removed. An owner always stays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from application.accounts.confirming import Confirmation, Confirming
from application.accounts.directory import Directory, Organisation
from application.accounts.facts import Facts
from application.accounts.organisations import Organisations
from application.accounts.ports import INVITATION, PERSON_KEY, LinkTexts, Vault
from application.accounts.refusals import EmailNotVerified
from application.clock import Clock
from application.commands import Origin
from application.credentials import freeze_email
from domain.account import LinkInvalid
from domain.events import InvitationWithdrawn, MemberInvited, TenantJoined, TenantLeft
from domain.roles import Role
from domain.values import AccountId, TenantId

LIFETIME = timedelta(days=7)
"""Of an invitation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    account: AccountId
    role: Role
    email: str | None
    """None where the asker sees pseudonyms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    id: UUID
    role: Role
    email: str | None
    expires_at: datetime


class Members:
    def __init__(
        self,
        directory: Directory,
        vault: Vault,
        texts: LinkTexts,
        organisations: Organisations,
        confirming: Confirming,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._organisations = organisations
        self._confirming = confirming
        self._vault = vault
        self._texts = texts
        self._clock = clock

    def members(self, tenant: TenantId, *, pseudonyms: bool) -> list[Member]:
        """Return who is in a tenant.

        Args:
            tenant: which one.
            pseudonyms: leave out who they are.
        """
        found = self._directory.organisation(tenant).tenant.members
        return [
            Member(account=account, role=role, email=None if pseudonyms else self._email(account))
            for account, role in found.items()
        ]

    def invitations(self, tenant: TenantId, *, pseudonyms: bool) -> list[Invitation]:
        """Return open invitations."""
        found = self._directory.organisation(tenant)
        now = self._clock.now()
        return [
            Invitation(
                id=one.invitation,
                role=one.role,
                email=None if pseudonyms else self._invited(found, one.invitation),
                expires_at=one.expires_at,
            )
            for one in found.tenant.invitations.values()
            if one.expires_at > now
        ]

    def invite(
        self, tenant: TenantId, email: str, role: Role, confirmation: Confirmation
    ) -> MemberInvited:
        """Invite an address. The mail with its link follows; an older invitation ends.

        Raises:
            InvalidEmail: not an address.
            TooMany: the tenant is full.
            EmailNotVerified: whoever invites has not shown that a mailbox is theirs.
            Forbidden, PasswordRequired and others: see `Confirming.manage`.
        """
        person = self._directory.person(confirmation.account).account
        if not person.email_verified and person.wallet is None:
            raise EmailNotVerified
        claim, invitation = self._vault.claim_of(freeze_email(email)), uuid4()
        text = self._texts.text(INVITATION, tenant, invitation)
        key = self._vault.new_person_key()
        fields = {"email": email.strip()}
        personal = self._vault.seal_personal(invitation, INVITATION, key, fields)
        invited = MemberInvited(
            invitation=invitation,
            role=role,
            claim=claim,
            digest=self._texts.digest(text),
            expires_at=self._clock.now() + LIFETIME,
            by=confirmation.account,
        )

        def decide(found: Organisation, facts: Facts) -> None:
            for event in found.tenant.invite(invited, self._clock.now()):
                if isinstance(event, InvitationWithdrawn):
                    facts.add(found.stream, event)
                    facts.destroy(event.invitation, PERSON_KEY)
                else:
                    facts.add(found.stream, event, personal=personal)
            facts.keep(self._vault.seal(invitation, PERSON_KEY, key))

        self._confirming.manage(tenant, confirmation, decide)
        return invited

    def accept(self, text: str, account: AccountId, origin: Origin) -> TenantId:
        """Join the tenant that an invitation is from.

        Raises:
            LinkInvalid, InvitationInvalid: not ours, over, or for another address.
            MemberExists: the account is a member there.
        """
        named = self._texts.read(INVITATION, text)
        if named is None:
            raise LinkInvalid
        tenant, digest = TenantId(named[0]), self._texts.digest(text)
        mailbox = self._directory.mailbox(self._directory.person(account))
        claim = self._vault.claim_of(mailbox.frozen) if mailbox else None

        def decide(found: Organisation, facts: Facts) -> None:
            person = self._directory.person(account)
            joined = found.tenant.accept(named[1], digest, account, claim, self._clock.now())
            facts.add(found.stream, joined)
            facts.add(person.stream, TenantJoined(tenant=tenant), person.version)
            facts.destroy(named[1], PERSON_KEY)

        self._organisations.change(tenant, origin, decide)
        return tenant

    def withdraw(self, tenant: TenantId, invitation: UUID, origin: Origin) -> None:
        """End an open invitation, and forget whom it was for.

        Raises:
            NoSuch: there is none.
            Forbidden, PasswordRequired and others: see `Confirming.manage`.
        """

        def decide(found: Organisation, facts: Facts) -> None:
            facts.add(found.stream, found.tenant.withdraw(invitation))
            facts.destroy(invitation, PERSON_KEY)

        self._organisations.manage(tenant, origin, decide)

    def grant(
        self, tenant: TenantId, account: AccountId, role: Role, confirmation: Confirmation
    ) -> None:
        """Give a member another role.

        Raises:
            NoSuch: no member.
            LastOwner: nobody else would own the tenant.
            Forbidden, PasswordRequired and others: see `Confirming.manage`.
        """

        def decide(found: Organisation, facts: Facts) -> None:
            facts.add(found.stream, found.tenant.grant(account, role))

        self._confirming.manage(tenant, confirmation, decide)

    def remove(self, tenant: TenantId, account: AccountId, confirmation: Confirmation) -> None:
        """End a membership; the keys and invitations that this member made end with it.

        Raises:
            NoSuch: no member.
            LastOwner: nobody else would own the tenant.
            Forbidden, PasswordRequired and others: see `Confirming.manage`.
        """

        def decide(found: Organisation, facts: Facts) -> None:
            self._go(found, account, facts)

        self._confirming.manage(tenant, confirmation, decide)

    def leave(self, tenant: TenantId, confirmation: Confirmation) -> None:
        """End one's own membership.

        Raises:
            LastOwner: nobody else would own the tenant.
            PasswordRequired and others: see `Confirming.confirm`.
        """

        def decide(facts: Facts) -> None:
            found = self._directory.organisation(tenant)
            facts.expect(found.stream, found.version)
            self._go(found, confirmation.account, facts)

        self._confirming.confirm(confirmation, decide)

    def _go(self, found: Organisation, account: AccountId, facts: Facts) -> None:
        facts.add(found.stream, found.tenant.remove(account))
        person = self._directory.person(account)
        facts.add(person.stream, TenantLeft(tenant=found.tenant.id), person.version)

    def _email(self, account: AccountId) -> str | None:
        person = self._directory.any_person(account)
        mailbox = self._directory.mailbox(person) if person else None
        return mailbox.typed if mailbox else None

    def _invited(self, found: Organisation, invitation: UUID) -> str | None:
        key = self._vault.unsealed(invitation, PERSON_KEY)
        sealed = found.personal.get(invitation)
        if key is None or sealed is None:
            return None
        return self._vault.open_personal(sealed, INVITATION, key)["email"]
