"""`proofmint devnet`: the development chains alone, for a service that is started by hand."""

import os
import shlex
import sys
from pathlib import Path

import click

from infrastructure.devnet.network import Devnet, devnet
from interfaces.cli.stopping import Stopping


@click.command("devnet")
@click.option(
    "--block-seconds",
    default=1.0,
    type=click.FloatRange(0.1, 60),
    help="Seconds between two blocks, and between two rounds.",
)
def command(block_seconds: float) -> None:
    """Run an EVM chain, an Algorand chain with its indexer, and a mail server until SIGTERM.

    Prints what the service's processes need to know, for a shell to read.
    """
    stopping = Stopping()
    data = Path(os.environ.get("PROOFMINT_DATA", ".proofmint")).absolute()
    with devnet(data, block_seconds) as network:
        click.echo(_said(network))
        sys.stdout.flush()
        while not stopping:
            stopping.wait(0.2)


def _said(network: Devnet) -> str:
    lines = [f"# EVM: {network.anvil.url}"]
    lines += [f"# algod: {network.algod.url}", f"# indexer: {network.indexer.url}"]
    lines += [f"# mails: {network.mailbox.folder}"]
    lines += [
        f"# {name}: another chain than last time, its old deployments stay held"
        for name in network.replaced
    ]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in network.environment.items()]
    return "\n".join(lines)
