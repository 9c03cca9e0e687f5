"""`proofmint projections`: rebuild read models, or ask whether they tell the truth."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from infrastructure.bootstrap import open_read_side
from infrastructure.settings import database_url
from infrastructure.views.store import BuiltTwice
from projections.catalogue import ALL
from projections.projection import Projection

NAMES = {projection.name: projection for projection in ALL}
chosen = click.argument("names", nargs=-1, type=click.Choice(sorted(NAMES)))


@click.group("projections")
def command() -> None:
    """Rebuild and verify read models."""


@command.command()
@chosen
@click.option("--all", "every", is_flag=True, help="All of them, as without a name.")
def rebuild(names: tuple[str, ...], every: bool) -> None:  # noqa: FBT001 - click's way
    """Build read models anew from the log, beside the live ones, and swap them in."""
    if names and every:
        raise click.UsageError("name read models, or say --all")
    with open_read_side(database_url(os.environ)) as (_, views), _one_line_said():
        for projection in _wanted(names):
            read = views.store.rebuild(projection)
            click.echo(f"{projection.table}: {read} events read")


@command.command()
@chosen
def verify(names: tuple[str, ...]) -> None:
    """Compare every row with the log; exit 1 if any differs."""
    wrong = 0
    with open_read_side(database_url(os.environ)) as (_, views), _one_line_said():
        for projection in _wanted(names):
            keys = views.store.disagreements(projection)
            wrong += len(keys)
            for key in keys:
                click.echo(f"{projection.table}: {key} differs from the log")
            if not keys:
                click.echo(f"{projection.table}: every row is what the log says")
    raise SystemExit(1 if wrong else 0)


@command.command()
@chosen
def status(names: tuple[str, ...]) -> None:
    """Say how far each read model has come."""
    with open_read_side(database_url(os.environ)) as (_, views):
        for projection in _wanted(names):
            at = views.store.standing(projection)
            click.echo(f"{at.projection}: position {at.position}, {at.behind} behind")


@contextmanager
def _one_line_said() -> Iterator[None]:
    """Say in one line that somebody else is at it, and exit 1."""
    try:
        yield
    except BuiltTwice as error:
        raise click.ClickException(str(error)) from None


def _wanted(names: tuple[str, ...]) -> list[Projection[Any]]:
    return [NAMES[name] for name in names] if names else list(ALL)
