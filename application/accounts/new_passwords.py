"""Changing a password. The chain account stays what it was, and the answer says so."""

from application.accounts.attempts import Attempt, Proven
from application.accounts.directory import Directory
from application.accounts.facts import Facts
from application.accounts.ports import Devices
from application.accounts.proving import Proving
from application.accounts.refusals import NoPassword
from application.accounts.verifiers import Verifiers
from domain.events import PasswordChanged
from domain.values import AccountId, SessionId


class NewPasswords:
    def __init__(
        self, directory: Directory, verifiers: Verifiers, proving: Proving, devices: Devices
    ) -> None:
        self._directory = directory
        self._verifiers = verifiers
        self._proving = proving
        self._devices = devices

    def change(self, account: AccountId, session: SessionId, new: str, attempt: Attempt) -> str:
        """Replace the password, and end all sessions but this one.

        Returns:
            What this device shows next time: all devices are unknown now.

        Raises:
            WeakPassword: the new one.
            NoPassword, InvalidCredentials, SecondFactorRequired, InvalidSecondFactor,
            AccountLocked, TooBusy: see `Proving.again`.
        """
        mailbox = self._directory.mailbox(self._directory.person(account))
        if mailbox is None:
            raise NoPassword
        verifier = self._verifiers.made(new, mailbox.frozen)

        def then(proven: Proven, facts: Facts) -> None:
            number = proven.person.account.password + 1
            facts.add(proven.person.stream, PasswordChanged(number=number, kept=session))
            self._verifiers.replace(facts, account, number, verifier)

        self._proving.again(account, attempt, then)
        return self._devices.text(account, self._directory.person(account).account.devices)
