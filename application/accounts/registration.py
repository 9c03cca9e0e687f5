"""Sign-up: an account, its tenant, its chain account and its first session, in one append."""

from dataclasses import dataclass, field
from uuid import uuid4

from application.accounts.directory import claim_stream, signer_claim
from application.accounts.facts import Facts, version_of
from application.accounts.links import Links
from application.accounts.ports import (
    PASSWORD,
    PERSON_KEY,
    REGISTRATION,
    SEED,
    Derivation,
    Devices,
    Passwords,
    Vault,
    Visitor,
)
from application.accounts.profiles import Profile, Signer
from application.accounts.refusals import PasswordUsedBefore
from application.accounts.sessions import Granted, Sessions
from application.accounts.verifiers import spelled
from application.commands import Origin
from application.credentials import (
    EMAIL_FORM,
    PASSWORD_FORM,
    PasswordJudge,
    acceptable_password,
    freeze_email,
)
from domain import account as accounts
from domain import tenant as tenants
from domain.account import Account
from domain.errors import EmailTaken
from domain.events import (
    AccountRegistered,
    EmailClaimed,
    EmailReleased,
    LinkPurpose,
    Proof,
    SignerAdded,
    SignerClaimed,
    TenantCreated,
)
from domain.log import ConcurrentChange, EventLog
from domain.streams import NOTHING
from domain.values import AccountId, SignerId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    profile: Profile
    granted: Granted
    device: str = field(repr=False)


class Registration:
    def __init__(
        self,
        log: EventLog,
        vault: Vault,
        passwords: Passwords,
        derivation: Derivation,
        judge: PasswordJudge,
        sessions: Sessions,
        links: Links,
        devices: Devices,
    ) -> None:
        self._log = log
        self._vault = vault
        self._passwords = passwords
        self._derivation = derivation
        self._judge = judge
        self._sessions = sessions
        self._links = links
        self._devices = devices

    def register(self, email: str, password: str, visitor: Visitor, origin: Origin) -> Registered:
        """Open an account, its tenant and its chain account, and sign in.

        The chain account is derived once, here: a later change of the password keeps it.

        Raises:
            InvalidEmail: not an address.
            WeakPassword: see `acceptable_password`.
            PasswordUsedBefore: the same address and password made a chain account that is kept.
            EmailTaken: there is an account with this address, in any spelling.
            TooBusy: others wait for password work already.
        """
        frozen = freeze_email(email)
        accepted = acceptable_password(password, frozen, self._judge)
        claim = self._vault.claim_of(frozen)
        last = self._log.read_last(claim_stream(claim))
        if last is not None and not isinstance(last.event, EmailReleased):
            raise EmailTaken
        derived = self._derivation.derive(frozen, accepted)
        if self._log.read_last(signer_claim(derived.algorand)) is not None:
            raise PasswordUsedBefore
        verifier = self._passwords.hash(accepted)
        account, tenant = AccountId(uuid4()), TenantId(uuid4())
        person_key = self._vault.new_person_key()
        personal = self._vault.seal_personal(
            account, REGISTRATION, person_key, {"email": email.strip(), "frozenEmail": frozen}
        )
        added = SignerAdded(
            signer=SignerId(uuid4()),
            derivation=self._derivation.version,
            slot=0,
            algorand=derived.algorand,
            evm=derived.evm,
            account=account,
            email_form=EMAIL_FORM,
            password_form=PASSWORD_FORM,
            password=1,
        )
        facts = Facts(origin)
        facts.add(claim_stream(claim), EmailClaimed(account=account), version_of(last))
        registered = AccountRegistered(tenant=tenant, email_form=EMAIL_FORM)
        facts.add(accounts.stream_of(account), registered, NOTHING, personal)
        verification = self._links.issued(account, LinkPurpose.VERIFY_EMAIL)
        facts.add(accounts.stream_of(account), verification)
        facts.add(tenants.stream_of(tenant), TenantCreated(owner=account), NOTHING)
        facts.add(tenants.stream_of(tenant), added)
        claimed = SignerClaimed(tenant=tenant, signer=added.signer)
        facts.add(signer_claim(derived.algorand), claimed, NOTHING)
        facts.keep(
            self._vault.seal(account, PASSWORD, spelled(1, verifier)),
            self._vault.seal(account, PERSON_KEY, person_key),
            self._vault.seal(added.signer, SEED, derived.seed),
        )
        new = Account(id=account, tenant=tenant, tenants=(tenant,), password=1)
        granted = self._sessions.open(facts, new, tenant, visitor, Proof.PASSWORD, person_key)
        try:
            facts.record(self._log)
        except ConcurrentChange:
            raise EmailTaken from None
        profile = Profile(
            account=account,
            tenant=tenant,
            email=email.strip(),
            email_verified=False,
            second_factor=False,
            wallet=None,
            tenants=(tenant,),
            signers=(Signer.of(added, exported=False),),
        )
        return Registered(profile=profile, granted=granted, device=self._devices.text(account, 0))
