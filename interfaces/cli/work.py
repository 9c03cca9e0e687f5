"""`proofmint work`: one worker, any number of which share the work by leases."""

import os
from concurrent.futures import Future, ThreadPoolExecutor

import click
import structlog

from application.engine.worker import Worker
from domain.log import LogUnavailable
from infrastructure.bootstrap_worker import worker_parts
from infrastructure.log_lines import configure_logging
from infrastructure.settings import Settings
from interfaces.cli.stopping import Stopping

IDLE = 0.05
"""Seconds between two looks for work."""
AFTER_TROUBLE = 1.0


class LoggedJournal:
    """Implements application.engine.worker.Journal."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("worker")

    def set_aside(self, operation: str, pickups: int) -> None:
        self._log.error("operation set aside", operation=operation, pickups=pickups)

    def trouble(self, operation: str, error: Exception) -> None:
        self._log.error("operation troubled", operation=operation, exc_info=error)


@click.command("work")
@click.option("--width", default=8, show_default=True, help="Operations driven at once.")
def command(width: int) -> None:
    """Drive deployments until SIGTERM; what is under way is finished."""
    settings = Settings.from_environment(os.environ)
    configure_logging(settings.log_level, "worker")
    stopping, log = Stopping(), structlog.get_logger("worker")
    with worker_parts(settings) as parts, ThreadPoolExecutor(width) as pool:
        worker = Worker(parts.log, parts.queue, parts.engine, parts.clock, LoggedJournal())
        running: set[Future[None]] = set()
        log.info("working", width=width)
        while not stopping:
            try:
                busy = worker.turn(pool, width, running)
            except LogUnavailable as error:
                log.warning("database unavailable", reason=str(error))
                stopping.wait(AFTER_TROUBLE)
                continue
            if not busy:
                stopping.wait(IDLE)
