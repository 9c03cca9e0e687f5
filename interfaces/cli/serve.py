"""`proofmint serve`: the HTTP API."""

import os

import click

from infrastructure.custody import require_keys
from infrastructure.migrate import require_schema
from infrastructure.settings import Settings
from interfaces.http.server import serve


@click.command("serve")
@click.option("--workers", default=1, show_default=True, help="API processes.")
def command(workers: int) -> None:
    """Serve the HTTP API until SIGTERM."""
    settings = Settings.from_environment(os.environ)
    require_schema(settings.database_url)
    require_keys(settings)
    serve(settings, workers)
