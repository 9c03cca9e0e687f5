"""Access tokens: whoever forges or changes one speaks for nobody, with our keys or without."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.values import AccountId, SessionId, TenantId
from infrastructure.access_tokens import LIFETIME, PERIOD, AccessTokens
from infrastructure.keys.provider import KeyProvider
from tests.identity_world import KEYS
from tests.token_forgery import NOW, WEEK, Recipe, later, mutations, recipes, week_of

ACCOUNT, TENANT, SESSION = AccountId(uuid4()), TenantId(uuid4()), SessionId(uuid4())
BOUNDARY = datetime.fromtimestamp((week_of(NOW) + 1) * WEEK, UTC)
"""Where one week's key gives way to the next."""


def at(time: datetime, keys: KeyProvider = KEYS) -> AccessTokens:
    return AccessTokens(keys, lambda: time)


def issued(time: datetime) -> str:
    return at(time).issue(ACCOUNT, TENANT, SESSION, time).text


def test_a_token_speaks_for_its_account_tenant_and_session() -> None:
    made = at(NOW).issue(ACCOUNT, TENANT, SESSION, NOW)
    bearer = at(NOW).verify(made.text)
    assert bearer is not None
    assert (bearer.account, bearer.tenant, bearer.session) == (ACCOUNT, TENANT, SESSION)
    assert made.expires_at == NOW + LIFETIME
    assert made.text not in repr(made)


def test_two_tokens_of_one_moment_differ() -> None:
    assert issued(NOW) != issued(NOW)


def test_a_forger_who_changes_nothing_makes_one_of_ours() -> None:
    assert at(NOW).verify(Recipe().token()), "every forgery is right but for one thing"


FORGED = list(recipes())


@pytest.mark.parametrize("recipe", [one for _, one in FORGED], ids=[name for name, _ in FORGED])
def test_a_forged_token_speaks_for_nobody(recipe: Recipe) -> None:
    assert at(NOW).verify(recipe.token()) is None


def test_a_changed_token_speaks_for_nobody() -> None:
    text = issued(NOW)
    changed = set(mutations(text)) - {text}
    accepted = [one for one in changed if at(NOW).verify(one) is not None]
    assert accepted == []
    forged = {recipe.token() for _, recipe in FORGED}
    assert len(forged) >= 500
    assert len(changed) >= 500


@pytest.mark.parametrize(
    "text", ["\ud800.a.b", "\u00e9.a.b", "a" * 5_000, "." * 5_000, "\0", "a.b.c"]
)
def test_what_is_no_token_is_refused_without_an_error(text: str) -> None:
    assert at(NOW).verify(text) is None


def test_a_token_of_another_root_key_speaks_for_nobody() -> None:
    assert at(NOW, KeyProvider(b"x" * 32)).verify(issued(NOW)) is None


@pytest.mark.parametrize("age", [0, 1, 300, 598])
def test_a_token_lasts_ten_minutes(age: float) -> None:
    assert at(later(seconds=age)).verify(issued(NOW))


@pytest.mark.parametrize("age", [600, 601, 3_600, 7 * 86_400])
def test_a_token_ends(age: float) -> None:
    assert at(later(seconds=age)).verify(issued(NOW)) is None


@pytest.mark.parametrize(("ahead", "good"), [(29, True), (31, False), (300, False)])
def test_another_machines_clock_may_be_ahead_a_little(ahead: float, good: bool) -> None:
    assert (at(NOW).verify(issued(later(seconds=ahead))) is not None) == good


@pytest.mark.parametrize("before", [1, 0.001, 300, 599])
def test_a_token_of_the_last_moment_of_a_week_is_good_in_the_next(before: float) -> None:
    text = issued(BOUNDARY - timedelta(seconds=before))
    assert at(BOUNDARY).verify(text)
    assert at(BOUNDARY + PERIOD).verify(text) is None


def test_a_machine_that_is_behind_takes_a_token_of_the_week_to_come() -> None:
    text = issued(BOUNDARY)
    assert at(BOUNDARY - timedelta(seconds=20)).verify(text)
    assert at(BOUNDARY - timedelta(seconds=40)).verify(text) is None


def test_each_week_has_a_key_and_every_process_the_same() -> None:
    weeks = [issued(NOW + PERIOD * number).split(".")[0] for number in range(5)]
    assert len(set(weeks)) == 5
    assert issued(later(days=3)).split(".")[0] == weeks[0]


@pytest.mark.parametrize("weeks", [2, 3, 52, -2])
def test_a_key_that_is_two_weeks_away_opens_nothing_even_for_claims_of_now(weeks: int) -> None:
    recipe = Recipe(week=week_of(NOW) + weeks)
    assert at(NOW).verify(recipe.token()) is None
    assert at(NOW + PERIOD * weeks).verify(Recipe(week=recipe.week, now=NOW).token()) is None
