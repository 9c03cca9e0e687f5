"""The promises of infrastructure.keys.key_encryption.KeyEncryption, held by every provider."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from domain.log import KeysUnavailable
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import Bound, KeyEncryption, NotOpened
from infrastructure.keys.key_ring import KeyRing
from infrastructure.keys.kms_key import KmsAddress, open_kms_key
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.provider import KeyProvider
from tests.kms_double import ENVIRONMENT, KmsDouble, kms_double

DATA_KEY = bytes(range(32))
BOUND = Bound(owner=UUID(int=7), purpose="arc76-seed", version=11)
ELSEWHERE = [
    replace(BOUND, owner=UUID(int=8)),
    replace(BOUND, purpose="arc76-see"),
    replace(BOUND, purpose=""),
    replace(BOUND, version=12),
    # The same letters, cut elsewhere.
    replace(BOUND, purpose="arc76-seed1", version=1),
]
Make = Callable[[], KeyEncryption]


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsDouble]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with kms_double() as double:
        yield double


@pytest.fixture(params=["local", "kms", "ring of local keys", "ring of KMS and a local key"])
def make(request: pytest.FixtureRequest) -> Make:
    """Return what makes another key of the same kind each time."""
    counted = iter(range(1, 100))

    def local() -> KeyEncryption:
        return LocalKey(KeyProvider(bytes([next(counted)]) * 32))

    if request.param == "local":
        return local
    if request.param == "ring of local keys":
        return lambda: KeyRing(local(), [local(), local()])
    double: KmsDouble = request.getfixturevalue("kms")

    def in_kms() -> KeyEncryption:
        return open_kms_key(KmsAddress(key=double.make_key(), endpoint=double.url))

    return in_kms if request.param == "kms" else lambda: KeyRing(in_kms(), [local()])


def test_what_was_wrapped_is_unwrapped(make: Make) -> None:
    key = make()
    wrapped = key.wrap(DATA_KEY, BOUND)
    assert key.unwrap(key.key_id, wrapped, BOUND) == DATA_KEY
    assert DATA_KEY not in wrapped


def test_one_data_key_wrapped_twice_looks_like_two(make: Make) -> None:
    key = make()
    assert key.wrap(DATA_KEY, BOUND) != key.wrap(DATA_KEY, BOUND)


@pytest.mark.parametrize("other", ELSEWHERE, ids=str)
def test_it_opens_in_its_own_place_alone(make: Make, other: Bound) -> None:
    key = make()
    wrapped = key.wrap(DATA_KEY, BOUND)
    with pytest.raises(NotOpened):
        key.unwrap(key.key_id, wrapped, other)


def test_what_was_changed_does_not_open(make: Make) -> None:
    key = make()
    wrapped = key.wrap(DATA_KEY, BOUND)
    changed = [wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :] for at in range(60)]
    for wrong in [*changed, b"", wrapped[:-1], wrapped + b"\0", wrapped[:12], DATA_KEY]:
        with pytest.raises(NotOpened):
            key.unwrap(key.key_id, wrong, BOUND)


def test_another_key_does_not_open_it_under_either_name(make: Make) -> None:
    key, other = make(), make()
    assert key.key_id != other.key_id
    wrapped = key.wrap(DATA_KEY, BOUND)
    for key_id in (key.key_id, other.key_id, "", "0" * 16):
        with pytest.raises(NotOpened):
            other.unwrap(key_id, wrapped, BOUND)


def test_a_name_is_lasting_short_and_tells_nothing(make: Make) -> None:
    key = make()
    assert key.key_id == key.key_id
    assert key.key_id.isascii()
    assert 16 <= len(key.key_id) <= 20
    assert "arn" not in key.key_id
    assert "111122223333" not in repr(key) + key.key_id


def test_many_threads_use_it_at_once(make: Make) -> None:
    key = make()

    def round_trip(number: int) -> bool:
        bound = replace(BOUND, version=number)
        return key.unwrap(key.key_id, key.wrap(DATA_KEY, bound), bound) == DATA_KEY

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(round_trip, range(1, 33)))


def test_an_envelope_of_it_seals_and_opens_and_changes_to_another(make: Make) -> None:
    old, new = make(), make()
    secret = Envelope(old).seal(uuid4(), "seed", b"plain", version=3)
    both = Envelope(KeyRing(new, [old]))
    assert both.open(secret) == b"plain"
    anew = both.rewrapped(secret)
    assert both.wrapped_by(anew) == new.key_id
    assert Envelope(new).open(anew) == b"plain"
    with pytest.raises(NotOpened):
        Envelope(old).open(anew)
    with pytest.raises(NotOpened):
        Envelope(new).open(secret)


def test_a_ring_tries_no_key_but_the_one_that_is_named(kms: KmsDouble) -> None:
    remote = open_kms_key(KmsAddress(key=kms.make_key(), endpoint=kms.url))
    local = LocalKey(KeyProvider(b"1" * 32))
    ring = KeyRing(local, [remote])
    asked = len(kms.asked)
    assert ring.unwrap(local.key_id, ring.wrap(DATA_KEY, BOUND), BOUND) == DATA_KEY
    assert len(kms.asked) == asked
    assert ring.knows(remote.key_id)
    assert not ring.knows("other")
    wrapped = remote.wrap(DATA_KEY, BOUND)
    kms.over.set()
    kms.troubles[:] = ["DisabledException"]
    with pytest.raises(KeysUnavailable):
        ring.unwrap(remote.key_id, wrapped, BOUND)
