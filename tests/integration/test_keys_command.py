"""`proofmint keys` as an operator uses it: local keys, KMS, there and back, beside writers."""

import base64
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from domain.log import Secret, append_one
from infrastructure.custody import open_custody, open_ring
from infrastructure.event_log import StoredLog, open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.key_settings import KeySettings
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import Bound, NotOpened
from infrastructure.keys.root import OWNER, PURPOSE, NoRoot
from infrastructure.keys.sealed_form import SealedForm
from interfaces.cli.keys import command
from tests.drafts import appended, tenant
from tests.kms_double import ENVIRONMENT, KmsDouble, kms_double

OLD, NEW = "0a" * 32, "0b" * 32
EMAIL = "ada@example.com"
SIGNER = uuid4()
LINE = re.compile(r"^(\S+)  (\d+) secrets  (current|previous|unknown)$", re.MULTILINE)
Environment = Mapping[str, str]


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsDouble]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with kms_double() as double:
        yield double


def keys(folder: Path, **told: str) -> dict[str, str]:
    named = {f"PROOFMINT_{name}": value for name, value in told.items()}
    return {"PROOFMINT_DATA": str(folder)} | named


def proofmint(url: str, environment: Environment, *arguments: str) -> Result:
    settings = {"PROOFMINT_DATABASE_URL": url, **environment}
    return CliRunner(env=settings).invoke(command, arguments)


def kept(url: str, environment: Environment, secrets: int = 3) -> None:
    """Do as a process with these settings does: open the root, write secrets."""
    with open_log(url) as log:
        write(log, environment, secrets)


def write(log: StoredLog, environment: Environment, secrets: int) -> None:
    envelope = open_custody(told(environment), log).envelope
    sealed = tuple(envelope.seal(uuid4(), "seed", b"plain") for _ in range(secrets))
    append_one(log, appended(tenant(), secrets=sealed))


def told(environment: Environment) -> KeySettings:
    return KeySettings.from_environment(environment, Path(environment["PROOFMINT_DATA"]))


def claim(url: str, environment: Environment) -> str:
    with open_log(url) as log:
        return open_custody(told(environment), log).root.claim_of(EMAIL)


def standings(result: Result) -> list[tuple[int, str]]:
    return sorted((int(number), standing) for _, number, standing in LINE.findall(result.stdout))


def rotated(url: str, steps: list[Environment], secrets: int) -> None:
    """Go through the steps of the how-to; in each, processes of the step before still write."""
    before = claim(url, steps[0])
    for earlier, later in pairwise(steps):
        kept(url, later, 1)
        kept(url, earlier, 1)
        secrets += 2
    assert len(standings(proofmint(url, steps[-1], "status"))) == 2
    done = proofmint(url, steps[-1], "rewrap")
    assert done.exit_code == 0, done.output
    assert f"all {secrets} secrets lie under" in done.stdout
    status = proofmint(url, steps[-1], "status")
    assert standings(status) == [(secrets, "current")]
    assert claim(url, steps[-1]) == before


def test_a_master_key_is_changed_step_by_step(any_database_url: str, tmp_path: Path) -> None:
    steps = [
        keys(tmp_path, MASTER_KEY=OLD),
        keys(tmp_path, MASTER_KEY=OLD, MASTER_KEY_PREVIOUS=NEW),
        keys(tmp_path, MASTER_KEY=NEW, MASTER_KEY_PREVIOUS=OLD),
    ]
    kept(any_database_url, steps[0])
    rotated(any_database_url, steps, 4)
    alone = keys(tmp_path, MASTER_KEY=NEW)
    assert claim(any_database_url, alone) == claim(any_database_url, steps[-1])
    with pytest.raises(NotOpened):
        claim(any_database_url, steps[0])


def test_to_kms_and_back(any_database_url: str, kms: KmsDouble, tmp_path: Path) -> None:
    there = {"KMS_ENDPOINT": kms.url}
    arn = kms.make_key("alias/proofmint")
    steps = [
        keys(tmp_path, MASTER_KEY=OLD),
        keys(tmp_path, MASTER_KEY=OLD, KMS_KEY_ID_PREVIOUS=arn, **there),
        keys(tmp_path, MASTER_KEY=OLD, KMS_KEY_ID="alias/proofmint", **there),
    ]
    kept(any_database_url, steps[0])
    rotated(any_database_url, steps, 4)
    alone = keys(tmp_path, KMS_KEY_ID=arn, **there)
    before = claim(any_database_url, alone)
    assert claim(any_database_url, steps[-1]) == before
    asked = len(kms.asked)
    kept(any_database_url, alone, 1)
    assert len(kms.asked) > asked
    rotated(any_database_url, [alone, *steps[:0:-1]], 9)
    assert claim(any_database_url, steps[0]) == before


def test_without_its_key_the_database_stays_closed(sqlite_url: str, tmp_path: Path) -> None:
    kept(sqlite_url, keys(tmp_path, MASTER_KEY=OLD))
    for arguments in ("rewrap", "status"):
        result = proofmint(sqlite_url, keys(tmp_path, MASTER_KEY=NEW), arguments)
        assert isinstance(result.exception, NotOpened)
        assert "not among those given" in str(result.exception)
        assert NEW not in str(result.exception)


