"""`proofmint keys`: wrap every secret under the key of today, and see which keys are in use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from infrastructure.custody import Custody, open_custody
from infrastructure.event_log import StoredLog, open_log
from infrastructure.keys.rewrap import Rewrapping, keys_in_use, rewrap
from infrastructure.migrate import require_schema
from infrastructure.settings import Settings

MOST_NAMED = 20
"""Secrets that are named where they do not open."""


@click.group("keys")
def command() -> None:
    """Change the key-encryption key, and see which keys are in use."""


@command.command("rewrap")
def rewrap_all() -> None:
    """Wrap every secret under the current key, beside running processes; exit 1 if some remain.

    May be stopped at any moment and run again.
    """
    with _opened() as (log, custody):
        found = rewrap(log, log, custody.envelope)
        current = custody.envelope.key_id
        click.echo(f"{found.exchanged} secrets wrapped anew under {current}")
        done = found.is_done(current)
        if done:
            click.echo(f"all {found.under.total()} secrets lie under {current}")
        else:
            _say_what_is_left(found, custody)
    raise SystemExit(0 if done else 1)


@command.command()
def status() -> None:
    """Count the secrets under each key; exit 1 if some lie under a key that is not given."""
    unknown = 0
    with _opened() as (log, custody):
        for key_id, number in sorted(keys_in_use(log, custody.envelope).items()):
            standing = "current" if key_id == custody.envelope.key_id else "previous"
            if not custody.ring.knows(key_id):
                standing, unknown = "unknown", unknown + number
            click.echo(f"{key_id}  {number} secrets  {standing}")
    raise SystemExit(1 if unknown else 0)


def _say_what_is_left(found: Rewrapping, custody: Custody) -> None:
    for key_id, number in sorted(found.under.items()):
        if key_id != custody.envelope.key_id:
            click.echo(f"{number} secrets lie under {key_id} yet", err=True)
    for secret in found.closed[:MOST_NAMED]:
        click.echo(f"does not open: {secret.purpose} of {secret.owner}", err=True)
    if not found.closed:
        click.echo("a process still wraps under an older key: restart it, run this again", err=True)


@contextmanager
def _opened() -> Iterator[tuple[StoredLog, Custody]]:
    settings = Settings.from_environment(os.environ)
    require_schema(settings.database_url)
    with open_log(settings.database_url) as log:
        yield log, open_custody(settings.keys, log)
