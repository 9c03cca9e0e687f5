"""What the sending of mails needs from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.log import SealedPersonal
from domain.mails import MailKind, OwedMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    to: str
    """An address, as its person typed it."""
    subject: str
    """One line."""
    text: str
    message_id: str
    """The mail's id: whoever gets a mail twice can tell. The mailer adds a domain."""
    kind: MailKind


class MailRefused(Exception):
    """This mail will never be taken for this address. Holds a code, never the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailUnavailable(Exception):
    """It was not taken, or it is not known whether it was. Holds a code, never the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Mailer(Protocol):
    def send(self, mail: Mail) -> None:
        """Hand a mail to a server; it has it when this returns.

        Raises:
            MailRefused: trying again changes nothing.
            MailUnavailable: try again later.
        """
        ...


class Links(Protocol):
    def text(self, purpose: str, owner: UUID, link: UUID) -> str:
        """Return what a link holds, the same each time; it is stored nowhere."""
        ...


class Vault(Protocol):
    """Opens what is personal in an event, as long as its key is there."""

    def unsealed(self, owner: UUID, purpose: str) -> bytes | None: ...

    def open_personal(
        self, sealed: SealedPersonal, purpose: str, key: bytes
    ) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMail:
    mail: OwedMail
    tries: int
    """This one included. Counted before it begins, so that a postman that dies counts too."""


class Outbox(Protocol):
    """Finds mails that are owed. Never trusted: whether one was sent, the log says."""

    def claim(self, seconds: float, now: datetime) -> ClaimedMail | None:
        """Lease one mail that is due to this postman; others skip it until the lease ends.

        Raises:
            LogUnavailable: the database broke off.
        """
        ...

    def put_back(self, mail: UUID, due: datetime) -> None:
        """End a lease and say when to look again; tries go on counting.

        Raises:
            LogUnavailable: the database broke off.
        """
        ...


class Journal(Protocol):
    """Where a postman says what an operator should know: one line a mail, without an address."""

    def sent(self, mail: OwedMail, tries: int) -> None: ...

    def postponed(self, mail: OwedMail, tries: int, code: str, seconds: float) -> None: ...

    def given_up(self, mail: OwedMail, tries: int, reason: str) -> None: ...

    def trouble(self, mail: OwedMail, error: Exception) -> None: ...
