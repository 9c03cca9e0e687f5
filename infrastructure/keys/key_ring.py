"""Several key-encryption keys: one that wraps, and others that still open what they wrapped."""

from collections.abc import Iterable

from infrastructure.keys.key_encryption import Bound, KeyEncryption, NotOpened


class KeyRing:
    """Implements KeyEncryption."""

    def __init__(self, current: KeyEncryption, others: Iterable[KeyEncryption] = ()) -> None:
        keys = [*others, current]
        self._current = current
        self._by_id = {key.key_id: key for key in keys}
        self.key_id = current.key_id
        self.is_development = any(key.is_development for key in keys)

    @property
    def key_ids(self) -> frozenset[str]:
        """Return the names of all keys that still open something."""
        return frozenset(self._by_id)

    def knows(self, key_id: str) -> bool:
        return key_id in self._by_id

    def wrap(self, data_key: bytes, bound: Bound) -> bytes:
        return self._current.wrap(data_key, bound)

    def unwrap(self, key_id: str, wrapped: bytes, bound: Bound) -> bytes:
        key = self._by_id.get(key_id)
        if key is None:
            raise NotOpened(f"wrapped under key {key_id}, which is not among those given")
        return key.unwrap(key_id, wrapped, bound)
