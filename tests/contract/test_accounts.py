"""Sign-up and sign-in on every log: one append, one account an address, no secret in it."""

import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from application.accounts import Accounts, Profile
from application.commands import Origin
from application.credentials import InvalidCredentials, InvalidEmail, WeakPassword, freeze_email
from domain.errors import EmailTaken
from domain.log import EventLog
from domain.values import Actor
from infrastructure.event_log import open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.keys.derivation import account_of, derive_account
from infrastructure.keys.provider import KeyProvider, read_master_key
from infrastructure.passwords import Argon2Passwords
from infrastructure.vault import Arc76Derivation, KeyVault
from tests.memory_log import MemoryLog

KEYS: KeyProvider = read_master_key("11" * 32)
EMAIL, PASSWORD = "Alice@Example.COM", "correct horse battery staple"
COMPOSED = unicodedata.normalize("NFC", "Zürich-käufer-2026")
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def accounts_over(log: EventLog) -> Accounts:
    vault = KeyVault(log, KEYS)  # type: ignore[arg-type]
    return Accounts(log, vault, Argon2Passwords(), Arc76Derivation())


def origin() -> Origin:
    return Origin(actor=Actor("anonymous"), command=uuid4(), correlation="c-1")


def register(accounts: Accounts, email: str = EMAIL, password: str = PASSWORD) -> Profile:
    return accounts.register(email, password, origin())


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def log(request: pytest.FixtureRequest) -> Iterator[EventLog]:
    if request.param == "memory":
        yield MemoryLog()
        return
    with open_log(request.getfixturevalue(f"{request.param}_url")) as stored:
        yield stored


@pytest.fixture
def accounts() -> Accounts:
    return accounts_over(MemoryLog())


def test_who_signs_up_can_sign_in_and_finds_everything_again(log: EventLog) -> None:
    accounts = accounts_over(log)
    profile = register(accounts)
    assert accounts.login(EMAIL, PASSWORD) == (profile.account, profile.tenant)
    assert accounts.profile(profile.account) == profile
    assert log.position() == 4


def test_parallel_registrations_of_one_address_make_one_account(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        accounts = accounts_over(log)

        def attempt(number: int) -> bool:
            try:
                register(accounts, password=f"{PASSWORD} {number}")
            except EmailTaken:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(attempt, range(6))) == 1
        assert log.position() == 4


@pytest.mark.parametrize(
    "spelled", ["alice@example.com", " ALICE@EXAMPLE.com ", "aLiCe@example.COM"]
)
def test_one_person_with_two_spellings_has_one_account(accounts: Accounts, spelled: str) -> None:
    profile = register(accounts)
    assert accounts.login(spelled, PASSWORD)[0] == profile.account
    with pytest.raises(EmailTaken):
        register(accounts, spelled)
    assert profile.signers[0].evm == derive_account("alice@example.com", PASSWORD).evm
    assert accounts.profile(profile.account).email == EMAIL


@pytest.mark.parametrize(("typed", "later"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_another_keyboard_gives_the_same_password_and_address(
    accounts: Accounts, typed: str, later: str
) -> None:
    assert len(COMPOSED) == 18
    profile = register(accounts, password=typed)
    assert accounts.login(EMAIL, later)[0] == profile.account
    expected = derive_account("alice@example.com", COMPOSED)
    assert (profile.signers[0].algorand, profile.signers[0].evm) == (
        expected.algorand,
        expected.evm,
    )


def test_every_character_of_a_long_password_counts(accounts: Accounts) -> None:
    register(accounts, password="x" * 99 + "a")
    with pytest.raises(InvalidCredentials):
        accounts.login(EMAIL, "x" * 99 + "b")


@pytest.mark.parametrize(
    "password", ["x" * 15, "x" * 257, "with\0nul inside it", "x" * 2**20, "é" * 7 + "x" * 8]
)
def test_passwords_out_of_the_rule_are_refused_and_nothing_is_written(password: str) -> None:
    log = MemoryLog()
    with pytest.raises(WeakPassword):
        register(accounts_over(log), password=password)
    assert log.position() == 0


@pytest.mark.parametrize("password", ["x" * 16, "\U0001f600" * 256])
def test_passwords_at_the_edge_are_taken(accounts: Accounts, password: str) -> None:
    register(accounts, password=password)
    accounts.login(EMAIL, password)


@pytest.mark.parametrize(
    "email",
    ["", "a", "@b.c", "a@", "a@b", "a@b@c.d", "a b@c.d", "a@b.c\n", "a\0@b.c", "a" * 250 + "@b.cd"],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    if email == "a@b.c\n":
        assert freeze_email(email) == "a@b.c"
        return
    with pytest.raises(InvalidEmail):
        freeze_email(email)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nobody@example.com", PASSWORD),
        (EMAIL, PASSWORD + "!"),
        ("no address", PASSWORD),
        (EMAIL, ""),
    ],
)
def test_unknown_address_and_wrong_password_are_one_answer(
    accounts: Accounts, email: str, password: str
) -> None:
    register(accounts)
    with pytest.raises(InvalidCredentials) as refusal:
        accounts.login(email, password)
    assert str(refusal.value) == "e-mail address or password is wrong"


def test_no_secret_lies_in_the_database_in_the_clear(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log:
        profile = register(accounts_over(log))
    seed = derive_account("alice@example.com", PASSWORD).seed
    assert account_of(seed).evm == profile.signers[0].evm
    folder = Path(sqlite_path(sqlite_url)).parent
    found = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    for canary in (
        PASSWORD.encode(),
        EMAIL.encode(),
        b"alice@example.com",
        seed,
        seed.hex().encode(),
        b"$argon2",
        bytes.fromhex("11" * 32),
    ):
        assert canary not in found
