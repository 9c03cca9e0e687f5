"""`proofmint events`: the log for auditors, as its stored bytes or as a story."""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import StringIO
from uuid import UUID

import click

from domain.deployment import stream_of
from domain.events import DeploymentEvent
from domain.log import StoredEnvelope
from infrastructure.bootstrap import open_read_side
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
@click.option("--after", type=click.IntRange(min=0), default=0, help="Start behind this position.")
@click.option(
    "--upto",
    type=click.IntRange(min=0),
    help="End at this position; the end of the log by default.",
)
def export(form: str, after: int, upto: int | None) -> None:
    """Write events in order: jsonl is the stored bytes, exactly, one event a line.

    What was written is summed up on stderr: from where to where it is complete, and its
    SHA-256. A file without that line was cut.
    """
    digest = sha256()
    with open_read_side(database_url(os.environ)) as (log, _), _reader_may_leave():
        end = log.position() if upto is None else min(upto, log.position())
        stored = _complete(log.read_envelopes(after, end), after, end)
        for line in _as_csv(stored) if form == "csv" else _as_stored(stored):
            digest.update(line)
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    what = f"complete from {after + 1} to {end}" if after < end else f"the log ends at {end}"
    events = max(0, end - after)
    click.echo(f"{events} events, {what}, sha256 {digest.hexdigest()}", err=True)


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


def _complete(stored: Iterable[StoredEnvelope], after: int, end: int) -> Iterator[bytes]:
    """Yield envelopes; an export that is not complete must not look like one that is."""
    for one in stored:
        after += 1
        if one.position != after:
            raise click.ClickException(f"position {after} is missing: not complete")
        yield one.envelope
    if after < end:
        raise click.ClickException(f"position {after + 1} is missing: not complete")


def _as_stored(envelopes: Iterable[bytes]) -> Iterator[bytes]:
    for envelope in envelopes:
        yield envelope + b"\n"


def _as_csv(envelopes: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines without formula cells (RFC 4180), header first."""
    yield _csv_line(COLUMNS)
    for envelope in envelopes:
        body = json.loads(envelope)
        body["stream"] = f"{body['stream']['kind']}/{body['stream']['id']}"
        body["envelope"] = envelope.decode()
        yield _csv_line([safe_cell(body[column]) for column in COLUMNS])


def _csv_line(cells: Iterable[object]) -> bytes:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Exit 1 with one line where whoever reads our output, such as `head`, has had enough."""
    try:
        yield
    except BrokenPipeError:
        # Python flushes at exit, into a pipe that nobody reads.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.ClickException("the reader went away: not complete") from None
