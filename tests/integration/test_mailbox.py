"""The development network's mail server: one file a mail, whole, in order, over its restarts."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTPUTF8
from pathlib import Path

import pytest

from application.mails.port import Mail, MailUnavailable
from domain.mails import MailKind
from infrastructure.devnet.mailbox import SENDER, Mailbox, MailboxFailed
from infrastructure.mail_settings import read_mail_settings
from infrastructure.smtp_mailer import SmtpMailer

MAIL = Mail(
    to="käthe@example.com",
    subject="Confirm your e-mail address",
    text="Open this link:\n\nhttps://mint.example.com/verify-email#token=abc\n",
    message_id="1234",
    kind=MailKind.VERIFY_EMAIL,
)


def mailer(mailbox: Mailbox) -> SmtpMailer:
    given = {"PROOFMINT_SMTP_URL": mailbox.url, "PROOFMINT_MAIL_FROM": SENDER}
    settings = read_mail_settings(given)
    assert settings.smtp is not None
    return SmtpMailer(settings.smtp, settings.sender)


def test_each_mail_is_a_file_in_order_of_arrival(tmp_path: Path) -> None:
    with Mailbox(tmp_path / "mails") as mailbox:
        mailer(mailbox).send(MAIL)
        mailer(mailbox).send(replace(MAIL, to="bob@example.com", kind=MailKind.LOCKED))
        mailer(mailbox).send(MAIL)
        names = [path.name for path in mailbox.mails]
        assert names == ["0001-verify-email.eml", "0002-locked.eml", "0003-verify-email.eml"]
        assert {path.name for path in mailbox.folder.iterdir()} == set(names)
        read = message_from_bytes(mailbox.mails[0].read_bytes(), policy=SMTPUTF8)
        assert (read["To"], read["Message-ID"]) == (MAIL.to, "<1234@devnet.example>")
        assert MAIL.text.encode().replace(b"\n", b"\r\n") in mailbox.mails[0].read_bytes()


def test_it_goes_on_counting_after_a_stop_and_after_a_kill(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mails")
    with mailbox:
        mailer(mailbox).send(MAIL)
        port = mailbox.port
    with pytest.raises(MailUnavailable, match=r"^unreachable$"):
        mailer(mailbox).send(MAIL)
    with mailbox:
        assert mailbox.port == port
        mailer(mailbox).send(MAIL)
        mailbox.kill()
    with mailbox:
        mailer(mailbox).send(MAIL)
    assert [path.name[:4] for path in mailbox.mails] == ["0001", "0002", "0003"]


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with Mailbox(tmp_path / "mails") as mailbox:
        other = Mailbox(tmp_path / "other", port=mailbox.port)
        with pytest.raises(MailboxFailed, match="ended at once"), other:
            pass
