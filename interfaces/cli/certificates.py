"""`proofmint certificate`: what an auditor does with the file that they were handed."""

from typing import BinaryIO

import click

from infrastructure.deployment_certificate.verifier import Refused, check
from infrastructure.deployment_certificate.verifier.form import LARGEST
from infrastructure.deployment_certificate.verifier.words import tell


@click.group("certificate")
def command() -> None:
    """Check the certificate of a deployment."""


@command.command("check")
@click.argument("file", type=click.File("rb"))
def check_file(file: BinaryIO) -> None:
    """Verify every proof in FILE (- is stdin) and say what it shows; exit 1 if it is refused.

    Needs no database, no network and no key. Block hashes are yours to compare.
    """
    try:
        checked = check(file.read(LARGEST + 1))
    except (Refused, OSError) as error:
        raise click.ClickException(f"refused: {error}") from None
    for line in tell(checked):
        click.echo(line)
