"""The SMTP mailer against a server that takes, refuses, hangs, breaks off or lies."""

from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from application.mails.port import Mail, MailRefused, MailUnavailable
from domain.mails import MailKind
from infrastructure.devnet.anvil import free_port
from infrastructure.mail_settings import SmtpServer
from infrastructure.smtp_mailer import SmtpMailer
from tests.smtp_double import Elsewhere, Receiver, certificate, server_at, serving

FROM = "tokens@mint.example.com"
TOKEN = "https://mint.example.com/verify-email#token=" + "a" * 86
MAIL = Mail(
    to="Alice@example.com",
    subject="Confirm your e-mail address",
    text=f"Open this link:\n\n{TOKEN}\n\n.\n.dot\n",
    message_id="1234-abcd",
    kind=MailKind.VERIFY_EMAIL,
)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def port(receiver: Receiver) -> Iterator[int]:
    with serving(receiver) as port:
        yield port


def mailer(port: int, **more: Any) -> SmtpMailer:
    return SmtpMailer(server_at(port), FROM, **({"timeout": 1.0} | more))


def test_a_mail_arrives_as_it_was_written(receiver: Receiver, port: int) -> None:
    mailer(port).send(MAIL)
    [mail], [raw] = receiver.mails, receiver.raw
    assert receiver.recipients == [[MAIL.to]]
    assert mail.get_content().replace("\r\n", "\n") == MAIL.text
    assert (mail["From"], mail["To"], mail["Subject"]) == (FROM, MAIL.to, MAIL.subject)
    assert mail["Message-ID"] == "<1234-abcd@mint.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Proofmint-Mail"] == "verify-email"
    assert parsedate_to_datetime(mail["Date"]) is not None
    assert f"\r\n{TOKEN}\r\n".encode() in raw, "a link stays on its line"


def test_words_of_any_script_arrive(receiver: Receiver, port: int) -> None:
    subject, text = "Completed: 金 Zürich (GLD)", "金貨 é\n" * 30
    mailer(port).send(replace(MAIL, subject=subject, text=text))
    [mail], [raw] = receiver.mails, receiver.raw
    assert mail["Subject"] == subject
    assert mail.get_content().replace("\r\n", "\n") == text
    assert raw.isascii()


