"""Says in plain words who can sign for a tenant, made from facts each time it is asked for.

No sentence promises more than the code does. What is custody is called custody, and a
standard that is a draft is called a draft (architecture, section 8).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from application.custody_facts import (
    CustodyConfiguration,
    CustodyFacts,
    CustodyNetwork,
    CustodySigner,
    KeySource,
)

WHERE_THE_KEY_LIES = {
    KeySource.ENVIRONMENT: "is derived from a master key in the process's environment. Whoever "
    "administers that machine can read it",
    KeySource.FILE: "is derived from a master key in a file. Whoever administers that machine can "
    "read it",
    KeySource.AWS_KMS: "lies in AWS KMS and does not leave it. Whoever the operator's AWS account "
    "allows to use it can have wrapped keys opened",
}
EMAIL_FORMS = {1: "composed (Unicode NFC), without blanks around it, in lower case"}
PASSWORD_FORMS = {1: "composed (Unicode NFC), and otherwise as typed"}
BY_DERIVATION = "arc76-"
"""How a derivation begins that follows ARC-76."""


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    sentences: tuple[str, ...]


def custody_statement(facts: CustodyFacts) -> tuple[Section, ...]:
    """Return the statement of a member, section by section."""
    configuration = facts.configuration
    return (
        Section("who-can-sign", "Who can sign", tuple(_who(facts))),
        Section("where-keys-lie", "Where keys lie", tuple(_where(configuration))),
        Section("derivation", "How the chain accounts were made", tuple(_derivation(facts))),
        Section("proofs", "What protects the account", tuple(_proofs(facts))),
        Section("password-change", "What a new password changes", tuple(_new_password(facts))),
        Section("erasure", "What an erasure does", tuple(_erasure())),
        Section("leaving", "How to leave", tuple(_leaving(facts))),
        Section("sponsorship", "Who pays", tuple(_paying(configuration.networks, facts.exported))),
        Section("standards", "Which standards are not final", tuple(_standards())),
    )


def _who(facts: CustodyFacts) -> Iterator[str]:
    if not facts.signers:
        yield "The tenant has no chain account here: nobody signs for it through this service."
        return
    yield (
        f"The tenant has {_count(len(facts.signers), 'chain account')}. The operator of this "
        "service holds their keys and can sign with them at any time, also while nobody is signed "
        "in. That is custody."
    )
    yield (
        "Owners and operators of the tenant, and API keys that may deploy, have the service sign "
        "deployments. No other transaction is signed for them."
    )
    yield (
        "Whoever controls the running service, or has its database and the use of its "
        "key-encryption key, can sign anything."
    )
    yield (
        "Whoever knows the e-mail address and the password that a chain account was made from can "
        "make its key anywhere, without this service."
    )
    if facts.exported:
        yield (
            f"{_count(facts.exported, 'key')} of {len(facts.signers)} left this service by an "
            "export. Whoever has the words can sign as well, and this service can neither see nor "
            "prevent that."
        )
    else:
        yield "No key has left this service by an export."


def _where(configuration: CustodyConfiguration) -> Iterator[str]:
    yield (
        "Each seed lies in the service's database, encrypted with a data key of its own "
        "(AES-256-GCM). Data keys are wrapped under a key-encryption key."
    )
    source = configuration.key_source
    yield (
        f"The key-encryption key {configuration.key_id} ({source}) {WHERE_THE_KEY_LIES[source]}."
    )
    if configuration.previous_key_ids:
        older = ", ".join(configuration.previous_key_ids)
        yield f"Older key-encryption keys still open what was not wrapped anew yet: {older}."
    yield (
        "A copy of the database and the key-encryption key that was in use when it was made open "
        "every seed that is in it, also after the key was changed."
    )
    yield "To sign, a seed is opened in the memory of the service's worker."
    if configuration.mode == "production":
        yield "The service runs in production mode: it refuses keys that were made for development."
    else:
        yield (
            f"The service runs in {configuration.mode} mode: its keys may be made for trials. "
            "Put nothing of value on these chain accounts."
        )


def _derivation(facts: CustodyFacts) -> Iterator[str]:
    by_arc76 = any(one.derivation.startswith(BY_DERIVATION) for one in facts.signers)
    if by_arc76 or not facts.signers:
        yield (
            "Chain accounts are made from an e-mail address and a password by ARC-76. ARC-76 is an "
            "idle ARC: it is not final, and nobody works on it. Its text forbids sending the "
            "password to a server. This service gets the password and makes the key on its server: "
            "in that it departs from ARC-76."
        )
    for signer in facts.signers:
        yield from _of_signer(signer)
    if facts.signers:
        yield (
            "The same 32 bytes are the Ed25519 key on Algorand and the secp256k1 key on EVM "
            "networks: whoever has one has both."
        )
        yield (
            "Addresses are public and the derivation is known, so whoever knows an e-mail address "
            "can test guesses of its password without asking this service, as fast as his machines "
            "are. Only the length and the chance of the password stand against that."
        )


def _of_signer(signer: CustodySigner) -> Iterator[str]:
    left = "its key was exported" if signer.exported else "its key was not exported"
    yield (
        f"Signer {signer.id}: derivation {signer.derivation}, slot {signer.slot}, from password "
        f"{signer.password} of its account, counted from the registration; {left}. E-mail form "
        f"{signer.email_form}: {_form(EMAIL_FORMS, signer.email_form)}. Password form "
        f"{signer.password_form}: {_form(PASSWORD_FORMS, signer.password_form)}."
    )


def _proofs(facts: CustodyFacts) -> Iterator[str]:
    if facts.has_password:
        yield (
            "The password itself is stored nowhere. What it is checked by is "
            f"{facts.configuration.password_scheme}."
        )
    else:
        yield "This account has no password: it signs in with a wallet, after the draft ARC-14."
    if facts.has_second_factor:
        yield (
            "This account has a second factor. It is asked for before the service obeys; it does "
            "not enter the derivation, so it protects no chain account from whoever knows e-mail "
            "address and password."
        )
    else:
        yield "This account has no second factor: until it has one, it can export no key."


def _new_password(facts: CustodyFacts) -> Iterator[str]:
    yield (
        "A new password changes how one signs in. The chain accounts stay the same: their seeds "
        "are stored. The password that a chain account was made from gives its key for ever, also "
        "after it was changed."
    )
    if not facts.has_password:
        yield "This account has no password, so there is none to change or to reset."
        return
    yield (
        "A reset by a link in a mail does the same: whoever reads the mailbox, and has the second "
        "factor if one is set, gets the account and what it may sign. No chain account is lost."
    )
    yield "Both end sessions: a change all others, a reset all of them."


def _erasure() -> Iterator[str]:
    yield (
        "The key of the person's data is destroyed: e-mail address, network addresses and user "
        "agents in the log cannot be read any more. The facts themselves stay, under a pseudonym."
    )
    yield "Password verifier, second factor and recovery codes are destroyed."
    yield (
        "Copies of the database from before the erasure still hold all of that, until the operator "
        "destroys them."
    )
    yield (
        "The tenant's chain accounts and their stored seeds stay with the tenant. Where no member "
        "is left, nobody can sign in to use them any more, and the operator still could."
    )
    yield "What stands on a chain stays there."


def _leaving(facts: CustodyFacts) -> Iterator[str]:
    if not facts.signers:
        yield "There is no key to take along."
    else:
        yield (
            "An owner of the tenant can have the key of each of its chain accounts shown, as 25 "
            "Algorand words or as 24 BIP-39 words, after giving password and second factor: those "
            "that were made from their own e-mail address and password, and those of somebody who "
            "was erased."
        )
        yield (
            "An export is recorded for ever and cannot be taken back. From then on others may sign "
            "with the key, the account pays for itself, and the service's copy stays: moving what "
            "is worth something to a new key that was never here is the only way to be alone."
        )
    yield "Deployments, activity and the log's facts can be exported as JSON and CSV."


def _paying(networks: tuple[CustodyNetwork, ...], exported: int) -> Iterator[str]:
    if not networks:
        yield "No network is configured."
    for network in networks:
        kind = "development network" if network.development else "network"
        if network.sponsored:
            rule = "the operator's treasury sends what a deployment needs to the chain account"
        else:
            rule = "nobody sponsors: the chain account pays for its deployments itself"
        yield f"On the {kind} {network.id} {rule}."
    if exported and any(network.sponsored for network in networks):
        yield "Chain accounts whose key was exported are not sponsored."


def _standards() -> Iterator[str]:
    yield "ARC-76, by which chain accounts are made, is an idle ARC."
    yield "ARC-14, by which wallets sign in, is a draft; the service adds a nonce, good once."
    yield (
        "ARC-1400 is a draft. What this service offers under that name follows the draft, and may "
        "not fit what becomes of it."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _form(forms: dict[int, str], version: int) -> str:
    return forms.get(version, "see the documentation of that version")
