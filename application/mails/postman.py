"""Sends what is owed, one mail at a time, until a server took it or nothing can come of it.

At least once: a postman that dies after the server took a mail and before the log has that
fact leaves it owed, and the next one sends it again, under the same message id.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from application.clock import Clock
from application.commands import engine_command
from application.mails.compose import AnotherEvent, Composer, NothingToSend
from application.mails.port import (
    ClaimedMail,
    Journal,
    Mailer,
    MailRefused,
    MailUnavailable,
    Outbox,
)
from domain.events import MailGivenUp, MailSent
from domain.log import (
    Append,
    ConcurrentChange,
    Draft,
    EventLog,
    KeysUnavailable,
    LogUnavailable,
    RecordedEvent,
    append_one,
)
from domain.mails import OwedMail, stream_of
from domain.streams import NOTHING
from domain.values import Actor

POSTMAN = Actor("postman")
LEASE = 180.0
"""Seconds, after which a dead postman's mail is tried by another. Longer than a slow server
takes for one mail; one that loses its lease all the same sends a second copy."""
FIRST_WAIT, LONGEST_WAIT = 60.0, 3600.0
"""Seconds between two tries: doubled each time, from the one up to the other."""
JITTER = 0.25
"""By which share of it a wait is longer at most, so that mails that failed together part."""
MOST_TRIES = 30
"""The waits between so many last 24 hours at least."""
KEYS_AWAY = "keys unavailable"
"""No address opens meanwhile. Such a mail is not given up: nobody has tried to send it."""
LOOKED_AT = 60.0
"""Seconds until a mail is looked at again that is done, but still owed in a late outbox."""
AFTER_TROUBLE = 600.0
"""Seconds until a mail that raised is tried again."""


@dataclass
class Postman:
    log: EventLog
    outbox: Outbox
    composer: Composer
    mailer: Mailer
    clock: Clock
    journal: Journal
    _untold: dict[UUID, Draft] = field(default_factory=dict)
    """What became of mails while the database was away: told before anything else is sent."""

    def turn(self) -> bool:
        """Try one mail; return whether there was one.

        Raises:
            LogUnavailable: the database broke off; a later turn goes on.
        """
        for mail in list(self._untold):
            self._tell(mail)
        claimed = self.outbox.claim(LEASE, self.clock.now())
        if claimed is None:
            return False
        try:
            wait = self._deliver(claimed)
        except LogUnavailable:
            raise  # the outbox is in the same database: the lease ends by itself
        except Exception as error:  # noqa: BLE001 - the boundary of one mail
            self.journal.trouble(claimed.mail, error)
            wait = AFTER_TROUBLE
        self.outbox.put_back(claimed.mail.id, self.clock.now() + timedelta(seconds=wait))
        return True

    def _deliver(self, claimed: ClaimedMail) -> float:
        """Try one mail; return the seconds until it is worth another look."""
        owed, tries = claimed.mail, claimed.tries
        if self.log.read_last(stream_of(owed.id)) is not None:
            return LOOKED_AT
        try:
            recorded = self.composer.cause_of(owed)
        except AnotherEvent:
            return LOOKED_AT  # the projector will see it, and read the outbox anew
        try:
            self.mailer.send(self.composer.compose(owed, recorded, self.clock.now()))
        except (NothingToSend, MailRefused) as error:
            reason = error.reason if isinstance(error, NothingToSend) else error.code
            return self._give_up(claimed, recorded, reason)
        except MailUnavailable as error:
            if tries >= MOST_TRIES:
                return self._give_up(claimed, recorded, error.code)
            return self._postpone(claimed, error.code)
        except KeysUnavailable:
            return self._postpone(claimed, KEYS_AWAY)
        self._record(owed, recorded, MailSent(kind=owed.kind.value, tries=tries))
        self.journal.sent(owed, tries)
        return LOOKED_AT

    def _give_up(self, claimed: ClaimedMail, recorded: RecordedEvent, reason: str) -> float:
        owed, tries = claimed.mail, claimed.tries
        self._record(owed, recorded, MailGivenUp(kind=owed.kind.value, tries=tries, reason=reason))
        self.journal.given_up(owed, tries, reason)
        return LOOKED_AT

    def _postpone(self, claimed: ClaimedMail, code: str) -> float:
        wait = wait_after(claimed.mail.id, claimed.tries)
        self.journal.postponed(claimed.mail, claimed.tries, code, wait)
        return wait

    def _record(
        self, owed: OwedMail, recorded: RecordedEvent, event: MailSent | MailGivenUp
    ) -> None:
        self._untold[owed.id] = _draft(owed, recorded, event)
        self._tell(owed.id)

    def _tell(self, mail: UUID) -> None:
        """Append what became of a mail, unless that was told already."""
        draft = self._untold[mail]
        # A conflict: another postman had it too, or this very event came through after all.
        with suppress(ConcurrentChange):
            append_one(self.log, Append(drafts=(draft,), expected={draft.stream: NOTHING}))
        del self._untold[mail]


def wait_after(mail: UUID, tries: int) -> float:
    """Return the seconds to wait after so many tries: the same for the same mail and try."""
    wait = min(FIRST_WAIT * 2.0 ** min(tries - 1, 10), LONGEST_WAIT)
    dice = sha256(mail.bytes + tries.to_bytes(4, "big")).digest()
    return wait * (1 + JITTER * int.from_bytes(dice[:2], "big") / 0xFFFF)


def _draft(owed: OwedMail, recorded: RecordedEvent, event: MailSent | MailGivenUp) -> Draft:
    stream = stream_of(owed.id)
    return Draft(
        id=uuid4(),
        stream=stream,
        event=event,
        actor=POSTMAN,
        command=engine_command(stream, "mail"),
        correlation=recorded.correlation,
        cause=recorded.id,
    )
