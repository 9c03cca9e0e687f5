"""Hands mails to an SMTP server. Implements application.mails.port.Mailer.

One connection a mail. What a server says in words is thrown away: it often repeats the
address, and no log and no fact holds one.
"""

import smtplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from application.mails.port import Mail, MailRefused, MailUnavailable
from infrastructure.mail_settings import SmtpServer, is_plain_address

TIMEOUT = 10.0
"""Seconds."""
FINAL = 500
"""Replies from here on mean that trying again changes nothing (RFC 5321, section 4.2.1)."""
KIND = "X-Proofmint-Mail"
"""Header that names the kind of a mail, for filters."""


class SmtpMailer:
    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """Keep where mails go.

        Args:
            server: takes them.
            sender: their address.
            context: which certificates are trusted; those of the machine where None is given.
            timeout: in seconds, for each answer of the server.
        """
        self._server = server
        self._sender = sender
        self._domain = sender.rpartition("@")[2]
        self._timeout = timeout
        self._context = context or ssl.create_default_context()

    def send(self, mail: Mail) -> None:
        if not is_plain_address(mail.to):
            raise MailRefused("address")
        message = self._message(mail)
        try:
            with self._connected() as smtp:
                _hand_over(smtp, message, self._sender, mail.to)
        except OSError as error:  # smtplib's errors are of this kind, too
            raise MailUnavailable(_code(error)) from None

    @contextmanager
    def _connected(self) -> Generator[smtplib.SMTP]:
        """Open a connection that is encrypted and signed in; how it ends changes nothing."""
        server = self._server
        if server.is_tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, self._domain, timeout=self._timeout, context=self._context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, self._domain, timeout=self._timeout)
        try:
            smtp.ehlo_or_helo_if_needed()
            if not server.is_tls and not server.is_loopback:
                smtp.starttls(context=self._context)
                smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
            yield smtp
            with suppress(OSError):
                smtp.quit()
        finally:
            smtp.close()

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        local, _, domain = mail.to.rpartition("@")
        message["From"] = self._sender
        message["To"] = Address(username=local, domain=domain)
        message["Subject"] = mail.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{mail.message_id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message[KIND] = mail.kind.value
        # A link stays whole for whoever reads the file.
        message.set_content(mail.text, cte="7bit" if mail.text.isascii() else "quoted-printable")
        return message


def _hand_over(smtp: smtplib.SMTP, message: EmailMessage, sender: str, to: str) -> None:
    """Send one mail to one address.

    Raises:
        MailRefused: the server will never take it.
        OSError: anything else went wrong.
    """
    try:
        smtp.send_message(message, sender, [to])
    except smtplib.SMTPNotSupportedError:
        raise MailRefused("no-smtputf8") from None
    except smtplib.SMTPRecipientsRefused as error:
        [(code, _)] = error.recipients.values()
        if code >= FINAL:
            raise MailRefused(f"smtp-{code}") from None
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= FINAL:
            raise MailRefused(f"smtp-{error.smtp_code}") from None
        raise


def _code(error: OSError) -> str:
    """Return what went wrong in one word of ours."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            [(code, _)] = error.recipients.values()
            return f"smtp-{code}"
        case smtplib.SMTPResponseException():
            return f"smtp-{error.smtp_code}"
        case smtplib.SMTPNotSupportedError():
            return "no-starttls-or-auth"
        case smtplib.SMTPServerDisconnected():
            is_late = isinstance(error.__context__, TimeoutError)
            return "timeout" if is_late else "broke-off"
        case ssl.SSLError():
            return "tls"
        case TimeoutError():
            return "timeout"
        case _:
            return "unreachable"