def test_secrets_under_a_key_that_is_gone_are_counted_and_named(
    sqlite_url: str, tmp_path: Path
) -> None:
    both = keys(tmp_path, MASTER_KEY=NEW, MASTER_KEY_PREVIOUS=OLD)
    kept(sqlite_url, both, 1)
    kept(sqlite_url, keys(tmp_path, MASTER_KEY=OLD, MASTER_KEY_PREVIOUS=NEW), 2)
    alone = keys(tmp_path, MASTER_KEY=NEW)
    status = proofmint(sqlite_url, alone, "status")
    assert (status.exit_code, standings(status)) == (1, [(2, "current"), (2, "unknown")])
    left = proofmint(sqlite_url, alone, "rewrap")
    assert left.exit_code == 1
    assert left.stderr.count("does not open: seed of ") == 2
    assert proofmint(sqlite_url, both, "rewrap").exit_code == 0
    assert proofmint(sqlite_url, alone, "status").exit_code == 0


def test_it_runs_beside_processes_that_write(any_database_url: str, tmp_path: Path) -> None:
    old = keys(tmp_path, MASTER_KEY=OLD, MASTER_KEY_PREVIOUS=NEW)
    new = keys(tmp_path, MASTER_KEY=NEW, MASTER_KEY_PREVIOUS=OLD)
    kept(any_database_url, old, 200)
    over, troubles = threading.Event(), []

    def writer(environment: Environment) -> None:
        try:
            with open_log(any_database_url) as log:
                while not over.is_set():
                    write(log, environment, 2)
                    [some] = log.secrets_after(None, 1)
                    open_custody(told(environment), log).envelope.open(some)
        except Exception as error:
            troubles.append(error)

    threads = [threading.Thread(target=writer, args=(one,)) for one in (old, new, new)]
    for thread in threads:
        thread.start()
    try:
        proofmint(any_database_url, new, "rewrap")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert troubles == []
    assert proofmint(any_database_url, new, "rewrap").exit_code == 0
    [(count, standing)] = standings(proofmint(any_database_url, new, "status"))
    assert standing == "current"
    with open_log(any_database_url) as log:
        envelope = open_custody(told(new), log).envelope
        found = log.secrets_after(None, 10_000)
        assert len(found) == count
        assert {envelope.open(one) for one in found if one.purpose != PURPOSE} == {b"plain"}


def test_a_database_from_before_keeps_its_claims_through_a_rotation(
    any_database_url: str, tmp_path: Path
) -> None:
    steps = [
        keys(tmp_path, MASTER_KEY=OLD),
        keys(tmp_path, MASTER_KEY=OLD, MASTER_KEY_PREVIOUS=NEW),
        keys(tmp_path, MASTER_KEY=NEW, MASTER_KEY_PREVIOUS=OLD),
    ]
    with open_log(any_database_url) as log:
        form = SealedForm.read(
            Envelope(open_ring(told(steps[0]))).seal(SIGNER, "seed", b"x").sealed
        )
        sealed = replace(form, format=1).spelled()
        secret = Secret(owner=SIGNER, purpose="seed", version=1, sealed=sealed)
        append_one(log, appended(tenant(), secrets=(secret,)))
    with pytest.raises(NoRoot):
        claim(any_database_url, keys(tmp_path, MASTER_KEY=NEW))
    [master] = told(steps[0]).masters
    assert claim(any_database_url, steps[-1]) == master.claim_of(EMAIL)
    rotated(any_database_url, steps[1:], 2)
    assert claim(any_database_url, keys(tmp_path, MASTER_KEY=NEW)) == master.claim_of(EMAIL)
    with open_log(any_database_url) as log:
        envelope = open_custody(told(keys(tmp_path, MASTER_KEY=NEW)), log).envelope
        found = log.secret(SIGNER, "seed")
        assert found is not None
        assert envelope.open(found) == b"x"


def everything_in(url: str) -> bytes:
    if url.startswith("sqlite:"):
        folder = Path(sqlite_path(url)).parent
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT sealed FROM secrets").fetchall()
        rows += connection.execute("SELECT state FROM stored_events").fetchall()
    return b"\0".join(bytes(row[0]) for row in rows)


def test_no_key_lies_in_the_database_in_the_clear(any_database_url: str, tmp_path: Path) -> None:
    both = keys(tmp_path, MASTER_KEY=NEW, MASTER_KEY_PREVIOUS=OLD)
    kept(any_database_url, keys(tmp_path, MASTER_KEY=OLD, MASTER_KEY_PREVIOUS=NEW))
    secret_keys = [bytes.fromhex(OLD), bytes.fromhex(NEW)]
    secret_keys += [master.derive("key-encryption") for master in told(both).masters]
    said = [repr(told(both)), repr(open_ring(told(both)))]
    said += [proofmint(any_database_url, both, one).output for one in ("rewrap", "status")]
    with open_log(any_database_url) as log:
        custody = open_custody(told(both), log)
        said.append(repr(custody))
        for secret in log.secrets_after(None, 100):
            form = SealedForm.read(secret.sealed)
            secret_keys.append(custody.ring.unwrap(form.key_id, form.wrapped, Bound.to(secret)))
        root = log.secret(OWNER, PURPOSE)
        assert root is not None
        secret_keys.append(custody.envelope.open(root))
        stored = everything_in(any_database_url)
    assert b"custody.root-made" in stored
    assert b'"wrapped":' in stored
    everything = stored + "\0".join(said).encode()
    assert len(set(secret_keys)) == 9
    for one in secret_keys:
        for canary in (one, one.hex().encode(), base64.b64encode(one).rstrip(b"="), repr(one)):
            spelled = canary if isinstance(canary, bytes) else canary[2:-1].encode()
            assert spelled not in everything
