"""Settings of mail: nonsense is refused by name, and no message holds a password."""

import re
from pathlib import Path

import pytest

from infrastructure.mail_settings import is_plain_address, read_mail_settings
from infrastructure.settings import BadSetting, Settings

KEY = {"PROOFMINT_MASTER_KEY": "5e" * 32}
FROM = {"PROOFMINT_MAIL_FROM": "tokens@example.com"}
SECRET = "s3cret"


def read(**given: str):
    return Settings.from_environment(
        KEY | FROM | {f"PROOFMINT_{name}": value for name, value in given.items()}
    ).mail


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp:///path",
        "smtp://mail.example.com/path",
        "smtp://mail.example.com:0",
        "smtp://mail.example.com:99999",
        "smtp://mail.example.com:port",
        f"smtp://user:{SECRET}@mail.example.com?tls=no",
        f"smtp://user:{SECRET}@mail.example.com#",
        f"smtp://:{SECRET}@mail.example.com",
        "smtp://user@mail.example.com",
        f"smtp://user:{SECRET}%0A@mail.example.com",
        f"smtp://user:{SECRET}\u00e9@mail.example.com",
        f"smtp://user:{SECRET} @mail.example.com",
        f"smtp://user:{SECRET}@[::1",
        f"smtp://user:{SECRET}@mail\n.example.com",
        f"smtp://user:{SECRET}@{'a' * 200}",
    ],
)
def test_what_is_no_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadSetting, match="PROOFMINT_SMTP_URL") as refusal:
        read(SMTP_URL=url)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "loopback"),
    [
        ("smtp://mail.example.com", "mail.example.com", 587, False, False),
        ("smtp://mail.example.com:25/", "mail.example.com", 25, False, False),
        ("smtps://mail.example.com", "mail.example.com", 465, True, False),
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, False, True),
        ("smtp://localhost:2525", "localhost", 2525, False, True),
        ("smtp://[::1]:2525", "::1", 2525, False, True),
        ("smtp://10.0.0.1", "10.0.0.1", 587, False, False),
        ("smtp://127.0.0.1.example.com", "127.0.0.1.example.com", 587, False, False),
    ],
)
def test_a_server_is_read(url: str, host: str, port: int, tls: bool, loopback: bool) -> None:
    server = read(SMTP_URL=url).smtp
    assert server is not None
    assert (server.host, server.port, server.is_tls) == (host, port, tls)
    assert (server.is_loopback, server.user, server.password) == (loopback, "", "")


def test_a_password_is_read_as_it_was_escaped_and_shown_nowhere() -> None:
    settings = Settings.from_environment(
        KEY | FROM | {"PROOFMINT_SMTP_URL": f"smtps://a%40b:{SECRET}%3A%2F%25@mail.example.com"}
    )
    assert settings.mail.smtp is not None
    assert (settings.mail.smtp.user, settings.mail.smtp.password) == ("a@b", f"{SECRET}:/%")
    assert SECRET not in repr(settings)


def test_without_a_server_mails_wait_and_nothing_else_is_asked_for() -> None:
    settings = Settings.from_environment(KEY).mail
    assert settings == read_mail_settings({"PROOFMINT_SMTP_URL": ""})
    assert (settings.smtp, settings.sender, settings.public_url) == (None, "", "")


def test_a_server_needs_a_sender() -> None:
    with pytest.raises(BadSetting, match="PROOFMINT_MAIL_FROM"):
        Settings.from_environment(KEY | {"PROOFMINT_SMTP_URL": "smtp://localhost"})


@pytest.mark.parametrize(
    "sender",
    ["nobody", "a b@c.de", "Mint <a@b.de>", "a@b.de, c@d.de", "a@b.de\n", "\u00e9@b.de", "@b.de"],
)
def test_a_sender_is_one_address(sender: str) -> None:
    with pytest.raises(BadSetting, match="PROOFMINT_MAIL_FROM"):
        read(MAIL_FROM=sender)


@pytest.mark.parametrize(
    "url",
    [
        "mint.example.com",
        "http://mint.example.com",
        "https://",
        "https://user@mint.example.com",
        "https://mint.example.com/?a=b",
        "https://mint.example.com/#a",
        "https://mint.example.com/\nX: y",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_front_end_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="PROOFMINT_PUBLIC_URL"):
        read(PUBLIC_URL=url)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://mint.example.com", "https://mint.example.com"),
        ("https://mint.example.com:8443/app/", "https://mint.example.com:8443/app"),
        ("http://localhost:3000/", "http://localhost:3000"),
    ],
)
def test_a_front_end_is_kept_without_its_last_slash(url: str, kept: str) -> None:
    assert read(PUBLIC_URL=url).public_url == kept


@pytest.mark.parametrize(
    "text",
    [
        "victim@x.de,me@y.de",
        "victim@x.de me@y.de",
        "<victim@x.de>me@y.de",
        "a,b@c.de",
        '"a b"@c.de',
        "(c)a@b.de",
        "a@b.de>",
        "a@b.de\r\nRCPT TO:<c@d.de>",
        "a\0@b.de",
        "a@b@c.de",
        "a..b@c.de",
        ".a@b.de",
        "a@[127.0.0.1]",
        "a@b..de",
        "a" * 250 + "@b.de",
    ],
)
def test_what_could_be_read_as_another_address_is_none(text: str) -> None:
    assert not is_plain_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "a@b.de",
        "A.b+c=d@e-f.g.de",
        "k\u00e4the@ex\u00e4mple.com",
        "\u91d1@\u4f8b.jp",
        "'!#$%&*/?^_`{|}~-@b.de",
    ],
)
def test_a_plain_address_is_one(text: str) -> None:
    assert is_plain_address(text)


def test_every_setting_of_mail_is_documented() -> None:
    root = Path(__file__).parents[2]
    source = (root / "infrastructure/mail_settings.py").read_text(encoding="utf-8")
    documented = (root / "docs/reference/settings.md").read_text(encoding="utf-8")
    names = set(re.findall(r"PROOFMINT_[A-Z_]+[A-Z]", source))
    assert len(names) == 3
    for name in names:
        assert name in documented, name
