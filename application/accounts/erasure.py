"""Erasing a person: their key is destroyed, and what was personal in the log is noise."""

from application.accounts.attempts import Attempt, Proven
from application.accounts.directory import Directory, Person, claim_stream
from application.accounts.facts import Facts, version_of
from application.accounts.ports import ONE_TIME_KEY, PASSWORD, PERSON_KEY, RECOVERY_CODES
from application.accounts.proving import Proving
from application.accounts.second_factor import OFFERED
from domain.events import AccountErased, EmailReleased, TenantLeft
from domain.log import EventLog
from domain.values import AccountId


class Erasure:
    def __init__(self, log: EventLog, directory: Directory, proving: Proving) -> None:
        self._log = log
        self._directory = directory
        self._proving = proving

    def erase(self, account: AccountId, attempt: Attempt) -> None:
        """Destroy what is personal of an account, and end it. There is no way back.

        The chain accounts stay with their tenants: what was issued with them goes on, and open
        deployments end as they must.

        Raises:
            LastOwner: a tenant with other members would have no owner.
            NoPassword, InvalidCredentials, SecondFactorRequired, InvalidSecondFactor,
            AccountLocked, TooBusy: see `Proving.again`.
        """

        def then(proven: Proven, facts: Facts) -> None:
            self.end(proven.person, facts)
            last = self._log.read_last(claim_stream(proven.claim))
            assert last is not None, "the address was claimed"
            facts.add(claim_stream(proven.claim), EmailReleased(), version_of(last))

        self._proving.again(account, attempt, then)

    def end(self, person: Person, facts: Facts) -> None:
        """Add what ends an account, whichever proof it was that asked for it.

        Raises:
            LastOwner: a tenant with other members would have no owner.
        """
        account = person.account.id
        for tenant in person.account.tenants:
            found = self._directory.organisation(tenant)
            facts.add(found.stream, found.tenant.remove(account, erased=True), found.version)
            facts.add(person.stream, TenantLeft(tenant=tenant), person.version)
        facts.add(person.stream, AccountErased(), person.version)
        facts.destroy(account, PERSON_KEY, PASSWORD, ONE_TIME_KEY, RECOVERY_CODES, OFFERED)
