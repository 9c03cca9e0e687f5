"""Starts and stops the mail server of the development network, by process id."""

import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from infrastructure.devnet.anvil import free_port
from infrastructure.devnet.child import Child

HOST = "127.0.0.1"
PATIENCE = 5.0
"""Seconds for its greeting."""
SENDER = "proofmint@devnet.example"


class MailboxFailed(Exception):
    """The mail server did not start."""


@dataclass
class Mailbox:
    """A mail server that lays what it takes into a folder. Start it, use `url`, stop it."""

    folder: Path
    port: int = 0
    """0 takes a free one; it is kept over restarts."""
    _child: Child = field(
        default_factory=lambda: Child("The mail server", MailboxFailed), repr=False
    )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def mails(self) -> list[Path]:
        """Return the file of each mail, oldest first."""
        return sorted(self.folder.glob("*.eml"))

    def start(self) -> None:
        """Start, and wait until it takes mails.

        Raises:
            MailboxFailed: the process ended.
        """
        self.port = self.port or free_port()
        self._child.words = self.folder.with_suffix(".log")
        flags = ["--folder", str(self.folder.absolute()), "--port", str(self.port)]
        self._child.start(
            [sys.executable, "-m", "infrastructure.devnet.mail_receiver", *flags], self._greeting
        )

    def stop(self) -> None:
        """End it by SIGTERM, and wait."""
        self._child.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.end(signal.SIGKILL)

    def _greeting(self) -> None:
        with socket.create_connection((HOST, self.port), PATIENCE) as connection:
            said = connection.makefile("r", encoding="ascii").readline()
        if not said.rstrip().endswith(f" {self.pid}"):
            raise ConnectionError("somebody else answers there")
