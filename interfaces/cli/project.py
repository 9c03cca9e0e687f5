"""`proofmint project`: follows the log, batch by batch."""

import os

import click
import structlog

from domain.log import LogUnavailable
from infrastructure.bootstrap import open_read_side
from infrastructure.log_lines import configure_logging
from infrastructure.settings import database_url
from infrastructure.views.store import ViewStore
from interfaces.cli.stopping import Stopping
from projections.catalogue import ALL

IDLE = 0.05
"""Seconds between two looks at a log that has nothing new."""
AFTER_TROUBLE = 1.0


@click.command("project")
def command() -> None:
    """Keep the read models in step with the log until SIGTERM."""
    configure_logging(os.environ.get("PROOFMINT_LOG_LEVEL", "INFO").upper(), "projector")
    log, stopping = structlog.get_logger("projector"), Stopping()
    with open_read_side(database_url(os.environ)) as (_, views):
        log.info("projecting", projections=[projection.table for projection in ALL])
        while not stopping:
            try:
                read = turn(views.store)
            except LogUnavailable as error:
                log.warning("database unavailable", reason=str(error))
                stopping.wait(AFTER_TROUBLE)
                continue
            if not read:
                stopping.wait(IDLE)


def turn(store: ViewStore) -> int:
    """Read one batch into every projection; return the events read."""
    return sum(store.catch_up(projection) for projection in ALL)
