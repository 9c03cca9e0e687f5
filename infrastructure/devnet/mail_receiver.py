"""Takes mails on loopback and lays each into a folder, as the development network's mail server.

`python -m infrastructure.devnet.mail_receiver --folder FOLDER --port PORT`, until SIGTERM.
Nothing is passed on: no mail of a development network leaves the machine.
"""

import argparse
import asyncio
import os
import re
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from infrastructure.smtp_mailer import KIND

HOST = "127.0.0.1"
GREETING = "proofmint devnet"
"""What it calls itself, before the id of its process: whoever starts it knows it again."""
NUMBER = re.compile(r"([0-9]+)-.*\.eml")
PLAIN = re.compile(r"[a-z][a-z-]{0,40}")


class Folder:
    """Files in order of arrival, each there whole or not at all."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        found = (NUMBER.fullmatch(file.name) for file in path.iterdir())
        self._last = max((int(one.group(1)) for one in found if one), default=0)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self._last += 1
        named = message_from_bytes(envelope.content).get(KIND, "")
        kind = named if PLAIN.fullmatch(named) else "mail"
        part = self._path / f".{self._last}.part"
        part.write_bytes(envelope.content)
        part.rename(self._path / f"{self._last:04}-{kind}.eml")
        return "250 OK"


async def serve(folder: Path, port: int) -> None:
    """Take mails until the process ends."""
    handler = Folder(folder)
    loop, name = asyncio.get_running_loop(), f"{GREETING} {os.getpid()}"
    flags: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "localhost", "ident": name}
    server = await loop.create_server(lambda: SMTP(handler, loop=loop, **flags), HOST, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Lays mails into a folder.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.folder, given.port))
