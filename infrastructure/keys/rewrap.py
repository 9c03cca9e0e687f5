"""Rotation: every data key is wrapped anew under the key that wraps now, while all goes on.

May be killed at any moment and run again: each exchange stands alone, and what was exchanged
is not touched twice. What is encrypted under the data keys is not touched at all.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from domain.events import RootMade, SecretsRewrapped
from domain.log import (
    Append,
    ConcurrentChange,
    Draft,
    EventLog,
    Secret,
    SecretTable,
    append_one,
)
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.root import CUSTODIAN, STREAM, NoRoot, stored_root

PAGE = 100
"""Secrets of one transaction."""
MOST_PASSES = 10
"""Over the whole table. Each finds what others wrapped under an older key during the last."""
UNREADABLE = "unreadable"
"""Stands for a key id where what lies there is no sealed secret."""


@dataclass(slots=True)
class Rewrapping:
    """How far it came."""

    exchanged: int = 0
    under: Counter[str] = field(default_factory=Counter)
    """Number of secrets by key id, as the last pass met them."""
    closed: list[Secret] = field(default_factory=list)
    """What does not open with the keys that are given, as the last pass met it."""

    def is_done(self, key_id: str) -> bool:
        return self.under.keys() <= {key_id}


def rewrap(log: EventLog, secrets: SecretTable, envelope: Envelope, page: int = PAGE) -> Rewrapping:
    """Wrap every secret under the envelope's key, and record it once all are.

    Secrets that do not open stay as they are, and keep it from being done.

    Raises:
        NoRoot: a database from before there were roots has to get its root first.
        NotOpened: the root does not open with the keys that are given. Nothing was changed.
        KeysUnavailable: whoever holds a key cannot be reached, or refuses; run it again.
        LogUnavailable: the database broke off; run it again.
    """
    if stored_root(secrets, envelope) is None:
        raise NoRoot("there is no root yet: start the service once")
    found = Rewrapping()
    for _ in range(MOST_PASSES):
        found.under, found.closed = Counter(), []
        before = found.exchanged
        for secrets_of_page in _pages(secrets, page):
            _rewrap_page(secrets, envelope, secrets_of_page, found)
        if found.is_done(envelope.key_id):
            _record(log, envelope.key_id, found)
            return found
        if found.exchanged == before and len(found.closed) == _others(found, envelope):
            return found  # another pass would meet the same
    return found


def keys_in_use(secrets: SecretTable, envelope: Envelope, page: int = PAGE) -> Counter[str]:
    """Count the secrets under each key id; changes nothing."""
    return Counter(
        _wrapped_by(envelope, secret)
        for secrets_of_page in _pages(secrets, page)
        for secret in secrets_of_page
    )


def _rewrap_page(
    secrets: SecretTable, envelope: Envelope, there: list[Secret], found: Rewrapping
) -> None:
    """Exchange what of a page lies under another key; count each as it lay there before."""
    changes = []
    for secret in there:
        key_id = _wrapped_by(envelope, secret)
        found.under[key_id] += 1
        if key_id == envelope.key_id:
            continue
        try:
            changes.append((secret, envelope.rewrapped(secret)))
        except NotOpened:
            found.closed.append(secret)
    # Where somebody was faster, the next pass looks again.
    found.exchanged += sum(secrets.exchange(changes)) if changes else 0


def _others(found: Rewrapping, envelope: Envelope) -> int:
    return found.under.total() - found.under[envelope.key_id]


def _record(log: EventLog, key_id: str, found: Rewrapping) -> None:
    """Record that nothing lies under another key, unless that is what the log says already."""
    while True:
        history = log.read(STREAM)
        last = history.events[-1].event if history.events else None
        assert last is None or isinstance(last, RootMade | SecretsRewrapped)
        if not found.exchanged and last is not None and last.key_id == key_id:
            return
        draft = Draft(
            id=uuid4(),
            stream=STREAM,
            event=SecretsRewrapped(key_id=key_id, secrets=found.under.total()),
            actor=CUSTODIAN,
            command=uuid4(),
            correlation="rewrap",
        )
        try:
            append_one(log, Append(drafts=(draft,), expected={STREAM: history.version}))
        except ConcurrentChange:
            continue
        return


def _wrapped_by(envelope: Envelope, secret: Secret) -> str:
    try:
        return envelope.wrapped_by(secret)
    except NotOpened:
        return UNREADABLE


def _pages(secrets: SecretTable, size: int) -> Iterator[list[Secret]]:
    last: Secret | None = None
    while page := list(secrets.secrets_after(last, size)):
        yield page
        last = page[-1]
