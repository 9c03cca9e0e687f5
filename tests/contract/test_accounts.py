"""Sign-up and sign-in on every log: one append, one account an address, no secret in it."""

import logging
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from traceback import format_exception
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from application.accounts.profiles import Profile
from application.credentials import (
    InvalidCredentials,
    InvalidEmail,
    UnknownAccount,
    WeakPassword,
    freeze_email,
)
from domain.errors import DomainError, EmailTaken
from domain.log import Append, EventLog, LogUnavailable, Outcome
from domain.values import AccountId, TenantId
from infrastructure.event_log import open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.keys.derivation import DerivedAccount, account_of, derive_account
from infrastructure.keys.provider import KeyProvider, read_master_key
from infrastructure.passwords import PhcPasswords
from infrastructure.vault import Arc76Derivation
from tests.identity_world import People
from tests.memory_log import MemoryLog

KEYS: KeyProvider = read_master_key("11" * 32)
REGISTERED, SIGNED_IN = 7, 2
"""Events of a sign-up, and of a sign-in."""
EMAIL, PASSWORD = "Alice@Example.COM", "correct horse battery staple"
LONG = "this sentence is long, dull, and nobody else has it at all " * 2
COMPOSED = unicodedata.normalize("NFC", "Zürich-käufer-2026")
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def people_over(log: EventLog, **changes: Any) -> People:
    """Return accounts with the real work behind them."""
    real = {"passwords": PhcPasswords(), "derivation": Arc76Derivation(), "keys": KEYS}
    return People(log, **real | changes)


def register(people: People, email: str = EMAIL, password: str = PASSWORD) -> Profile:
    return people.register(email, password).profile


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def log(request: pytest.FixtureRequest) -> Iterator[EventLog]:
    if request.param == "memory":
        yield MemoryLog()
        return
    with open_log(request.getfixturevalue(f"{request.param}_url")) as stored:
        yield stored


@pytest.fixture
def people() -> People:
    return people_over(MemoryLog())


def test_who_signs_up_can_sign_in_and_finds_everything_again(log: EventLog) -> None:
    people = people_over(log)
    profile = register(people)
    granted = people.sign_in(email=EMAIL, password=PASSWORD).granted
    assert (granted.account, granted.tenant) == (profile.account, profile.tenant)
    assert people.identity.profiles.profile(profile.account, profile.tenant) == profile
    assert log.position() == REGISTERED + SIGNED_IN


def test_parallel_registrations_of_one_address_make_one_account(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        people = people_over(log)

        def attempt(number: int) -> bool:
            try:
                register(people, password=f"{PASSWORD} {number}")
            except EmailTaken:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(attempt, range(6))) == 1
        assert log.position() == REGISTERED


@pytest.mark.parametrize(
    "spelled", ["alice@example.com", " ALICE@EXAMPLE.com ", "aLiCe@example.COM"]
)
def test_one_person_with_two_spellings_has_one_account(people: People, spelled: str) -> None:
    profile = register(people)
    assert people.sign_in(email=spelled, password=PASSWORD).granted.account == profile.account
    with pytest.raises(EmailTaken):
        register(people, spelled)
    assert profile.signers[0].evm == derive_account("alice@example.com", PASSWORD).evm
    assert people.identity.profiles.profile(profile.account, profile.tenant).email == EMAIL


