"""The promises of domain.log.SecretTable, held by every implementation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.log import Secret, append_one
from infrastructure.event_log import StoredLog, open_log
from infrastructure.event_log.log import sqlite_path
from tests.drafts import appended, tenant
from tests.memory_log import MemoryLog

Log = StoredLog | MemoryLog


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    if request.param == "memory":
        yield MemoryLog()
        return
    with open_log(request.getfixturevalue(f"{request.param}_url")) as stored:
        yield stored


def kept(log: Log, *secrets: Secret) -> None:
    append_one(log, appended(tenant(), secrets=secrets))


def sealed(owner: UUID, purpose: str = "seed", version: int = 1, content: bytes = b"1") -> Secret:
    return Secret(owner=owner, purpose=purpose, version=version, sealed=content)


def all_of(log: Log, page: int) -> list[Secret]:
    found: list[Secret] = []
    while secrets := log.secrets_after(found[-1] if found else None, page):
        assert len(secrets) <= page
        found += secrets
    return found


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_every_secret_is_met_once_in_pages_of_any_size(log: Log, page: int) -> None:
    assert all_of(log, page) == []
    owners = [UUID(int=0), UUID(int=2**128 - 1), uuid4(), uuid4()]
    secrets = [
        sealed(owner, purpose, version)
        for owner in owners
        for purpose in ("seed", "Password", "person-key")
        for version in (1, 2)
    ]
    kept(log, *secrets)
    found = all_of(log, page)
    assert len(found) == len(secrets)
    assert set(found) == set(secrets)
    assert found == all_of(log, 7)


def test_a_secret_is_exchanged_in_its_place(log: Log) -> None:
    owner = uuid4()
    old, other, newer = sealed(owner), sealed(uuid4()), sealed(owner, version=2, content=b"3")
    kept(log, old, other, newer)
    new = replace(old, sealed=b"2")
    assert log.exchange([(old, new)]) == [True]
    assert set(all_of(log, 10)) == {new, other, newer}
    assert log.secret(owner, "seed") == newer


def test_what_changed_meanwhile_is_left_as_it_is(log: Log) -> None:
    old, gone = sealed(uuid4()), sealed(uuid4())
    kept(log, old)
    new, late = replace(old, sealed=b"2"), replace(old, sealed=b"3")
    assert log.exchange([(old, new), (old, late), (gone, gone)]) == [True, False, False]
    assert all_of(log, 10) == [new]
    assert log.exchange([]) == []


def test_a_destroyed_secret_does_not_come_back(log: Log) -> None:
    old = sealed(uuid4())
    kept(log, old)
    append_one(log, appended(tenant(), destroyed=((old.owner, old.purpose),)))
    assert log.exchange([(old, replace(old, sealed=b"2"))]) == [False]
    assert all_of(log, 10) == []


def test_a_secret_takes_no_other_ones_place(log: Log) -> None:
    old = sealed(uuid4())
    kept(log, old)
    for wrong in (
        replace(old, owner=uuid4()),
        replace(old, purpose="password"),
        replace(old, version=2),
    ):
        with pytest.raises(ValueError, match="place"):
            log.exchange([(old, replace(old, sealed=b"2")), (old, wrong)])
    assert all_of(log, 10) == [old]


def test_one_of_many_at_once_makes_the_exchange(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        olds = [sealed(uuid4()) for _ in range(10)]
        kept(log, *olds)

        def run(number: int) -> list[bool]:
            content = str(number).encode() * 2
            pairs = [(old, replace(old, sealed=content)) for old in olds]
            return log.exchange(pairs if number % 2 else pairs[::-1])

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(run, range(8)))
        assert sum(sum(answers) for answers in done) == len(olds)


def test_neither_appends_nor_exchanges_wait_for_each_other_for_ever(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        secrets = [sealed(uuid4()) for _ in range(20)]
        kept(log, *secrets)

        def destroy(_: int) -> None:
            names = tuple((one.owner, one.purpose) for one in secrets[::-1])
            append_one(log, appended(tenant(), destroyed=names))

        def exchange(_: int) -> None:
            log.exchange([(one, replace(one, sealed=b"2")) for one in secrets])

        with ThreadPoolExecutor(8) as pool:
            waited = [pool.submit(run, 0) for _ in range(8) for run in (destroy, exchange)]
        assert [one.exception() for one in waited] == [None] * 16


def test_what_was_replaced_is_in_no_file_any_more(sqlite_url: str) -> None:

    old = sealed(uuid4(), content=b"canary of the old wrapping" * 40)
    with open_log(sqlite_url) as log:
        kept(log, old)
        log.exchange([(old, replace(old, sealed=b"2"))])
        folder = Path(sqlite_path(sqlite_url)).parent
        files = [path for path in folder.iterdir() if path.is_file()]
        assert len(files) > 1, "the journal is among what is looked at"
        for path in files:
            assert b"canary" not in path.read_bytes(), path
