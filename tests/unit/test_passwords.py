"""Verifiers: PHC form, two schemes, and one price for every question."""

import re
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.passwords import PhcPasswords, Scheme

PASSWORD = "correct horse battery staple"
PHC = re.compile(
    r"\$[a-z0-9-]{1,32}(\$v=[0-9]+)?(\$[a-z0-9-]+=[a-zA-Z0-9/+.-]+(,[a-z0-9-]+=[a-zA-Z0-9/+.-]+)*)?"
    r"\$[a-zA-Z0-9/+.-]+\$[A-Za-z0-9+/]+"
)
"""The grammar of the PHC string format, with salt and digest."""
ARGON2ID = [
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
]
"""Of "password" (phc-winner-argon2, src/test.c)."""
PBKDF2 = [
    "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44",
    "$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdAw$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M",
]
"""Of "password" (passlib's documentation)."""
IN_PHC = [one.replace("$6400$", "$i=6400$").replace(".", "+") for one in PBKDF2]
GARBAGE = [
    "",
    "x",
    "\0",
    "\ud800",
    "$argon2id$",
    "$argon2id$é",
    ARGON2ID[0][:-9],
    ARGON2ID[0].replace("v=19", "v=99"),
    ARGON2ID[0].replace("t=2", "t=0"),
    ARGON2ID[0].replace("m=256", "m=4"),
    ARGON2ID[0].replace("m=256", "m=" + "9" * 20),
    ARGON2ID[0] + "\n",
    PBKDF2[0][:-1],
    PBKDF2[0].replace("6400", "0"),
    PBKDF2[0].replace("6400", "٤"),
    PBKDF2[0].replace("/S.n", "/S.\u0000"),
    "$2b$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
]


def work(passwords: PhcPasswords, verifier: str | None) -> float:
    began = thread_time()
    passwords.verify(PASSWORD, verifier)
    return thread_time() - began


@pytest.fixture(scope="module", params=list(Scheme))
def passwords(request: pytest.FixtureRequest) -> PhcPasswords:
    return PhcPasswords(request.param)


@pytest.mark.parametrize("verifier", [*ARGON2ID, *PBKDF2, *IN_PHC])
def test_published_vectors_hold_under_both_schemes(passwords: PhcPasswords, verifier: str) -> None:
    assert passwords.verify("password", verifier)
    assert not passwords.verify("passwore", verifier)
    assert passwords.needs_update(verifier), "their parameters are weak"


def test_a_new_verifier_is_in_phc_form_and_needs_no_update(passwords: PhcPasswords) -> None:
    for password in ("", PASSWORD, "\U0001f600" * 256):
        verifier = passwords.hash(password)
        assert PHC.fullmatch(verifier)
        assert passwords.verify(password, verifier)
        assert not passwords.verify(password + "x", verifier)
        assert not passwords.needs_update(verifier)
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


def test_a_scheme_makes_what_it_says() -> None:
    made = {scheme: PhcPasswords(scheme).hash(PASSWORD) for scheme in Scheme}
    assert made[Scheme.ARGON2ID].startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert made[Scheme.PBKDF2_SHA256].startswith("$pbkdf2-sha256$i=600000$")
    for scheme, verifier in made.items():
        for other in Scheme:
            reader = PhcPasswords(other)
            assert reader.verify(PASSWORD, verifier)
            assert reader.needs_update(verifier) == (other is not scheme)


@pytest.mark.parametrize("verifier", GARBAGE)
def test_garbage_matches_nothing_and_is_due(verifier: str) -> None:
    passwords = PhcPasswords()
    for password in ("", "password", "nobody has this password"):
        assert not passwords.verify(password, verifier)
    assert passwords.needs_update(verifier)


@given(st.text("$=,.+/argon2idpbkfsh-vmt169\0é", max_size=90))
def test_no_text_breaks_a_sign_in(verifier: str) -> None:
    assert PhcPasswords().needs_update(verifier)


@pytest.mark.parametrize("password", ["x\0y", "x" * 5_000, "\ud800"])
def test_a_password_that_cannot_be_is_wrong(passwords: PhcPasswords, password: str) -> None:
    assert not passwords.verify(password, passwords.hash(PASSWORD))
    assert not passwords.verify(password, None)


def test_nobody_and_garbage_cost_the_work_of_somebody(passwords: PhcPasswords) -> None:
    verifier = passwords.hash(PASSWORD)
    work(passwords, None)
    somebody = min(work(passwords, verifier) for _ in range(5))
    for other in (None, "x", ARGON2ID[0].replace("v=19", "v=99"), PBKDF2[0].replace("6400", "0")):
        spent = min(work(passwords, other) for _ in range(5))
        assert somebody / 2 < spent < somebody * 2, other
