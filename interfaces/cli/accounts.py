"""`proofmint accounts`: what an operator does for people who cannot help themselves."""

import os
from getpass import getuser
from uuid import uuid4

import click

from application.accounts.directory import Directory
from application.accounts.unlocking import Unlocking
from application.commands import Origin
from application.credentials import InvalidEmail
from domain.values import Actor
from infrastructure.custody import open_custody
from infrastructure.event_log import open_log
from infrastructure.migrate import require_schema
from infrastructure.settings import Settings
from infrastructure.vault import KeyVault


@click.group("accounts")
def command() -> None:
    """Unlock accounts."""


@command.command()
@click.argument("email")
def unlock(email: str) -> None:
    """Forget the failed sign-ins and locks of an address; exit 1 if there were none.

    The log keeps who did it, as operator:<user name>, and not the address.
    """
    settings = Settings.from_environment(os.environ)
    require_schema(settings.database_url)
    origin = Origin(
        actor=Actor(f"operator:{getuser()}"), command=uuid4(), correlation="accounts-unlock"
    )
    with open_log(settings.database_url) as log:
        custody = open_custody(settings.keys, log)
        vault = KeyVault(log, custody.root, custody.envelope)
        try:
            done = Unlocking(log, Directory(log, vault), vault).unlock(email, origin)
        except InvalidEmail as error:
            raise click.BadParameter(str(error)) from None
    click.echo("unlocked" if done else "nobody has tried that address")
    raise SystemExit(0 if done else 1)
