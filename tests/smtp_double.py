"""A mail server of a test's own, in this process: it takes mails, or does what it is told to."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infrastructure.devnet.anvil import free_port
from infrastructure.mail_settings import SmtpServer

LOGIN = LoginPassword(b"postman", b"s3cret")


@dataclass
class Receiver:
    """What the server does. Replies are given once each, in order; then it takes everything."""

    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    """Also `hang`, `drop` (before it answers), and `take and drop`."""
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    users: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        wanted = self.data.pop(0) if self.data else "250 OK"
        if wanted == "hang":
            await asyncio.sleep(30)
        if wanted in {"250 OK", "take and drop"}:
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            self.mails.append(message_from_bytes(envelope.content, policy=SMTPUTF8))  # type: ignore[arg-type]
            self.recipients.append(list(envelope.rcpt_tos))
        if "drop" in wanted:
            assert server.transport is not None
            server.transport.close()
        return wanted

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if data == LOGIN:
            self.users.append(data.login)
        return AuthResult(success=data == LOGIN, handled=data == LOGIN)


@contextmanager
def serving(receiver: Receiver, **flags: Any) -> Iterator[int]:
    """Serve on a free loopback port; further flags are aiosmtpd's."""
    flags = {"enable_SMTPUTF8": True} | flags
    controller = Controller(receiver, hostname="127.0.0.1", port=free_port(), **flags)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


class Elsewhere(SmtpServer):
    """A server that is asked as if it were on another machine."""

    is_loopback = False  # type: ignore[assignment]


def server_at(port: int, kind: type[SmtpServer] = SmtpServer, **more: Any) -> SmtpServer:
    given = {"host": "127.0.0.1", "port": port, "is_tls": False, "user": "", "password": ""}
    return kind(**(given | more))


def certificate(folder: Path, address: str = "127.0.0.1") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for an address; return who shows it and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(chain, secret)
    return shows, ssl.create_default_context(cafile=str(chain))
