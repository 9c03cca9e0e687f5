"""What a mailed link holds: one spelling, one purpose, and no bit of it may change."""

from hypothesis import given
from hypothesis import strategies as st

from infrastructure.links import LENGTH, MailLinks
from tests.mail_world import OneKey

LINKS = MailLinks(OneKey())
PURPOSES = st.sampled_from(["verify-email", "reset-password", "invitation"])
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class OtherKeys:
    def derive(self, purpose: str) -> bytes:
        return bytes(32)


@given(PURPOSES, st.uuids(), st.uuids())
def test_what_was_made_is_read_and_is_the_same_each_time(purpose, owner, link):
    text = LINKS.text(purpose, owner, link)
    assert len(text) == LENGTH
    assert set(text) <= set(ALPHABET)
    assert text == MailLinks(OneKey()).text(purpose, owner, link)
    assert LINKS.read(purpose, text) == (owner, link)
    assert len(LINKS.digest(text)) == 32


@given(PURPOSES, st.uuids(), st.uuids(), st.integers(0, LENGTH * 6 - 1))
def test_any_bit_that_is_changed_is_refused(purpose, owner, link, bit):
    text = LINKS.text(purpose, owner, link)
    place, one = divmod(bit, 6)
    changed = ALPHABET[ALPHABET.index(text[place]) ^ (1 << one)]
    assert LINKS.read(purpose, text[:place] + changed + text[place + 1 :]) is None


@given(PURPOSES, PURPOSES, st.uuids(), st.uuids())
def test_a_link_is_good_for_its_purpose_and_its_keys_alone(purpose, other, owner, link):
    text = LINKS.text(purpose, owner, link)
    assert (LINKS.read(other, text) is None) == (purpose != other)
    assert MailLinks(OtherKeys()).read(purpose, text) is None


@given(PURPOSES, st.uuids(), st.uuids(), st.data())
def test_no_other_spelling_is_read(purpose, owner, link, data):
    text = LINKS.text(purpose, owner, link)
    place = data.draw(st.integers(0, LENGTH))
    odd = data.draw(st.sampled_from(["=", "\n", " ", "+", "/", "é", "\0", "A", "\uff21"]))
    assert LINKS.read(purpose, text[:place] + odd + text[place:]) is None
    if place < LENGTH and odd != text[place]:
        assert LINKS.read(purpose, text[:place] + odd + text[place + 1 :]) is None
    assert LINKS.read(purpose, text[: min(place, LENGTH - 1)]) is None


@given(PURPOSES, st.text())
def test_anything_else_is_refused_without_an_error(purpose, text):
    assert LINKS.read(purpose, text) is None
