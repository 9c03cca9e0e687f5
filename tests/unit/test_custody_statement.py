"""The custody statement: made from facts, so that no fact can change without its words."""

from dataclasses import replace
from uuid import UUID

import pytest

from application.custody_facts import (
    CustodyConfiguration,
    CustodyFacts,
    CustodyNetwork,
    CustodySigner,
    KeySource,
    custody_facts,
)
from application.custody_statement import WHERE_THE_KEY_LIES, custody_statement
from domain import account as accounts
from domain import tenant as tenants
from domain.events import (
    AccountRegistered,
    KeyForm,
    SecondFactorOffered,
    SecondFactorSet,
    SignerAdded,
    SignerExported,
    TenantCreated,
    WalletAccountRegistered,
)
from domain.values import SignerId
from tests.security_world import ADA, TENANT

NEVER_SAID = (
    "non-custodial",
    "non custodial",
    "noncustodial",
    "tamper-proof",
    "tamper proof",
    "tamperproof",
    "mica",
    "compliant",
    "guarantee",
    "unbreakable",
    "bank-grade",
    "military",
)
CONFIGURATION = CustodyConfiguration(
    key_source=KeySource.FILE,
    key_id="0123456789abcdef",
    mode="production",
    password_scheme="Argon2id, 46 MiB, 1 pass, 1 lane",
    networks=(
        CustodyNetwork(id="base-mainnet", development=False, sponsored=True),
        CustodyNetwork(id="algorand-localnet", development=True, sponsored=False),
    ),
)
SIGNER = CustodySigner(
    id=SignerId(UUID(int=7)),
    derivation="arc76-email/1",
    slot=4,
    email_form=1,
    password_form=1,
    password=3,
    exported=False,
)
FACTS = CustodyFacts(
    configuration=CONFIGURATION,
    signers=(SIGNER, replace(SIGNER, id=SignerId(UUID(int=8)), slot=5)),
    has_password=True,
    has_second_factor=True,
)


def text(facts: CustodyFacts) -> str:
    return "\n".join(
        f"{section.title}: {' '.join(section.sentences)}" for section in custody_statement(facts)
    )


def with_configuration(**changes: object) -> CustodyFacts:
    return replace(FACTS, configuration=replace(CONFIGURATION, **changes))


def with_signer(**changes: object) -> CustodyFacts:
    return replace(FACTS, signers=(replace(SIGNER, **changes), FACTS.signers[1]))


def with_network(**changes: object) -> CustodyFacts:
    first, second = CONFIGURATION.networks
    return with_configuration(networks=(replace(first, **changes), second))


