"""The root of a database: made once, found by all, kept through every change of keys."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from domain.events import RootMade
from domain.log import Append, EventLog, Outcome, append_one
from infrastructure.event_log import open_log
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.key_ring import KeyRing
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.provider import KeyProvider, read_master_key
from infrastructure.keys.root import OWNER, PURPOSE, STREAM, NoRoot, RootKeys, open_root
from tests.drafts import appended, tenant
from tests.memory_log import MemoryLog

OLD, NEW = read_master_key("11" * 32), read_master_key("22" * 32)
EMAIL = "ada@example.com"


def envelope(current: KeyProvider, *others: KeyProvider) -> Envelope:
    return Envelope(KeyRing(LocalKey(current), [LocalKey(one) for one in others]))


def roots_made(log: EventLog) -> list[str]:
    return [one.event.key_id for one in log.read(STREAM).events if isinstance(one.event, RootMade)]


def from_before(log: MemoryLog, key: KeyProvider = OLD) -> None:
    """Write what a release without roots has written."""
    sealed = envelope(key).seal(uuid4(), "arc76-seed", b"seed")
    append_one(log, appended(tenant(), secrets=(sealed,)))


def test_a_fresh_database_gets_a_root_once() -> None:
    log = MemoryLog()
    root = open_root(log, log, envelope(OLD), [OLD])
    assert open_root(log, log, envelope(OLD), [OLD]) == root
    assert roots_made(log) == [envelope(OLD).key_id]
    assert root.claim_of(EMAIL) != OLD.claim_of(EMAIL)
    other = MemoryLog()
    assert open_root(other, other, envelope(OLD), [OLD]) != root


def test_the_root_says_no_more_of_itself_than_the_master_key() -> None:
    log = MemoryLog()
    root = open_root(log, log, envelope(OLD))
    secret = log.secret(OWNER, PURPOSE)
    assert secret is not None
    plain = envelope(OLD).open(secret)
    assert plain == root._root
    stored = b"".join(one.envelope for one in log.read_envelopes()) + secret.sealed
    for canary in (plain, plain.hex().encode()):
        assert canary not in stored
        assert repr(canary)[2:-1] not in repr(root) + repr(log.read(STREAM)) + repr(secret)


def test_what_is_derived_has_the_formulas_that_it_always_had() -> None:
    root, provider = RootKeys(b"r" * 32), KeyProvider(b"r" * 32)
    for purpose in ("access-token", "cursor", "email-claim"):
        assert root.derive(purpose) == provider.derive(purpose)
        assert root.key_id(purpose) == provider.key_id(purpose)
    assert root.claim_of(EMAIL) == provider.claim_of(EMAIL)
    with pytest.raises(NotOpened, match="31 bytes"):
        RootKeys(b"r" * 31)


def test_a_database_from_before_keeps_its_claims() -> None:
    log = MemoryLog()
    from_before(log)
    root = open_root(log, log, envelope(OLD), [OLD])
    assert root.claim_of(EMAIL) == OLD.claim_of(EMAIL)
    assert open_root(log, log, envelope(OLD)).claim_of(EMAIL) == OLD.claim_of(EMAIL)


def test_its_secrets_say_which_of_several_master_keys_it_was_written_under() -> None:
    log = MemoryLog()
    from_before(log)
    root = open_root(log, log, envelope(NEW, OLD), [NEW, OLD])
    assert root.claim_of(EMAIL) == OLD.claim_of(EMAIL)
    assert roots_made(log) == [envelope(NEW).key_id]


def test_without_its_master_key_a_database_from_before_gets_no_root() -> None:
    log = MemoryLog()
    from_before(log)
    with pytest.raises(NoRoot, match=envelope(OLD).key_id):
        open_root(log, log, envelope(NEW), [NEW])
    assert roots_made(log) == []
    assert open_root(log, log, envelope(OLD), [OLD]).claim_of(EMAIL) == OLD.claim_of(EMAIL)


def test_events_without_a_secret_make_no_database_from_before() -> None:
    log = MemoryLog()
    append_one(log, appended(tenant()))
    assert open_root(log, log, envelope(NEW)).claim_of(EMAIL) != NEW.claim_of(EMAIL)


def test_a_root_that_is_gone_is_never_made_again() -> None:
    log = MemoryLog()
    root = open_root(log, log, envelope(OLD))
    lost = log._head.secrets.pop()
    with pytest.raises(NoRoot, match="backup"):
        open_root(log, log, envelope(OLD), [OLD])
    log._head.secrets.append(lost)
    assert open_root(log, log, envelope(OLD)) == root


def test_a_root_under_another_key_does_not_open_and_stays() -> None:
    log = MemoryLog()
    root = open_root(log, log, envelope(OLD))
    with pytest.raises(NotOpened, match=envelope(OLD).key_id):
        open_root(log, log, envelope(NEW), [NEW])
    assert open_root(log, log, envelope(NEW, OLD)) == root
    assert len(roots_made(log)) == 1


def test_the_root_of_another_place_is_none() -> None:
    log, other = MemoryLog(), MemoryLog()
    open_root(other, other, envelope(OLD))
    [secret] = other.secrets_after(None, 10)
    for moved in (replace(secret, version=2), envelope(OLD).seal(uuid4(), PURPOSE, b"r" * 32)):
        planted = replace(moved, owner=OWNER, purpose=PURPOSE)
        log = MemoryLog()
        append_one(log, appended(tenant(), secrets=(planted,)))
        with pytest.raises(NotOpened):
            open_root(log, log, envelope(OLD))


class Overtaken(MemoryLog):
    """Lets another process make the root between the look and the append."""

    theirs: RootKeys | None = None

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        if self.theirs is None:
            self.theirs = RootKeys(bytes(32))  # the other does not come here again
            self.theirs = open_root(self, self, envelope(OLD))
        return super().append(appends)


def test_whoever_is_overtaken_reads_the_others_root() -> None:
    log = Overtaken()
    assert open_root(log, log, envelope(OLD)) == log.theirs
    assert len(roots_made(log)) == 1


def test_all_who_start_at_once_agree_on_one_root(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        sealing = envelope(OLD)

        def start(_: int) -> str:
            return open_root(log, log, sealing).claim_of(EMAIL)

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(start, range(16)))) == 1
        assert len(roots_made(log)) == 1
