"""Forgetting failures and locks of an address: what an operator does for its person."""

from application.accounts.directory import Directory
from application.accounts.facts import Facts
from application.accounts.ports import Vault
from application.commands import Origin
from application.credentials import freeze_email
from domain import sign_in
from domain.log import ConcurrentChange, EventLog
from domain.streams import StreamVersion

MOST_TRIES = 100


class Unlocking:
    def __init__(self, log: EventLog, directory: Directory, vault: Vault) -> None:
        self._log = log
        self._directory = directory
        self._vault = vault

    def unlock(self, email: str, origin: Origin) -> bool:
        """Forget the failures and locks of an address.

        Returns:
            Whether there was anything to forget.

        Raises:
            InvalidEmail: not an address.
        """
        claim = self._vault.claim_of(freeze_email(email))
        for _ in range(MOST_TRIES):
            last = self._log.read_last(sign_in.stream_of(claim))
            if last is None:
                return False
            unlocked = sign_in.unlock(self._directory.claimed_by(claim))
            facts = Facts(origin)
            facts.add(sign_in.stream_of(claim), unlocked, StreamVersion(last.version, last.id))
            try:
                facts.record(self._log)
            except ConcurrentChange:
                continue
            return True
        raise ConcurrentChange("others were faster too often")