CHANGED = {
    "another place of the key": (with_configuration(key_source=KeySource.AWS_KMS), "aws-kms"),
    "another key": (with_configuration(key_id="fedcba9876543210"), "fedcba9876543210"),
    "older keys": (with_configuration(previous_key_ids=("one", "two")), "yet: one, two."),
    "another mode": (with_configuration(mode="development"), "in development mode"),
    "another scheme": (with_configuration(password_scheme="scrypt, 2^17"), "scrypt, 2^17"),
    "another network": (with_network(id="sepolia"), "the network sepolia the operator's treasury"),
    "no sponsor": (with_network(sponsored=False), "network base-mainnet nobody sponsors"),
    "for development": (with_network(development=True), "the development network base-mainnet"),
    "no network": (with_configuration(networks=()), "No network is configured"),
    "another signer": (with_signer(id=SignerId(UUID(int=9))), str(UUID(int=9))),
    "another derivation": (with_signer(derivation="bip39/1"), "derivation bip39/1"),
    "another slot": (with_signer(slot=6), "slot 6"),
    "another e-mail form": (with_signer(email_form=2), "E-mail form 2: see"),
    "another password form": (with_signer(password_form=2), "Password form 2: see"),
    "another password": (with_signer(password=12), "from password 12"),
    "an export": (with_signer(exported=True), "1 key of 2 left this service"),
    "fewer signers": (replace(FACTS, signers=(SIGNER,)), "The tenant has 1 chain account."),
    "no signer": (replace(FACTS, signers=()), "has no chain account here"),
    "a wallet": (replace(FACTS, has_password=False), "it signs in with a wallet"),
    "no second factor": (replace(FACTS, has_second_factor=False), "has no second factor"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_every_fact_is_said_and_changes_the_text(name: str) -> None:
    facts, said = CHANGED[name]
    assert said in text(facts)
    assert said not in text(FACTS)


def test_every_kind_of_fact_is_among_those_that_change_the_text() -> None:
    changed = {
        (kind, member)
        for facts, _ in CHANGED.values()
        for kind, part in parts(facts).items()
        for member in kind.__slots__
        if getattr(part, member) != getattr(parts(FACTS)[kind], member)
    }
    everything = {(kind, member) for kind in parts(FACTS) for member in kind.__slots__}
    assert everything <= changed


def parts(facts: CustodyFacts) -> dict[type, object]:
    configuration = facts.configuration
    found = [facts, configuration, *facts.signers[:1], *configuration.networks[:1]]
    return {type(part): part for part in found}


@pytest.mark.parametrize("facts", [FACTS, *(facts for facts, _ in CHANGED.values())])
def test_no_word_promises_what_is_not_so(facts: CustodyFacts) -> None:
    said = text(facts).lower()
    for word in NEVER_SAID:
        assert word not in said


def test_what_is_custody_and_what_is_a_draft_are_called_so() -> None:
    said = text(FACTS)
    assert "That is custody." in said
    assert "ARC-76 is an idle ARC" in said
    assert "forbids sending the password to a server" in said
    assert "makes the key on its server" in said
    assert "ARC-14, by which wallets sign in, is a draft" in said
    assert "ARC-1400 is a draft" in said


def test_every_section_has_an_id_of_its_own_and_something_to_say() -> None:
    for facts in (FACTS, *(facts for facts, _ in CHANGED.values())):
        sections = custody_statement(facts)
        assert len({section.id for section in sections}) == len(sections) == 9
        for section in sections:
            assert section.sentences
            assert all(one == one.strip() and one.endswith(".") for one in section.sentences)


def test_every_place_of_the_key_has_its_words() -> None:
    assert WHERE_THE_KEY_LIES.keys() == set(KeySource)


def test_an_exported_key_is_sponsored_nowhere() -> None:
    said = "Chain accounts whose key was exported are not sponsored."
    assert said in text(with_signer(exported=True))
    assert said not in text(FACTS)


def test_facts_come_from_the_log() -> None:
    added = SignerAdded(
        signer=SIGNER.id,
        derivation="arc76-email/1",
        slot=4,
        algorand=b"a" * 32,
        evm=b"e" * 20,
        account=ADA,
        email_form=1,
        password_form=1,
        password=3,
    )
    tenant = tenants.replay(TENANT, [TenantCreated(owner=ADA), added])
    person = accounts.replay(ADA, [AccountRegistered(tenant=TENANT, email_form=1)])
    assert tenant is not None
    assert person is not None
    facts = custody_facts(CONFIGURATION, tenant, person)
    assert facts == replace(FACTS, signers=(SIGNER,), has_second_factor=False)
    exported = SignerExported(signer=SIGNER.id, form=KeyForm.BIP39)
    offered = SecondFactorOffered(version=1)
    factor = SecondFactorSet(version=1, step=1, recovery_codes=10, kept=None)
    wallet = [WalletAccountRegistered(tenant=TENANT, wallet=b"w" * 32), offered, factor]
    wallet_account = accounts.replay(ADA, wallet)
    assert wallet_account is not None
    facts = custody_facts(CONFIGURATION, tenants.apply(TENANT, tenant, exported), wallet_account)
    assert facts.exported == 1
    assert (facts.has_password, facts.has_second_factor) == (False, True)
