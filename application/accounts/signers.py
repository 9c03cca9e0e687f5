"""More chain accounts for a tenant, and the way out: a key, in words, for its holder."""

from typing import Protocol
from uuid import uuid4

from application.accounts.directory import Directory, Organisation
from application.accounts.facts import Facts
from application.accounts.ports import SEED, Derivation, Vault
from application.accounts.profiles import Signer
from application.accounts.proving import Attempt, Proven, Proving
from application.accounts.refusals import Forbidden, NoPassword, SecondFactorMissing
from application.credentials import EMAIL_FORM, PASSWORD_FORM
from domain.events import KeyForm, SignerAdded
from domain.roles import Right
from domain.tenant import NoSuch
from domain.values import AccountId, SignerId, TenantId


class KeyWords(Protocol):
    def words(self, seed: bytes, form: KeyForm) -> str:
        """Spell a 32-byte seed as words that other wallets read."""
        ...


class Signers:
    def __init__(
        self,
        directory: Directory,
        vault: Vault,
        derivation: Derivation,
        words: KeyWords,
        proving: Proving,
    ) -> None:
        self._directory = directory
        self._vault = vault
        self._derivation = derivation
        self._words = words
        self._proving = proving

    def add(self, tenant: TenantId, account: AccountId, attempt: Attempt) -> Signer:
        """Derive the next slot of the person's e-mail address and present password.

        Raises:
            TooMany: the tenant has as many as it may have.
            Forbidden: the person may not any more.
            NoPassword, InvalidCredentials, SecondFactorRequired, InvalidSecondFactor,
            AccountLocked, TooBusy: see `Proving.again`.
        """
        added: list[SignerAdded] = []

        def then(proven: Proven, facts: Facts) -> None:
            found = self._managed(tenant, account)
            mailbox = self._directory.mailbox(proven.person)
            if mailbox is None:
                raise NoPassword
            number = proven.person.account.password
            mine = [one for one in found.tenant.signers if one.account == account]
            slot = 1 + max((one.slot for one in mine if one.password == number), default=-1)
            derived = self._derivation.derive(mailbox.frozen, proven.password, slot)
            signer = SignerAdded(
                signer=SignerId(uuid4()),
                derivation=self._derivation.version,
                slot=slot,
                algorand=derived.algorand,
                evm=derived.evm,
                account=account,
                email_form=EMAIL_FORM,
                password_form=PASSWORD_FORM,
                password=number,
            )
            facts.add(found.stream, found.tenant.add_signer(signer), found.version)
            facts.keep(self._vault.seal(signer.signer, SEED, derived.seed))
            added.append(signer)

        self._proving.again(account, attempt, then)
        return Signer.of(added[-1], exported=False)

    def export(
        self,
        tenant: TenantId,
        account: AccountId,
        signer: SignerId,
        form: KeyForm,
        attempt: Attempt,
    ) -> str:
        """Show the key of a signer, and record that it was shown: from then on it pays for itself.

        While the member whose e-mail address and password made it is there, only they may.

        Raises:
            SecondFactorMissing: an account without one exports nothing.
            Forbidden: another member made it, or the person may not any more.
            NoSuch: unknown, or another tenant's.
            NoPassword, InvalidCredentials, SecondFactorRequired, InvalidSecondFactor,
            AccountLocked, TooBusy: see `Proving.again`.
        """
        if self._directory.person(account).account.factor is None:
            raise SecondFactorMissing

        def then(proven: Proven, facts: Facts) -> None:
            if not proven.second_factor:
                raise SecondFactorMissing
            found = self._managed(tenant, account)
            exported = found.tenant.export(signer, form)
            made_by = found.tenant.signer(signer).account
            if made_by not in {None, account} and made_by in found.tenant.members:
                raise Forbidden  # the key is as good as that member's e-mail address and password
            facts.add(found.stream, exported, found.version)

        # Nothing is shown before the fact is durable, so there is no export without its record.
        self._proving.again(account, attempt, then)
        seed = self._vault.unsealed(signer, SEED)
        if seed is None:
            raise NoSuch("key")
        return self._words.words(seed, form)

    def _managed(self, tenant: TenantId, account: AccountId) -> Organisation:
        """Return a tenant, if the person still manages it: their proof took its time."""
        found = self._directory.organisation(tenant)
        if not found.tenant.may(account, Right.MANAGE):
            raise Forbidden
        return found
