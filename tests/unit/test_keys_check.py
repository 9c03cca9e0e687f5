"""Readiness of keys: it fails when they do not open, is asked seldom, and never raises."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from domain.log import KeysUnavailable, LogUnavailable, Secret, append_one
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import Bound, NotOpened
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.provider import read_master_key
from infrastructure.keys.readiness import GOOD_FOR, KeysCheck
from infrastructure.keys.root import OWNER, PURPOSE, open_root
from tests.drafts import appended, tenant
from tests.memory_log import MemoryLog

KEYS = read_master_key("11" * 32)


class Touchy:
    """A key that fails as it is told to, and counts."""

    def __init__(self) -> None:
        self._key = LocalKey(KEYS)
        self.key_id, self.is_development = self._key.key_id, False
        self.trouble: Exception | None = None
        self.wrapped = 0
        self.hold: threading.Event | None = None

    def wrap(self, data_key: bytes, bound: Bound) -> bytes:
        self.wrapped += 1
        if self.hold:
            self.hold.wait(30)
        if self.trouble:
            raise self.trouble
        return self._key.wrap(data_key, bound)

    def unwrap(self, key_id: str, wrapped: bytes, bound: Bound) -> bytes:
        return self._key.unwrap(key_id, wrapped, bound)


class Table(MemoryLog):
    trouble: Exception | None = None

    def secret(self, owner: UUID, purpose: str) -> Secret | None:
        if self.trouble:
            raise self.trouble
        return super().secret(owner, purpose)


class World:
    def __init__(self) -> None:
        self.log, self.key, self.now = Table(), Touchy(), 100.0
        envelope = Envelope(self.key)
        root = open_root(self.log, self.log, envelope)
        self.check = KeysCheck(self.log, envelope, root, lambda: self.now)
        self.key.wrapped = 0


def test_keys_that_open_pass_and_are_asked_twice_a_minute() -> None:
    world = World()
    for _ in range(60):
        assert world.check() == "pass"
        world.now += 1
    assert world.key.wrapped == 2


@pytest.mark.parametrize("trouble", [KeysUnavailable("no"), NotOpened("no")], ids=repr)
def test_keys_that_do_not_wrap_fail_and_pass_soon_after_they_do_again(trouble: Exception) -> None:
    world = World()
    world.key.trouble = trouble
    assert world.check() == "fail"
    assert world.check() == "fail"
    assert world.key.wrapped == 1
    world.key.trouble = None
    world.now += GOOD_FOR["fail"]
    assert world.check() == "pass"


def test_a_lost_database_fails_and_is_not_raised() -> None:
    world = World()
    world.log.trouble = LogUnavailable("away")
    assert world.check() == "fail"


def test_a_root_that_is_gone_or_another_fails() -> None:
    world = World()
    append_one(world.log, appended(tenant(), destroyed=((OWNER, PURPOSE),)))
    assert world.check() == "fail"
    root = b"another root of 32 bytes in all."
    other = Envelope(LocalKey(KEYS)).seal(OWNER, PURPOSE, root, version=2)
    append_one(world.log, appended(tenant(), secrets=(other,)))
    world.now += GOOD_FOR["fail"]
    assert world.check() == "fail"


def test_while_one_waits_for_a_key_that_hangs_the_others_have_the_answer_before() -> None:
    world = World()
    assert world.check() == "pass"
    world.now += GOOD_FOR["pass"]
    world.key.hold, world.key.trouble = threading.Event(), KeysUnavailable("hung")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(world.check)
        while world.key.wrapped < 2:
            threading.Event().wait(0.001)
        answers: Sequence[str] = [world.check() for _ in range(5)]
        world.key.hold.set()
        assert waiting.result() == "fail"
    assert answers == ["pass"] * 5
    assert world.check() == "fail"
