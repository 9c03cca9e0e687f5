"""`proofmint events`: the log for auditors, as its stored bytes or as a story."""

import csv
import os
import sys
from uuid import UUID

import click

from domain.deployment import stream_of
from domain.event_names import name_of
from domain.events import DeploymentEvent
from infrastructure.bootstrap import open_read_side
from infrastructure.event_log.envelope import open_envelope
from infrastructure.settings import database_url
from projections.export import safe_cell
from projections.story import tell
from projections.track import Track, follow

COLUMNS = ("position", "time", "stream", "version", "name", "actor", "correlation", "envelope")


@click.group("events")
def command() -> None:
    """Export the log, or tell a deployment's story from it."""


@command.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl")
@click.option("--after", default=0, help="Start behind this position.")
@click.option("--upto", type=int, help="End at this position; the end of the log by default.")
def export(form: str, after: int, upto: int | None) -> None:
    """Write events in order: jsonl is the stored bytes, exactly, one event a line."""
    with open_read_side(database_url(os.environ)) as (log, _):
        end = log.position() if upto is None else min(upto, log.position())
        out = sys.stdout.buffer
        writer = csv.writer(sys.stdout, lineterminator="\r\n")
        if form == "csv":
            writer.writerow(COLUMNS)
        written = 0
        for stored in log.read_envelopes(after, end):
            if form == "jsonl":
                out.write(stored.envelope + b"\n")
            else:
                writer.writerow(_cells(stored.envelope))
            written += 1
        out.flush()
    click.echo(f"{written} events, complete from {after + 1} to {end}", err=True)


@command.command()
@click.argument("deployment", type=click.UUID)
def replay(deployment: UUID) -> None:
    """Tell a deployment's story in words, from the log alone."""
    with open_read_side(database_url(os.environ)) as (log, _):
        history = log.read(stream_of(deployment)).events
    if not history:
        raise click.ClickException(f"the log knows no deployment {deployment}")
    track: Track | None = None
    for recorded in history:
        event = recorded.event
        assert isinstance(event, DeploymentEvent)
        before = track and track.status
        track = Track() if track is None else follow(track, event)
        moved = f"  => {track.status.value}" if track.status is not before else ""
        time = recorded.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        click.echo(f"{recorded.position:>8}  {time}  {tell(event)}{moved}")


def _cells(envelope: bytes) -> list[str]:
    recorded = open_envelope(envelope)
    name = envelope.decode()
    return [
        safe_cell(value)
        for value in (
            recorded.position,
            recorded.time.isoformat(),
            recorded.stream,
            recorded.version,
            name_of(recorded.stream.kind, recorded.event),
            recorded.actor,
            recorded.correlation,
            name,
        )
    ]
