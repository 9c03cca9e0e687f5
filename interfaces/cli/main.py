"""The `proofmint` command: loads a command's module only when that command runs."""

import importlib
from typing import Any

import click

COMMANDS = {
    "accounts": ("interfaces.cli.accounts", "Unlock accounts."),
    "certificate": ("interfaces.cli.certificates", "Check the certificate of a deployment."),
    "devnet": ("interfaces.cli.devnet", "Run the development chains alone."),
    "demo": (
        "interfaces.cli.demo",
        "Deploy tokens on two real ledgers, and show that each happened once.",
    ),
    "events": ("interfaces.cli.events", "Export the log, or tell a deployment's story from it."),
    "keys": (
        "interfaces.cli.keys",
        "Change the key-encryption key, and see which keys are in use.",
    ),
    "mail": ("interfaces.cli.mail", "Send the mails that are owed, or show them."),
    "migrate": ("interfaces.cli.migrate", "Bring the database to this release's schema."),
    "project": ("interfaces.cli.project", "Keep the read models in step with the log."),
    "projections": ("interfaces.cli.projections", "Rebuild and verify read models."),
    "serve": ("interfaces.cli.serve", "Serve the HTTP API."),
    "up": ("interfaces.cli.up", "Run everything on this machine."),
    "work": ("interfaces.cli.work", "Drive deployments to a proven outcome."),
}
"""Name to module and help line: each module has a click command called `command`."""


class LazyGroup(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name][0]).command
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup)
def cli() -> None:
    """Proofmint deploys tokens, and says an outcome only when it is proven."""


def main() -> None:
    """Run, and spell every foreseen trouble as one line and exit 2."""
    from infrastructure.troubles import FORESEEN

    result: Any = None
    try:
        result = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except click.Abort:
        raise SystemExit(130) from None
    except FORESEEN as error:
        click.echo(f"proofmint: {error}", err=True)
        raise SystemExit(2) from None
    raise SystemExit(result if isinstance(result, int) else 0)


if __name__ == "__main__":
    main()
