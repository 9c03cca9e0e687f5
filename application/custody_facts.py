"""What a custody statement is made of: how this service is configured, and what the log says."""

from dataclasses import dataclass
from enum import StrEnum

from domain.account import Account
from domain.tenant import Tenant
from domain.values import SignerId


class KeySource(StrEnum):
    """Where the key that wraps all others comes from."""

    ENVIRONMENT = "environment"
    FILE = "file"
    AWS_KMS = "aws-kms"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyNetwork:
    id: str
    development: bool
    sponsored: bool
    """Whether the operator's treasury pays there for whoever has no coins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyConfiguration:
    key_source: KeySource
    key_id: str
    """Of the key-encryption key; tells nothing about it."""
    previous_key_ids: tuple[str, ...] = ()
    """Of those that are configured to open what was not wrapped anew yet."""
    mode: str
    """``development`` or ``production``."""
    password_scheme: str
    """How passwords are verified, with its parameters, such as ``Argon2id, 46 MiB, 1 pass``."""
    networks: tuple[CustodyNetwork, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodySigner:
    id: SignerId
    derivation: str
    """Such as ``arc76-email/1``."""
    slot: int
    email_form: int
    password_form: int
    password: int
    """Which password of its account: 1 is the one of the registration."""
    exported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyFacts:
    configuration: CustodyConfiguration
    signers: tuple[CustodySigner, ...]
    """Of the tenant."""
    has_password: bool
    """Of the account that asks; who signed up with a wallet has none."""
    has_second_factor: bool

    @property
    def exported(self) -> int:
        """How many keys have left."""
        return sum(signer.exported for signer in self.signers)


def custody_facts(
    configuration: CustodyConfiguration, tenant: Tenant, account: Account
) -> CustodyFacts:
    """Return the facts of a member's statement, as the log has them now."""
    signers = tuple(
        CustodySigner(
            id=added.signer,
            derivation=added.derivation,
            slot=added.slot,
            email_form=added.email_form,
            password_form=added.password_form,
            password=added.password,
            exported=added.signer in tenant.exported,
        )
        for added in tenant.signers
    )
    return CustodyFacts(
        configuration=configuration,
        signers=signers,
        has_password=account.password > 0,
        has_second_factor=account.factor is not None,
    )