@pytest.mark.parametrize("field", ["subject", "message_id"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_no_field_of_a_mail_makes_another_header(
    receiver: Receiver, port: int, field: str, end: str
) -> None:
    forged = f"x{end}Bcc: victim@example.com"
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        mailer(port).send(replace(MAIL, **{field: forged}))
    assert receiver.mails == []


@pytest.mark.parametrize(
    "to", ["victim@x.de,me@y.de", "<victim@x.de>me@y.de", "a@b.de\r\nRCPT TO:<c@d.de>", ""]
)
def test_what_is_not_one_address_reaches_nobody(receiver: Receiver, port: int, to: str) -> None:
    with pytest.raises(MailRefused, match=r"^address$"):
        mailer(port).send(replace(MAIL, to=to))
    assert receiver.mails == []


def test_an_international_address_is_written_as_it_is(receiver: Receiver, port: int) -> None:
    to = "käthe@exämple.com"
    mailer(port).send(replace(MAIL, to=to))
    assert receiver.recipients == [[to]]
    assert receiver.mails[0]["To"] == to


def test_a_server_without_smtputf8_gets_no_international_address() -> None:
    receiver = Receiver()
    with serving(receiver, enable_SMTPUTF8=False) as port:
        with pytest.raises(MailRefused, match=r"^no-smtputf8$"):
            mailer(port).send(replace(MAIL, to="käthe@example.com"))
        mailer(port).send(MAIL)
    assert len(receiver.mails) == 1


@pytest.mark.parametrize("step", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 5.1.1 <Alice@example.com> is unknown", MailRefused),
        ("554 no", MailRefused),
        ("450 4.2.1 later", MailUnavailable),
        ("451 greylisted", MailUnavailable),
        ("421 shutting down", MailUnavailable),
    ],
)
def test_a_refusal_is_told_by_its_code_alone(
    receiver: Receiver, port: int, step: str, reply: str, kind: type[Exception]
) -> None:
    getattr(receiver, step).append(reply)
    with pytest.raises(kind) as refusal:
        mailer(port).send(MAIL)
    assert str(refusal.value) == f"smtp-{reply[:3]}"
    assert refusal.value.__suppress_context__
    mailer(port).send(MAIL)
    assert len(receiver.mails) == 1


@pytest.mark.parametrize(("how", "code"), [("hang", "timeout"), ("drop", "broke-off")])
def test_a_server_that_does_not_answer_after_the_data_is_asked_again(
    receiver: Receiver, port: int, how: str, code: str
) -> None:
    receiver.data.append(how)
    with pytest.raises(MailUnavailable, match=f"^{code}$"):
        mailer(port).send(MAIL)
    mailer(port).send(MAIL)
    assert len(receiver.mails) == 1


def test_a_copy_of_a_mail_that_was_taken_unheard_has_the_same_id(
    receiver: Receiver, port: int
) -> None:
    receiver.data.append("take and drop")
    with pytest.raises(MailUnavailable, match=r"^broke-off$"):
        mailer(port).send(MAIL)
    mailer(port).send(MAIL)
    first, second = receiver.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(MailUnavailable, match=r"^unreachable$"):
        mailer(free_port()).send(MAIL)


def elsewhere(port: int, **more: Any) -> SmtpServer:
    return server_at(port, Elsewhere, **more)


def test_another_machine_that_offers_no_encryption_gets_nothing(
    receiver: Receiver, port: int
) -> None:
    with pytest.raises(MailUnavailable, match=r"^no-starttls-or-auth$"):
        SmtpMailer(elsewhere(port, user="postman", password="s3cret"), FROM).send(MAIL)
    assert receiver.mails == []


def test_another_machine_is_asked_for_starttls_before_it_gets_a_password(tmp_path: Path) -> None:
    shows, trusts = certificate(tmp_path)
    receiver = Receiver()
    flags = {"require_starttls": True, "auth_required": True}
    with serving(receiver, tls_context=shows, authenticator=receiver.authenticate, **flags) as port:
        known = elsewhere(port, user="postman", password="s3cret")
        SmtpMailer(known, FROM, trusts).send(MAIL)
        assert receiver.users == [b"postman"]
        wrong = elsewhere(port, user="postman", password="wr0ng")
        with pytest.raises(MailUnavailable, match=r"^smtp-535$"):
            SmtpMailer(wrong, FROM, trusts).send(MAIL)
    assert len(receiver.mails) == 1


@pytest.mark.parametrize("is_tls", [True, False])
def test_a_certificate_that_nobody_trusts_ends_it(tmp_path: Path, is_tls: bool) -> None:
    shows, _ = certificate(tmp_path)
    receiver = Receiver()
    flags = {"ssl_context": shows} if is_tls else {"tls_context": shows}
    with serving(receiver, **flags) as port, pytest.raises(MailUnavailable, match=r"^tls$"):
        SmtpMailer(elsewhere(port, is_tls=is_tls), FROM).send(MAIL)
    assert receiver.mails == []


def test_a_certificate_of_another_host_ends_it(tmp_path: Path) -> None:
    shows, trusts = certificate(tmp_path, "127.0.0.2")
    receiver = Receiver()
    with (
        serving(receiver, tls_context=shows) as port,
        pytest.raises(MailUnavailable, match=r"^tls$"),
    ):
        SmtpMailer(elsewhere(port), FROM, trusts).send(MAIL)
    assert receiver.mails == []


def test_an_encrypted_port_takes_a_mail(tmp_path: Path) -> None:
    shows, trusts = certificate(tmp_path)
    receiver = Receiver()
    with serving(receiver, ssl_context=shows) as port:
        SmtpMailer(server_at(port, is_tls=True), FROM, trusts).send(MAIL)
    assert len(receiver.mails) == 1
