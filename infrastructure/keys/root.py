"""The root: 32 random bytes, made once for a database, that all derived keys come from.

It lies in the secrets table, wrapped like any secret. So the key-encryption key can change
while e-mail claims, tokens and cursors stay what they are.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from domain.events import RootMade
from domain.log import (
    Append,
    ConcurrentChange,
    Draft,
    EventLog,
    Secret,
    SecretStore,
    SecretTable,
    append_one,
)
from domain.streams import StreamId, StreamKind
from domain.values import Actor
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.local_key import PURPOSE as KEY_ENCRYPTION
from infrastructure.keys.provider import LENGTH, KeyProvider

OWNER = UUID(int=0)
PURPOSE = "root"
STREAM = StreamId(StreamKind.CUSTODY, "keys")
CUSTODIAN = Actor("custodian")
"""A process of ours that looks after keys, at its start or at an operator's command."""
TRIES = 5
"""Looks at what others made meanwhile."""


class NoRoot(Exception):
    """The root cannot be made or found, and making another would lose every e-mail claim."""


@dataclass(frozen=True, slots=True)
class RootKeys:
    """Implements DerivedKeys."""

    _root: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self._root) != LENGTH:
            raise NotOpened(f"the root has {len(self._root)} bytes, not {LENGTH}")

    def derive(self, purpose: str) -> bytes:
        return KeyProvider(self._root).derive(purpose)

    def key_id(self, purpose: str) -> str:
        return KeyProvider(self._root).key_id(purpose)

    def claim_of(self, email: str) -> str:
        return KeyProvider(self._root).claim_of(email)


def open_root(
    log: EventLog, secrets: SecretTable, envelope: Envelope, legacy: Sequence[KeyProvider] = ()
) -> RootKeys:
    """Return the root of a database, and make it where there is none.

    All who start at once agree on one: it is appended once, and the others read it.

    Args:
        log: of the database.
        secrets: of the same database.
        envelope: what wraps and opens the root.
        legacy: master keys. A database from before there were roots takes the one that its
            secrets lie under for its root, so that what was derived from it stays.

    Raises:
        NoRoot: it was made and is gone, or the master key of a database from before is missing.
        NotOpened: it does not open with the keys that are given.
        KeysUnavailable: whoever holds the key-encryption key cannot be reached, or refuses.
        LogUnavailable: the database broke off; starting again tells.
    """
    for _ in range(TRIES):
        found = stored_root(secrets, envelope) or _new_root(log, secrets, envelope, legacy)
        if found is not None:
            return found
    raise NoRoot("the root was made, and is not among the secrets: restore it from a backup")


def stored_root(secrets: SecretStore, envelope: Envelope) -> RootKeys | None:
    """Return the root as it lies in the table; None where it was not made.

    Raises:
        NotOpened, KeysUnavailable: as for `open_root`.
    """
    secret = secrets.secret(OWNER, PURPOSE)
    return None if secret is None else RootKeys(envelope.open(secret))


def _new_root(
    log: EventLog, secrets: SecretTable, envelope: Envelope, legacy: Sequence[KeyProvider]
) -> RootKeys | None:
    """Make the root; None if it was made before, by another perhaps a moment ago."""
    history = log.read(STREAM)
    first: Secret | None = next(iter(secrets.secrets_after(None, 1)), None)
    is_there = first is not None and (first.owner, first.purpose) == (OWNER, PURPOSE)
    if is_there or any(isinstance(one.event, RootMade) for one in history.events):
        return None
    root = _first_root(first, envelope, legacy)
    made = Append(
        drafts=(_made(envelope.key_id),),
        expected={STREAM: history.version},
        secrets=(envelope.seal(OWNER, PURPOSE, root),),
    )
    try:
        append_one(log, made)
    except ConcurrentChange:
        return None
    return RootKeys(root)


def _first_root(first: Secret | None, envelope: Envelope, legacy: Sequence[KeyProvider]) -> bytes:
    """Return random bytes; in a database from before, the master key that it was written under."""
    if first is None:
        return os.urandom(LENGTH)  # without a secret there is no person, hence no claim to keep
    key_id = envelope.wrapped_by(first)
    for master in legacy:
        if master.key_id(KEY_ENCRYPTION) == key_id:
            return master.as_root()
    raise NoRoot(
        f"this database was written under master key {key_id} before there were roots: give "
        "it as PROOFMINT_MASTER_KEY or PROOFMINT_MASTER_KEY_PREVIOUS"
    )


def _made(key_id: str) -> Draft:
    return Draft(
        id=uuid4(),
        stream=STREAM,
        event=RootMade(key_id=key_id),
        actor=CUSTODIAN,
        command=uuid4(),
        correlation="root",
    )
