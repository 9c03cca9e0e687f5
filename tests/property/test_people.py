"""Tries and sessions against models that are as plain as the rules: any order, any pause."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from application.accounts.refusals import (
    InvalidRefreshToken,
    RefreshTokenExpired,
    RefreshTokenRevoked,
)
from application.accounts.sessions import Granted
from application.credentials import InvalidCredentials
from domain.sign_in import CEILING, CLOSED, LOCK, MOST_FAILURES, WINDOW, AccountLocked
from tests.identity_world import PASSWORD, People, origin
from tests.memory_log import MemoryLog

START = datetime(2026, 11, 25, tzinfo=UTC)
PAUSES = st.sampled_from([0.0, 1.0, 60.0, 299.0, 900.0, 1800.0, 3600.0])
NETWORKS = st.sampled_from(["192.0.2.1", "198.51.100.1", "203.0.113.1"])


def people_at(start: datetime) -> People:
    people = People(MemoryLog())
    people.clock.time = start
    people.log._clock = people.clock.now  # type: ignore[attr-defined]
    return people


class Tries(RuleBasedStateMachine):
    """One address, tried from three networks and from one known device."""

    def __init__(self) -> None:
        super().__init__()
        self.people = people_at(START)
        self.device = self.people.register().device
        self.failed: dict[str, list[datetime]] = {}
        self.locked: dict[str, datetime] = {}
        self.in_a_row = 0
        self.closed = START

    @rule(client=NETWORKS | st.just("device"), right=st.booleans())
    def tried(self, client: str, right: bool) -> None:
        self.one_try(client, right)

    @rule(count=st.integers(5, CEILING))
    def tried_from_many_networks(self, count: int) -> None:
        for number in range(count):
            self.one_try(f"10.{number}.0.1", right=False)

    @rule(seconds=PAUSES)
    def paused(self, seconds: float) -> None:
        self.people.clock.move(seconds=seconds)

    def one_try(self, client: str, right: bool) -> None:
        expected = self.expected(client, right, self.people.clock.now())
        assert self.outcome(client, right) == expected

    def outcome(self, client: str, right: bool) -> tuple[str, datetime | None]:
        visitor = {"device": self.device} if client == "device" else {"address": client}
        try:
            self.people.sign_in(PASSWORD if right else PASSWORD + "!", **visitor)
        except AccountLocked as locked:
            return "locked", locked.until
        except InvalidCredentials:
            return "wrong", None
        return "in", None

    def expected(self, client: str, right: bool, now: datetime) -> tuple[str, datetime | None]:
        ends = [self.locked.get(client, START)]
        if client != "device":
            ends.append(self.closed)
        if max(ends) > now:
            return "locked", max(ends)
        mine = [at for at in self.failed.get(client, []) if now - at < WINDOW]
        if right:
            self.failed[client], self.in_a_row = [], 0
            return "in", None
        self.failed[client] = [*mine, now]
        self.in_a_row += 1
        if len(self.failed[client]) == MOST_FAILURES:
            self.failed[client], self.locked[client] = [], now + LOCK
        if self.in_a_row == CEILING:
            self.failed, self.in_a_row, self.closed = {}, 0, now + CLOSED
        return "wrong", None


class Families(RuleBasedStateMachine):
    """One session, whose tokens come in any order, after any pause."""

    def __init__(self) -> None:
        super().__init__()
        self.people = people_at(START)
        self.opened = self.people.register().granted
        self.texts = [self.opened.refresh]
        self.used_at = START
        self.dead = False

    @rule(seconds=st.sampled_from([0.0, 5.0, 10.0, 10.1, 3600.0, 86_400.0 * 3, 86_400.0 * 8]))
    def paused(self, seconds: float) -> None:
        self.people.clock.move(seconds=seconds)

    @rule(back=st.integers(0, 3))
    def presented(self, back: int) -> None:
        place = max(0, len(self.texts) - 1 - back)
        granted = self.outcome(self.texts[place])
        age = self.people.clock.now() - self.used_at
        over = age >= timedelta(days=7) or self.people.clock.now() >= self.opened.expires_at
        newest = len(self.texts) - 1
        if self.dead:
            assert granted is RefreshTokenRevoked
        elif over:
            assert granted is RefreshTokenExpired
        elif place == newest:
            assert isinstance(granted, Granted)
            assert granted.refresh not in self.texts
            self.texts.append(granted.refresh)
            self.used_at = self.people.clock.now()
        elif place == newest - 1 and age <= timedelta(seconds=10):
            assert isinstance(granted, Granted)
            assert granted.refresh == self.texts[newest]
        else:
            assert granted is RefreshTokenRevoked
            self.dead = True

    @rule(place=st.integers(4, 73))
    def forged(self, place: int) -> None:
        text = self.texts[-1]
        letter = "A" if text[place] != "A" else "B"
        assert self.outcome(text[:place] + letter + text[place + 1 :]) is InvalidRefreshToken

    @precondition(lambda self: not self.dead)
    @invariant()
    def one_token_is_current(self) -> None:
        """No two tokens of a family are the same, whatever was asked."""
        assert len(set(self.texts)) == len(self.texts)

    def outcome(self, text: str) -> Granted | type[Exception]:
        try:
            return self.people.identity.sessions.refresh(text, origin())
        except (InvalidRefreshToken, RefreshTokenExpired, RefreshTokenRevoked) as refusal:
            return type(refusal)


TestTries = Tries.TestCase
TestTries.settings = settings(max_examples=30, stateful_step_count=25)
TestFamilies = Families.TestCase
TestFamilies.settings = settings(max_examples=60, stateful_step_count=30)
