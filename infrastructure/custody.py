"""Assembles the keys of a process: from its settings and its database."""

from collections.abc import Callable
from dataclasses import dataclass

from infrastructure.event_log import StoredLog, open_log
from infrastructure.key_settings import KMS, KeySettings
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import KeyEncryption
from infrastructure.keys.key_ring import KeyRing
from infrastructure.keys.kms_key import KmsAddress, open_kms_key
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.provider import BadKey
from infrastructure.keys.readiness import KeysCheck
from infrastructure.keys.root import RootKeys, open_root
from infrastructure.settings import BadSetting, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    ring: KeyRing
    envelope: Envelope
    root: RootKeys
    check: Callable[[], str]
    """For readiness."""


def open_custody(keys: KeySettings, log: StoredLog) -> Custody:
    """Open the keys of a database; make its root if there is none.

    Raises:
        BadSetting: KMS is configured and cannot be asked.
        NoRoot, NotOpened: these are not the keys of this database.
        KeysUnavailable: whoever holds a key cannot be reached, or refuses.
    """
    ring = open_ring(keys)
    envelope = Envelope(ring)
    root = open_root(log, log, envelope, keys.masters)
    return Custody(ring=ring, envelope=envelope, root=root, check=KeysCheck(log, envelope, root))


def require_keys(settings: Settings) -> None:
    """Refuse keys that are not those of the database, before anything is started.

    Raises:
        BadSetting, NoRoot, NotOpened, KeysUnavailable: as for `open_custody`.
    """
    with open_log(settings.database_url) as log:
        open_custody(settings.keys, log)


def open_ring(keys: KeySettings) -> KeyRing:
    """Return the key that wraps, with all that still open.

    Raises:
        BadSetting, KeysUnavailable: as for `open_custody`.
    """
    local: list[KeyEncryption] = [
        LocalKey(master, is_development=master.is_development) for master in keys.masters
    ]
    older = [_kms(keys.previous_kms)] if keys.previous_kms else []
    if keys.kms:
        return KeyRing(_kms(keys.kms), [*older, *local])
    return KeyRing(local[0], [*older, *local[1:]])


def _kms(address: KmsAddress) -> KeyEncryption:
    try:
        return open_kms_key(address)
    except BadKey as error:
        raise BadSetting(f"{KMS}: {error}") from None
