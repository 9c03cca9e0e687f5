"""`proofmint project`: follows the log, batch by batch, and says how far behind it is."""

import os
import time
from dataclasses import dataclass, field
from typing import Any

import click
import structlog

from domain.log import LogUnavailable
from infrastructure.bootstrap import open_read_side
from infrastructure.log_lines import configure_logging
from infrastructure.settings import database_url
from infrastructure.views.place import AnotherLog
from infrastructure.views.store import BATCH, ViewStore
from interfaces.cli.stopping import Stopping
from projections.catalogue import ALL

IDLE = 0.05
"""Seconds between two looks at a log that has nothing new."""
AFTER_TROUBLE = 1.0
SAYS_LAG_EVERY = 10.0
"""Seconds between two log lines while there is much to read."""


@click.command("project")
def command() -> None:
    """Keep the read models in step with the log until SIGTERM."""
    configure_logging(os.environ.get("PROOFMINT_LOG_LEVEL", "INFO").upper(), "projector")
    lines, stopping = structlog.get_logger("projector"), Stopping()
    with open_read_side(database_url(os.environ)) as (_, views):
        projector = Projector(views.store, lines)
        lines.info("projecting", projections=[projection.table for projection in ALL])
        while not stopping:
            try:
                read = projector.turn()
            except LogUnavailable as error:
                lines.warning("database unavailable", reason=str(error))
                stopping.wait(AFTER_TROUBLE)
                continue
            if not read:
                stopping.wait(IDLE)


@dataclass
class Projector:
    store: ViewStore
    lines: Any
    _late_since: float | None = None
    _said: float = field(default=float("-inf"))

    def turn(self) -> int:
        """Read one batch into every projection; return the events read."""
        most = read = 0
        for projection in ALL:
            try:
                one = self.store.catch_up(projection)
            except AnotherLog as error:
                self.lines.warning("reading anew", reason=str(error))
                one = self.store.rebuild(projection)
            most, read = max(most, one), read + one
        self._say_lag(full=most >= BATCH)
        return read

    def _say_lag(self, *, full: bool) -> None:
        """Say that there is much to read, now and then, and once that it has been read."""
        now = time.monotonic()
        if not full:
            if self._late_since is not None:
                self.lines.info("caught up", seconds=round(now - self._late_since, 1))
            self._late_since = None
            return
        if self._late_since is None:
            self._late_since = now
        if now - self._said >= SAYS_LAG_EVERY:
            self._said = now
            behind = {p.table: self.store.standing(p).behind for p in ALL}
            self.lines.info("behind", events=behind)
