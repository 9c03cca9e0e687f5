"""A writer in a process of its own, to be killed or frozen at the worst moment.

`python -m tests.log_writer URL MODE`: `waits` and `stops` do so under the lock, `writes` goes
on for ever, three events of three streams an append. Each line it prints says what it did.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from domain.log import Append, LogUnavailable, append_one
from domain.streams import NOTHING
from infrastructure.event_log import open_log
from tests.drafts import appended, draft, tenant


def say(word: str) -> None:
    print(word, flush=True)


def under_the_lock() -> datetime:
    """A clock: the log reads it while it holds the lock."""
    say("locked")
    if sys.argv[2] == "waits":
        signal.pause()
    os.kill(os.getpid(), signal.SIGSTOP)
    return datetime.now(UTC)


def write_for_ever(url: str) -> None:
    with open_log(url) as log:
        while True:
            streams = [tenant() for _ in range(3)]
            together = str(uuid4())
            drafts = tuple(replace(draft(stream), correlation=together) for stream in streams)
            append_one(log, Append(drafts=drafts, expected=dict.fromkeys(streams, NOTHING)))
            say("appended")


def hold_the_lock(url: str) -> None:
    with open_log(url, clock=under_the_lock) as log:
        try:
            append_one(log, appended(tenant(str(uuid4())), events=3))
        except LogUnavailable:
            say("unavailable")


if __name__ == "__main__":
    (write_for_ever if sys.argv[2] == "writes" else hold_the_lock)(sys.argv[1])
