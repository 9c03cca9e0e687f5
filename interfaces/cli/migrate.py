"""`proofmint migrate`: the only command that changes a schema."""

import os

import click

from infrastructure.migrate import migrate
from infrastructure.settings import database_url


@click.command("migrate")
def command() -> None:
    """Bring the database to this release's schema, once, under a lock."""
    applied = migrate(database_url(os.environ))
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("nothing to apply")
