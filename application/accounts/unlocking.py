"""Forgetting failures and locks of an address: what an operator does for its person."""

from application.accounts.directory import Directory
from application.accounts.facts import Facts, version_of
from application.accounts.ports import Vault
from application.accounts.settling import settle
from application.commands import Origin
from application.credentials import freeze_email
from domain import sign_in
from domain.log import EventLog


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
        stream = sign_in.stream_of(claim)

        def decide(facts: Facts) -> bool:
            last = self._log.read_last(stream)
            if last is not None:
                unlocked = sign_in.unlock(self._directory.claimed_by(claim))
                facts.add(stream, unlocked, version_of(last))
            return last is not None

        return settle(self._log, origin, decide)
