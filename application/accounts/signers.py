"""More chain accounts for a tenant, and the way out: a key, in words, for its holder."""

from typing import Protocol
from uuid import uuid4

from application.accounts.attempts import Attempt, Proven
from application.accounts.directory import Directory, Organisation, signer_claim
from application.accounts.facts import Facts
from application.accounts.ports import SEED, Derivation, Derived, Vault
from application.accounts.profiles import Signer
from application.accounts.proving import Proving
from application.accounts.refusals import (
    Forbidden,
    NoPassword,
    PasswordUsedBefore,
    SecondFactorMissing,
)
from application.credentials import EMAIL_FORM, PASSWORD_FORM
from domain.events import KeyForm, SignerAdded, SignerClaimed
from domain.roles import Right
from domain.streams import NOTHING
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

        In their own tenant alone: the same key must not sign for two. A slot is not used again
        with another password, so that no key comes back under another name.

        Raises:
            TooMany: the tenant has as many as it may have.
            Forbidden: it is not the person's own tenant, or they may not any more.
            PasswordUsedBefore: that key signs for a tenant already.
            NoPassword, InvalidCredentials, SecondFactorRequired, InvalidSecondFactor,
            AccountLocked, TooBusy: see `Proving.again`.
        """
        added: list[SignerAdded] = []
        derived_before: dict[tuple[str, int], Derived] = {}

        def then(proven: Proven, facts: Facts) -> None:
            if tenant != proven.person.account.tenant:
                raise Forbidden
            found = self._managed(tenant, account)
            mailbox = self._directory.mailbox(proven.person)
            if mailbox is None:
                raise NoPassword
            number = proven.person.account.password
            mine = [one.slot for one in found.tenant.signers if one.account in {None, account}]
            wanted = (proven.password, 1 + max(mine, default=-1))
            if wanted not in derived_before:  # a third of a second: not again for each conflict
                derived_before[wanted] = self._derivation.derive(mailbox.frozen, *wanted)
            derived = derived_before[wanted]
            signer = SignerAdded(
                signer=SignerId(uuid4()),
                derivation=self._derivation.version,
                slot=wanted[1],
                algorand=derived.algorand,
                evm=derived.evm,
                account=account,
                email_form=EMAIL_FORM,
                password_form=PASSWORD_FORM,
                password=number,
            )
            if self._directory.is_claimed(derived.algorand):
                raise PasswordUsedBefore
            claimed = SignerClaimed(tenant=tenant, signer=signer.signer)
            facts.add(signer_claim(derived.algorand), claimed, NOTHING)
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

        Only they may whose e-mail address and password made it: the key is as good as both. Once
        they are erased, any owner may.

        Raises:
            SecondFactorMissing: an account without one exports nothing.
            Forbidden: somebody else made it, or the person may not any more.
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
            if made_by not in {None, account} and not self._directory.is_erased(made_by):
                raise Forbidden
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
