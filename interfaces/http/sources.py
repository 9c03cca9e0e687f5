"""Where somebody came from: network address and user agent, opened for whoever may see them.

Everybody sees their own. An owner sees those of the tenant's rows, because a stolen password is
found by them; an auditor, who sees pseudonyms alone, and a machine see none. Once a person is
erased there is no key any more, and nobody sees theirs.
"""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from application.accounts.ports import CLIENT, PERSON_KEY
from application.accounts.principals import Principal
from domain.log import SealedPersonal
from domain.roles import Role
from projections.security_activity import SecurityEntry


class PersonalVault(Protocol):
    def unsealed(self, owner: UUID, purpose: str) -> bytes | None: ...

    def open_personal(
        self, sealed: SealedPersonal, purpose: str, key: bytes
    ) -> Mapping[str, str]: ...


class Sources:
    """Opens for one request: each person's key is asked for once."""

    def __init__(self, vault: PersonalVault, who: Principal) -> None:
        self._vault = vault
        self._who = who
        self._keys: dict[UUID, bytes | None] = {}

    def of(self, row: SecurityEntry) -> tuple[str | None, str | None]:
        """Return network address and user agent, each None where it is not known or not for them.

        Raises:
            NotOpened: what lies in the log was changed.
        """
        sealed = row.personal
        if sealed is None or not self._may_see(row):
            return None, None
        if sealed.person not in self._keys:
            self._keys[sealed.person] = self._vault.unsealed(sealed.person, PERSON_KEY)
        key = self._keys[sealed.person]
        if key is None:
            return None, None
        fields = self._vault.open_personal(sealed, CLIENT, key)
        return fields.get("address") or None, fields.get("userAgent") or None

    def _may_see(self, row: SecurityEntry) -> bool:
        if self._who.key is not None:
            return False
        return self._who.role is Role.OWNER or row.account == self._who.account
