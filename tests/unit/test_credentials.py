"""E-mail addresses and passwords: the one form that each has, whoever types it on what."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.credentials import (
    InvalidCredentials,
    InvalidEmail,
    WeakPassword,
    accept_password,
    freeze_email,
    normal_password,
)

AWKWARD = st.text("aZ9é\u0301\u030c\u0345\u0130ßΣJǰ\u00a0 .-+@\ud800\0", max_size=24)
LETTERS = 0x20000
"""Behind it no letter has a case, and none takes an accent."""


def test_a_frozen_address_is_frozen_whatever_letter_it_has() -> None:
    for mark in ("", "\u0301", "\u0307", "\u030c", "\u0345"):
        for point in range(LETTERS):
            try:
                frozen = freeze_email(f"a{chr(point)}{mark}b@example.com")
            except InvalidEmail:
                continue
            assert freeze_email(frozen) == frozen, hex(point)


@pytest.mark.parametrize(
    "spelled",
    [
        "J\u030cane@example.com",
        "\u01f0ane@example.com",
        "j\u030cANE@Example.com",
        "\t\u01f0ane@EXAMPLE.COM\u2003",
    ],
)
def test_a_letter_composed_in_lower_case_alone_is_one_letter(spelled: str) -> None:
    assert freeze_email(spelled) == "\u01f0ane@example.com"


@given(AWKWARD)
def test_freezing_refuses_or_settles(text: str) -> None:
    try:
        frozen = freeze_email(text)
    except InvalidEmail:
        return
    assert freeze_email(frozen) == frozen
    assert freeze_email(f" {unicodedata.normalize('NFD', text)}\n") == frozen
    frozen.encode()


@given(AWKWARD)
def test_a_password_that_is_taken_is_the_same_on_every_keyboard(text: str) -> None:
    try:
        accepted = accept_password(text)
    except WeakPassword:
        return
    assert accepted == accept_password(unicodedata.normalize("NFD", text)) == normal_password(text)
    assert 16 <= len(accepted) <= 256
    accepted.encode()


@pytest.mark.parametrize("half", [chr(0xD800), chr(0xDFFF)])
def test_half_a_surrogate_pair_is_no_password(half: str) -> None:
    with pytest.raises(WeakPassword, match="surrogate") as refusal:
        accept_password("x" * 20 + half)
    assert "xxx" not in str(refusal.value)
    with pytest.raises(InvalidCredentials):
        normal_password("x" * 20 + half)


def test_what_is_endless_is_refused_before_any_work() -> None:
    endless = "e\u0301" * 2**19
    with pytest.raises(InvalidEmail):
        freeze_email(f"{endless}@example.com")
    with pytest.raises(WeakPassword):
        accept_password(endless)
    with pytest.raises(InvalidCredentials):
        normal_password(endless)


@pytest.mark.parametrize("letter", ["\u0390", "\u1f82", "\U0001f600", "é"])
def test_the_longest_password_is_taken_in_each_spelling(letter: str) -> None:
    composed = unicodedata.normalize("NFC", letter * 256)
    for form in ("NFC", "NFD"):
        assert accept_password(unicodedata.normalize(form, composed)) == composed
    with pytest.raises(WeakPassword):
        accept_password(composed + "x")
