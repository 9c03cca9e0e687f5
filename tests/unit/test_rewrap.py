"""Rotation: all secrets under the new key, nothing else changed, and said once it is so."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from domain.events import RootMade, SecretsRewrapped
from domain.log import KeysUnavailable, Secret, append_one
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import Bound, NotOpened
from infrastructure.keys.key_ring import KeyRing
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.provider import KeyProvider
from infrastructure.keys.rewrap import MOST_PASSES, UNREADABLE, keys_in_use, rewrap
from infrastructure.keys.root import OWNER, STREAM, NoRoot, open_root
from infrastructure.keys.sealed_form import SealedForm
from tests.drafts import appended, tenant
from tests.memory_log import MemoryLog

OLD, NEW, LOST = (LocalKey(KeyProvider(bytes([n]) * 32)) for n in (1, 2, 3))
UNDER_OLD, BOTH, UNDER_NEW = Envelope(OLD), Envelope(KeyRing(NEW, [OLD])), Envelope(NEW)


def kept(log: MemoryLog, envelope: Envelope, owner: UUID | None = None) -> Secret:
    secret = envelope.seal(owner or uuid4(), "seed", b"plain")
    append_one(log, appended(tenant(), secrets=(secret,)))
    return secret


def started(secrets: int = 5, log: MemoryLog | None = None) -> MemoryLog:
    log = log or MemoryLog()
    open_root(log, log, UNDER_OLD)
    for _ in range(secrets):
        kept(log, UNDER_OLD)
    return log


def said(log: MemoryLog) -> list[tuple[str, int]]:
    events = [one.event for one in log.read(STREAM).events]
    assert isinstance(events[0], RootMade)
    return [(one.key_id, one.secrets) for one in events if isinstance(one, SecretsRewrapped)]


@pytest.mark.parametrize("page", [1, 2, 6, 100])
def test_all_lie_under_the_new_key_and_nothing_else_has_changed(page: int) -> None:
    log = started()
    before = log.secrets_after(None, 100)
    found = rewrap(log, log, BOTH, page)
    assert found.exchanged == 6
    assert found.is_done(NEW.key_id)
    assert keys_in_use(log, BOTH) == {NEW.key_id: 6}
    assert said(log) == [(NEW.key_id, 6)]
    for old, new in zip(before, log.secrets_after(None, 100), strict=True):
        assert Bound.to(old) == Bound.to(new)
        was, now = SealedForm.read(old.sealed), SealedForm.read(new.sealed)
        assert (was.nonce, was.sealed) == (now.nonce, now.sealed)
        assert UNDER_NEW.open(new) == UNDER_OLD.open(old)
        with pytest.raises(NotOpened):
            UNDER_OLD.open(new)


def test_the_root_stays_the_same() -> None:
    log = started()
    before = open_root(log, log, UNDER_OLD)
    rewrap(log, log, BOTH)
    assert open_root(log, log, UNDER_NEW) == before


def test_what_is_done_is_not_done_again() -> None:
    log = started()
    rewrap(log, log, BOTH)
    before, position = log.secrets_after(None, 100), log.position()
    for envelope in (BOTH, UNDER_NEW):
        assert rewrap(log, log, envelope).exchanged == 0
    assert (log.secrets_after(None, 100), log.position()) == (before, position)


def test_where_there_was_nothing_to_do_nothing_is_said() -> None:
    log = started()
    assert rewrap(log, log, UNDER_OLD).exchanged == 0
    assert said(log) == []


def test_who_was_killed_before_the_last_word_says_it_the_next_time() -> None:
    log = started()
    for secret in log.secrets_after(None, 100):
        log.exchange([(secret, BOTH.rewrapped(secret))])
    assert rewrap(log, log, BOTH).exchanged == 0
    assert said(log) == [(NEW.key_id, 6)]


def test_there_and_back_is_two_rotations() -> None:
    log = started()
    rewrap(log, log, BOTH)
    rewrap(log, log, Envelope(KeyRing(OLD, [NEW])))
    assert said(log) == [(NEW.key_id, 6), (OLD.key_id, 6)]
    assert keys_in_use(log, UNDER_OLD) == {OLD.key_id: 6}


def test_the_first_format_becomes_the_second() -> None:
    log = started(0)
    form = SealedForm.read(UNDER_OLD.seal(OWNER, "seed", b"plain").sealed)
    first = replace(form, format=1).spelled()
    assert b"wrapNonce" in first
    secret = Secret(owner=OWNER, purpose="seed", version=1, sealed=first)
    append_one(log, appended(tenant(), secrets=(secret,)))
    rewrap(log, log, BOTH)
    found = log.secret(OWNER, "seed")
    assert found is not None
    assert UNDER_NEW.open(found) == b"plain"
    assert SealedForm.read(found.sealed).format == 2


def test_what_does_not_open_stays_as_it_is_and_is_named() -> None:
    log = started(3)
    lost = kept(log, Envelope(LOST))
    damaged = Secret(owner=uuid4(), purpose="seed", version=1, sealed=b"no sealed secret")
    moved = replace(UNDER_OLD.seal(uuid4(), "seed", b"plain"), owner=uuid4())
    append_one(log, appended(tenant(), secrets=(damaged, moved)))
    for exchanged in (4, 0):
        found = rewrap(log, log, BOTH, page=2)
        assert found.exchanged == exchanged
        assert not found.is_done(NEW.key_id)
        assert set(found.closed) == {lost, damaged, moved}
    assert set(log.secrets_after(None, 100)) > {lost, damaged, moved}
    in_use = {NEW.key_id: 4, OLD.key_id: 1, LOST.key_id: 1, UNREADABLE: 1}
    assert keys_in_use(log, BOTH) == in_use
    assert said(log) == []


class Beside(MemoryLog):
    """Lets another process act before an exchange, so many times."""

    times = 0

    def exchange(self, changes: Sequence[tuple[Secret, Secret]]) -> list[bool]:
        if self.times:
            self.times -= 1
            self.act(changes)
        return super().exchange(changes)

    def act(self, changes: Sequence[tuple[Secret, Secret]]) -> None:
        raise NotImplementedError


class Faster(Beside):
    def act(self, changes: Sequence[tuple[Secret, Secret]]) -> None:
        MemoryLog.exchange(self, [(old, BOTH.rewrapped(old)) for old, _ in changes])


class Writing(Beside):
    def act(self, changes: Sequence[tuple[Secret, Secret]]) -> None:
        kept(self, UNDER_OLD, UUID(int=self.times + 1))


class Destroying(Beside):
    def act(self, changes: Sequence[tuple[Secret, Secret]]) -> None:
        gone = tuple((old.owner, old.purpose) for old, _ in changes if old.owner != OWNER)
        append_one(self, appended(tenant(), destroyed=gone))


def test_two_rotations_at_once_do_no_harm() -> None:
    log = Faster()
    started(5, log)
    log.times = 2
    found = rewrap(log, log, BOTH, page=2)
    assert found.is_done(NEW.key_id)
    assert found.exchanged == 2
    assert keys_in_use(log, UNDER_NEW) == {NEW.key_id: 6}


def test_what_is_written_behind_its_back_under_the_old_key_is_found_by_the_next_pass() -> None:
    log = Writing()
    started(5, log)
    log.times = 3
    found = rewrap(log, log, BOTH, page=2)
    assert found.exchanged == 9
    assert said(log) == [(NEW.key_id, 9)]


def test_who_writes_under_the_old_key_for_ever_keeps_it_from_being_done() -> None:
    log = Writing()
    started(1, log)
    log.times = 10 * MOST_PASSES
    found = rewrap(log, log, BOTH)
    assert not found.is_done(NEW.key_id)
    assert found.closed == []
    assert said(log) == []


def test_what_was_destroyed_meanwhile_does_not_come_back() -> None:
    log = Destroying()
    started(5, log)
    log.times = 3
    assert rewrap(log, log, BOTH, page=2).is_done(NEW.key_id)
    assert keys_in_use(log, UNDER_NEW) == {NEW.key_id: 1}


def test_nothing_is_rewrapped_before_there_is_a_root() -> None:
    log = MemoryLog()
    secret = kept(log, UNDER_OLD)
    with pytest.raises(NoRoot):
        rewrap(log, log, BOTH)
    assert log.secrets_after(None, 9) == [secret]


class Faulty:
    """Wraps what nobody can unwrap, or not at all."""

    key_id, is_development = "faulty", False

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble

    def wrap(self, data_key: bytes, bound: Bound) -> bytes:
        if self.trouble:
            raise self.trouble
        return b"garbage"

    def unwrap(self, key_id: str, wrapped: bytes, bound: Bound) -> bytes:
        return b"another data key".ljust(32)


def test_a_wrapping_that_does_not_open_takes_nobodys_place() -> None:
    log = started()
    before = log.secrets_after(None, 100)
    found = rewrap(log, log, Envelope(KeyRing(Faulty(), [OLD])))
    assert found.exchanged == 0
    assert log.secrets_after(None, 100) == before


def test_a_key_that_is_away_stops_it_and_it_goes_on_later() -> None:
    log = started()
    with pytest.raises(KeysUnavailable):
        rewrap(log, log, Envelope(KeyRing(Faulty(KeysUnavailable("away")), [OLD])))
    assert rewrap(log, log, BOTH).exchanged == 6
