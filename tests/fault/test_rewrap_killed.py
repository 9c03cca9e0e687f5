"""kill -9 of `proofmint keys rewrap` at each step: every secret opens, and it goes on."""

import signal
from uuid import uuid4

from domain.events import SecretsRewrapped
from domain.log import append_one
from infrastructure.event_log import StoredLog, open_log
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_ring import KeyRing
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.provider import KeyProvider
from infrastructure.keys.rewrap import keys_in_use, rewrap
from infrastructure.keys.root import STREAM, open_root
from infrastructure.keys.sealed_form import SealedForm
from tests.drafts import appended, tenant
from tests.fuse import Fuse, FusedLog
from tests.victim import SERVER, ended

MOST_STEPS = 40
SECRETS = 6
PAGE = 2


def key(number: int) -> LocalKey:
    return LocalKey(KeyProvider(bytes([number]) * 32))


def rotation(number: int) -> Envelope:
    """Return what changes from one key to the next."""
    return Envelope(KeyRing(key(number + 1), [key(number)]))


def run(url: str, number: int, steps: int) -> None:
    with open_log(url) as log:
        fused = FusedLog(log, Fuse(steps))
        found = rewrap(fused, fused, rotation(number), PAGE)  # type: ignore[arg-type]
        assert found.is_done(key(number + 1).key_id)


def killed_or_done(url: str, number: int, steps: int) -> int | None:
    process = SERVER.Process(target=run, args=(url, number, steps))
    process.start()
    return ended(process)


def contents(log: StoredLog, envelope: Envelope) -> list[tuple[bytes, bytes, bytes]]:
    """Open every secret, and return it with what must never change of its bytes."""
    found = log.secrets_after(None, 100)
    forms = [SealedForm.read(secret.sealed) for secret in found]
    plain = [envelope.open(secret) for secret in found]
    return [(one, form.nonce, form.sealed) for one, form in zip(plain, forms, strict=True)]


def words(log: StoredLog) -> list[str]:
    events = [one.event for one in log.read(STREAM).events]
    return [event.key_id for event in events if isinstance(event, SecretsRewrapped)]


def test_a_rotation_killed_at_any_step_leaves_every_secret_open_and_goes_on(
    any_database_url: str,
) -> None:
    """Each rotation is killed one step later than the one before, and then finished."""
    with open_log(any_database_url) as log:
        first = Envelope(key(0))
        open_root(log, log, first)
        secrets = [first.seal(uuid4(), "seed", str(n).encode()) for n in range(SECRETS - 1)]
        append_one(log, appended(tenant(), secrets=tuple(secrets)))
        before = contents(log, first)
    for number in range(MOST_STEPS):
        code = killed_or_done(any_database_url, number, steps=number)
        with open_log(any_database_url) as log:
            assert contents(log, rotation(number)) == before
            if code == 0:
                break
            assert code == -signal.SIGKILL
            rewrap(log, log, rotation(number), PAGE)
            new = key(number + 1)
            assert contents(log, Envelope(new)) == before
            assert keys_in_use(log, Envelope(new)) == {new.key_id: SECRETS}
            assert words(log) == [key(n + 1).key_id for n in range(number + 1)]
    assert number >= 2 * (SECRETS // PAGE + 1), "fewer steps than a rotation has"
