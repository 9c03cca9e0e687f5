"""kill -9 before and after each durable step of what people do with accounts: whole, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from application.accounts.ports import (
    ONE_TIME_KEY,
    PASSWORD,
    PERSON_KEY,
    RECOVERY_CODES,
    SEED,
)
from application.accounts.refusals import PasswordUsedBefore
from application.accounts.second_factor import OFFERED
from application.accounts.verifiers import verifier_in
from application.credentials import InvalidCredentials
from domain.events import AccountErased
from domain.log import Secret
from domain.streams import StreamKind
from domain.values import AccountId, TenantId
from infrastructure.event_log import open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.local_key import LocalKey
from tests.account_deeds import (
    CASES,
    NEW,
    Case,
    change,
    erase,
    refresh,
    register,
    remove_factor,
    reset,
)
from tests.account_victim import killed, killed_before_the_journal_is_emptied, names_after
from tests.identity_world import (
    KEYS,
    MovableClock,
    People,
)
from tests.identity_world import PASSWORD as OLD

MOST_STEPS = 20
ANEW = "a sentence for a second account"
LATER = 90.0
"""Seconds from what is prepared to what is killed: a code of another time step is good."""


@contextmanager
def people_at(url: str, at: datetime) -> Iterator[People]:
    """A fresh process, as far as the database can tell."""
    with open_log(url) as log:
        yield People(log, MovableClock(at))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.act.__name__)
def test_killed_at_any_step_all_of_it_is_there_or_nothing(
    postgres: Any, request: pytest.FixtureRequest, tmp_path: Path, kind: str, case: Case
) -> None:
    outcomes = []
    for steps in count():
        assert steps < MOST_STEPS
        url = fresh(kind, request, tmp_path / str(steps))
        answer, at = tmp_path / f"answer-{steps}", datetime.now(UTC)
        with people_at(url, at) as people:
            given, before = case.prepared(people), people.log.position()
        then = MovableClock(at)
        then.move(seconds=LATER)
        acknowledged = killed(url, then.now(), case.act, given, steps, answer)
        with people_at(url, then.now()) as people:
            left = names_after(people, before)
            assert left in ([], sorted(case.events))
            consistent(people)
            assert left or not acknowledged, "what was acknowledged holds"
            again(people, case, given, done=bool(left), answer=answer)
            consistent(people, first=ANEW if case.act is erase else OLD)
        outcomes.append((bool(left), acknowledged))
        if acknowledged:
            break
    assert outcomes == [(False, False), (True, False), (True, True)]


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fresh(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    from infrastructure.migrate import migrate

    folder.mkdir()
    url = f"sqlite:///{folder}/proofmint.db"
    if kind == "postgres":
        url = request.getfixturevalue("postgres").fresh_database()
    migrate(url)
    return url


def again(people: People, case: Case, given: dict[str, Any], *, done: bool, answer: Path) -> None:
    """The same call succeeds, or says that it was done; and what it was for works."""
    if done and case.done:
        with pytest.raises(case.done):
            case.act(people, **given)
    else:
        repeated = case.act(people, **given)
        if case.act is refresh and answer.is_file():
            assert repr(repeated) == answer.read_text(), "who lost the answer gets it again"
    if case.act in {change, reset}:
        people.sign_in(NEW)
        with pytest.raises(InvalidCredentials):
            people.sign_in(OLD)
    if case.act is register:
        people.sign_in()
    if case.act is remove_factor:
        people.sign_in()
    if case.act is erase:
        with pytest.raises(PasswordUsedBefore):
            people.register()
        people.register(password=ANEW)


def consistent(people: People, first: str = OLD) -> None:
    """Everything that is in the secrets table belongs to somebody, opens, and fits the log."""
    kinds: dict[StreamKind, set[str]] = {}
    for one in people.log.read_all():
        kinds.setdefault(one.stream.kind, set()).add(one.stream.id)
    expected: set[tuple[UUID, str]] = set()
    directory = people.identity.directory
    for tenant_id in kinds.get(StreamKind.TENANT, set()):
        tenant = directory.organisation(TenantId(UUID(tenant_id))).tenant
        expected |= {(signer.signer, SEED) for signer in tenant.signers}
        assert all(directory.is_claimed(signer.algorand) for signer in tenant.signers)
        expected |= {(invitation, PERSON_KEY) for invitation in tenant.invitations}
        for account in tenant.members:
            assert tenant.id in directory.person(account).account.tenants
    for account_id in kinds.get(StreamKind.ACCOUNT, set()):
        person = directory.any_person(AccountId(UUID(account_id)))
        assert person is not None
        account = person.account
        if account.erased:
            assert not account.tenants
            continue
        expected |= {(account.id, PERSON_KEY), (account.id, PASSWORD)}
        expected |= {(account.id, OFFERED)} if account.offered else set()
        if account.factor:
            expected |= {(account.id, ONE_TIME_KEY), (account.id, RECOVERY_CODES)}
        for tenant_of in account.tenants:
            assert account.id in directory.organisation(tenant_of).tenant.members
        mailbox = directory.mailbox(person)
        assert mailbox is not None
        assert directory.claimed_by(people.vault.claim_of(mailbox.frozen)) == account.id
        verifier = verifier_in(people.vault.unsealed(account.id, PASSWORD), account.password)
        fits = [one for one in (first, NEW) if people.passwords.verify(one, verifier)]
        assert fits == [first if account.password == 1 else NEW]
    stored = secrets_of(people)
    assert sorted((str(one.owner), one.purpose) for one in stored) == sorted(
        (str(owner), purpose) for owner, purpose in expected
    )
    envelope = Envelope(LocalKey(KEYS))
    assert all(envelope.open(one) for one in stored)


def secrets_of(people: People) -> list[Secret]:
    return list(people.log.secrets_after(None, 1_000))  # type: ignore[attr-defined]


def test_an_erasure_killed_before_the_journal_is_emptied_leaves_no_key_behind(
    sqlite_url: str,
) -> None:
    at = datetime.now(UTC)
    with people_at(sqlite_url, at) as people:
        account = people.register().profile.account
        sealed = [one.sealed for one in secrets_of(people) if one.owner == account]
        killed_before_the_journal_is_emptied(sqlite_url, at, erase, {"account": account})
        assert any(isinstance(one.event, AccountErased) for one in people.log.read_all())
        assert [one for one in sealed if one in files_of(sqlite_url)], "the kill was in between"
        with people_at(sqlite_url, at):
            left = files_of(sqlite_url)
        assert not [one for one in sealed if one in left]


def files_of(url: str) -> bytes:
    folder = Path(sqlite_path(url)).parent
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())
