"""Refresh tokens, API keys and device tokens: one spelling each, and no character may change."""

import hmac
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.accounts.ports import Visitor
from application.accounts.refusals import InvalidRefreshToken
from domain.values import SessionId, TenantId
from infrastructure import api_key_texts, devices, refresh_tokens
from infrastructure.api_key_texts import RandomApiKeys
from infrastructure.devices import SignedDevices
from infrastructure.keys.provider import KeyProvider
from infrastructure.keys.spelling import spelled
from infrastructure.refresh_tokens import RefreshTokens
from tests.identity_world import KEYS, People, origin
from tests.memory_log import MemoryLog
from tests.token_forgery import ALPHABET

REFRESH, API_KEYS, DEVICES = RefreshTokens(KEYS), RandomApiKeys(), SignedDevices(KEYS)
OTHERS = KeyProvider(b"o" * 32)
ADA = UUID(int=1)
CLAIM = KEYS.claim_of("ada@example.com")
PREFIXES = (refresh_tokens.PREFIX, api_key_texts.PREFIX, devices.PREFIX)
SALTS = st.binary(min_size=16, max_size=16)
GENERATIONS = st.integers(0, 2**32 - 1)
ODD = st.sampled_from(["=", "\n", " ", "+", "/", ".", "\u00e9", "\0", "A", "\uff21", "~", "\ud800"])


def knows(device: str | None, account: UUID = ADA, count: int = 1) -> bool:
    visitor = Visitor(address="192.0.2.7", user_agent="", device=device)
    return DEVICES.client(CLAIM, account, count, visitor).known


def texts(session: UUID, generation: int, salt: bytes) -> dict[str, str]:
    return {
        "pmr_": REFRESH.text(SessionId(session), generation, salt),
        "pmk_": API_KEYS.new(TenantId(session), session),
        "pmd_": DEVICES.text(ADA, 1),
    }


def is_read(text: str) -> bool:
    """Tell whether anything here takes a text for one of its own, by its form alone."""
    return REFRESH.read(text) is not None or API_KEYS.read(text) is not None or knows(text)


@given(st.uuids(), GENERATIONS, SALTS)
def test_what_was_made_is_read_by_its_own_kind_alone(
    session: UUID, generation: int, salt: bytes
) -> None:
    made = texts(session, generation, salt)
    assert REFRESH.read(made["pmr_"]) == (session, generation)
    assert REFRESH.text(SessionId(session), generation, salt) == made["pmr_"]
    read = API_KEYS.read(made["pmk_"])
    assert read == (session, session)
    assert knows(made["pmd_"])
    for prefix, text in made.items():
        assert (REFRESH.read(text) is not None) == (prefix == "pmr_")
        assert (API_KEYS.read(text) is not None) == (prefix == "pmk_")
        assert knows(text) == (prefix == "pmd_")


@given(st.uuids(), GENERATIONS, SALTS)
def test_a_prefix_cannot_be_put_on_another_kind(
    session: UUID, generation: int, salt: bytes
) -> None:
    for prefix, text in texts(session, generation, salt).items():
        bare = text.removeprefix(prefix)
        for other in {*PREFIXES, "", "PMR_", "pm_", prefix * 2} - {prefix}:
            assert not is_read(other + bare)


@given(st.uuids(), GENERATIONS, SALTS, st.data())
def test_a_text_has_one_spelling(
    session: UUID, generation: int, salt: bytes, data: st.DataObject
) -> None:
    for text in texts(session, generation, salt).values():
        place, odd = data.draw(st.integers(0, len(text))), data.draw(ODD)
        assert not is_read(text[:place] + odd + text[place:])
        assert not is_read(text[: min(place, len(text) - 1)])
        if odd not in ALPHABET and place < len(text):
            assert not is_read(text[:place] + odd + text[place + 1 :])
        spare = ALPHABET[ALPHABET.index(text[-1]) ^ 1]
        if (len(text) - 4) % 4:
            assert not is_read(text[:-1] + spare)


@given(st.uuids(), GENERATIONS, SALTS, st.data())
def test_any_bit_of_a_device_token_counts(
    session: UUID, generation: int, salt: bytes, data: st.DataObject
) -> None:
    text = texts(session, generation, salt)["pmd_"]
    place, bit = data.draw(st.integers(4, len(text) - 1)), data.draw(st.integers(0, 5))
    changed = ALPHABET[ALPHABET.index(text[place]) ^ (1 << bit)]
    assert not knows(text[:place] + changed + text[place + 1 :])


def test_a_device_is_known_for_its_account_count_and_root_alone() -> None:
    text = DEVICES.text(ADA, 1)
    assert knows(text)
    assert not knows(text, count=2)
    assert not knows(text, count=11)
    assert not knows(text, account=UUID(int=2))
    assert not knows(SignedDevices(OTHERS).text(ADA, 1))
    for odd in ("", "pmd_", "pmd_" + "A" * 64, "pmd_" + spelled(bytes(48)), "\ud800"):
        assert not knows(odd)


@given(st.uuids(), GENERATIONS, SALTS, SALTS)
def test_no_part_of_a_refresh_token_is_made_without_the_root_and_the_salt(
    session: UUID, generation: int, salt: bytes, other: bytes
) -> None:
    text = REFRESH.text(SessionId(session), generation, salt)
    assert RefreshTokens(OTHERS).text(SessionId(session), generation, salt) != text
    if other != salt:
        assert REFRESH.text(SessionId(session), generation, other) != text
    following = REFRESH.text(SessionId(session), (generation + 1) % 2**32, salt)
    assert following[-42:] != text[-42:]


def refused_all(people: People, forged: set[str]) -> None:
    before = people.log.position()
    for text in forged:
        with pytest.raises(InvalidRefreshToken):
            people.identity.sessions.refresh(text, origin())
    assert people.log.position() == before, "nobody ends a session by naming it"


def test_who_knows_sessions_and_salts_makes_no_refresh_token_and_ends_none() -> None:
    people = People(MemoryLog())
    one, other = people.register().granted, people.register("bob@example.com").granted
    people.identity.sessions.refresh(one.refresh, origin())
    raw = {granted: REFRESH.read(granted.refresh) for granted in (one, other)}
    assert all(raw.values())
    forged: set[str] = set()
    states = [e.event.state for e in people.log.read_all() if hasattr(e.event, "state")]
    salts = [state.salt for state in states if hasattr(state, "salt")]
    for granted in (one, other):
        for generation in (0, 1, 2, 3, 2**32 - 1):
            named = granted.session.bytes + generation.to_bytes(4, "big")
            tags = [bytes(32), b"\xff" * 32, sha256(named).digest()]
            tags += [sha256(named + salt).digest() for salt in salts]
            tags += [hmac.digest(salt, named, "sha256") for salt in salts]
            tags += [hmac.digest(bytes(32), named + salt, "sha256") for salt in salts]
            tags += [state.digest for state in states if hasattr(state, "digest")]
            forged |= {"pmr_" + spelled(named + tag) for tag in tags}
            forged.add(RefreshTokens(OTHERS).text(granted.session, generation, salts[0]))
    refused_all(people, forged)
    assert len(forged) >= 100


def test_no_two_refresh_tokens_make_a_third() -> None:
    people = People(MemoryLog())
    one = people.register().granted
    two = people.identity.sessions.refresh(one.refresh, origin())
    other = people.register("bob@example.com").granted
    known = [one.refresh, two.refresh, other.refresh]
    forged = {
        first[:place] + second[place:]
        for first in known
        for second in known
        for place in range(4, len(first))
    }
    refused_all(people, forged - set(known))