@pytest.mark.parametrize(("typed", "later"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_another_keyboard_gives_the_same_password_and_address(
    people: People, typed: str, later: str
) -> None:
    assert len(COMPOSED) == 18
    profile = register(people, password=typed)
    assert people.sign_in(email=EMAIL, password=later).granted.account == profile.account
    expected = derive_account("alice@example.com", COMPOSED)
    assert (profile.signers[0].algorand, profile.signers[0].evm) == (
        expected.algorand,
        expected.evm,
    )


def test_every_character_of_a_long_password_counts(people: People) -> None:
    register(people, password=LONG + "a")
    with pytest.raises(InvalidCredentials):
        people.sign_in(email=EMAIL, password=LONG + "b")


@pytest.mark.parametrize(
    "password", ["x" * 15, "x" * 257, "with\0nul inside it", "x" * 2**20, "é" * 7 + "x" * 8]
)
def test_passwords_out_of_the_rule_are_refused_and_nothing_is_written(password: str) -> None:
    log = MemoryLog()
    with pytest.raises(WeakPassword):
        register(people_over(log), password=password)
    assert log.position() == 0


@pytest.mark.parametrize("password", ["x" * 16, "\U0001f600" * 256])
def test_passwords_at_the_edge_are_taken(people: People, password: str) -> None:
    register(people, password=password)
    people.sign_in(email=EMAIL, password=password)


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
    people: People, email: str, password: str
) -> None:
    register(people)
    with pytest.raises(InvalidCredentials) as refusal:
        people.sign_in(email=email, password=password)
    assert str(refusal.value) == "e-mail address or password is wrong"


def canaries(profile: Profile) -> list[bytes]:
    """Return what must lie nowhere, in each spelling that a store or a log may give it."""
    seed = derive_account("alice@example.com", PASSWORD).seed
    assert account_of(seed).evm == profile.signers[0].evm
    master = bytes.fromhex("11" * 32)
    derived = [KEYS.derive(purpose) for purpose in ("key-encryption", "email-claim")]
    texts = [PASSWORD, EMAIL, "alice@example.com", "$argon2"]
    found = [text.encode() for text in texts] + [text.encode().hex().encode() for text in texts]
    for key in (seed, master, *derived):
        found += [key, key.hex().encode(), b64encode(key).rstrip(b"="), repr(key)[2:-1].encode()]
    return found


def everything_in(url: str) -> bytes:
    """Return each file of an SQLite database, or each row of each PostgreSQL table."""
    if url.startswith("sqlite:"):
        folder = Path(sqlite_path(url)).parent
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    rows: list[bytes] = []
    with psycopg.connect(url) as connection:
        listed = (
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
        )
        for name in connection.execute(listed).fetchall():
            table = sql.SQL("SELECT * FROM {}").format(sql.Identifier(*name))
            for row in connection.execute(table):
                rows += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    return b"\0".join(rows)


def test_no_secret_lies_in_the_database_in_the_clear(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        profile = register(people_over(log))
    stored = everything_in(any_database_url)
    assert b'"wrapped":' in stored, "the sealed secrets are among what is looked at"
    assert b"account.registered" in stored
    for canary in canaries(profile):
        assert canary not in stored


class BrokenLog(MemoryLog):
    """Loses its database at the worst moment, and shows what it was given."""

    shown = ""

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        self.shown = repr(appends)
        raise LogUnavailable(self.shown)


def test_no_error_and_no_log_line_of_a_registration_holds_a_secret(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    whole = people_over(MemoryLog())
    profile = register(whole)
    broken = BrokenLog()
    attempts: list[Callable[[], object]] = [
        lambda: register(people_over(broken)),
        lambda: register(whole),
        lambda: register(whole, password=PASSWORD[:15]),
        lambda: register(whole, password=PASSWORD + "\0"),
        lambda: register(whole, password=PASSWORD + chr(0xD800)),
        lambda: register(whole, email=EMAIL + "@"),
        lambda: whole.sign_in(email=EMAIL, password=PASSWORD + "!"),
        lambda: whole.sign_in(email=EMAIL, password=PASSWORD + chr(0xD800)),
        lambda: whole.sign_in(email=EMAIL + chr(0xD800), password=PASSWORD),
    ]
    derived = derive_account("alice@example.com", PASSWORD)
    said = [repr(whole), repr(profile.signers), repr(derived)]
    for attempt in attempts:
        with pytest.raises((DomainError, LogUnavailable)) as refusal:
            attempt()
        said += ["".join(format_exception(refusal.value)), repr(refusal.value)]
    assert "arc76-seed" in broken.shown
    out, err = capfd.readouterr()
    everything = "\0".join([*said, caplog.text, out, err]).encode(errors="backslashreplace")
    for canary in [*canaries(profile), PASSWORD[:15].encode()]:
        assert canary not in everything


def test_two_who_saw_the_address_free_make_one_account(any_database_url: str) -> None:
    with open_log(any_database_url) as log:

        class Interrupted(Arc76Derivation):
            """Lets another registration through between the look and the append."""

            def derive(self, email: str, password: str, slot: int = 0) -> DerivedAccount:
                register(people_over(log), email=EMAIL.upper())
                return super().derive(email, password, slot)

        late = people_over(log, derivation=Interrupted())
        with pytest.raises(EmailTaken):
            register(late, password=PASSWORD + " of another")
        assert log.position() == REGISTERED
        people_over(log).sign_in(email=EMAIL, password=PASSWORD)
        with pytest.raises(InvalidCredentials):
            late.sign_in(email=EMAIL, password=PASSWORD + " of another")


def test_an_unknown_address_costs_the_work_of_a_known_one() -> None:
    log = MemoryLog()
    register(people_over(log))
    done: list[str] = []

    class Hashing(PhcPasswords):
        def verify(self, password: str, verifier: str | None) -> bool:
            done.append("verified")
            return super().verify(password, verifier)

    people = people_over(log, passwords=Hashing())
    unsealed = people.vault.unsealed

    def watched(owner: UUID, purpose: str) -> bytes | None:
        done.append(f"unsealed {purpose}")
        return unsealed(owner, purpose)

    people.vault.unsealed = watched  # type: ignore[method-assign]
    for email in (EMAIL, "nobody@example.com"):
        done.clear()
        before = log.position()
        with pytest.raises(InvalidCredentials):
            people.sign_in(email=email, password=PASSWORD + "!")
        assert done == ["unsealed password", "unsealed person-key", "verified"]
        assert log.position() == before + 1
    done.clear()
    with pytest.raises(InvalidCredentials):
        people.sign_in(email="no address", password=PASSWORD + "!")
    assert done == ["verified"]


def test_an_account_that_a_restore_lost_is_refused_by_name(people: People) -> None:
    with pytest.raises(UnknownAccount):
        people.identity.profiles.profile(AccountId(uuid4()), TenantId(uuid4()))
    with pytest.raises(UnknownAccount):
        people.identity.profiles.signers(TenantId(uuid4()))
