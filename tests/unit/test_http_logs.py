"""Log lines: one for each event, whatever is in it, and never a secret."""

import io
import json
import logging
import random

import pytest
import structlog

from infrastructure import log_lines
from infrastructure.log_lines import configure_logging
from tests.api_world import PASSWORD, World

ODD = ["\n", "\r", "\x1b[2J", "\x00", "\u2028", "\u202e", "\u2066", "\x85", "\x9b", "\U000e0001"]
ODD += ["\ud800", '"', "\\", "\u200f", "\uff1d", "{}", '"}\n{"event": "forged"']


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(log_lines.sys, "stderr", written)
    configure_logging("INFO", "api")
    return written


@pytest.fixture(autouse=True)
def as_before() -> object:
    yield
    structlog.reset_defaults()


def test_2000_hostile_strings_are_2000_lines_that_read_back_whole(lines: io.StringIO) -> None:
    source = random.Random(2026)
    log, sent = structlog.get_logger("api"), []
    for _ in range(2_000):
        text = "".join(source.choice([*ODD, "a", " "]) for _ in range(source.randrange(12)))
        log.info("request", route=text, nested={"deep": [text]})
        sent.append(text)
    written = lines.getvalue()
    assert written.count("\n") == len(written.splitlines()) == len(sent)
    assert all(one.isprintable() for one in written.splitlines())
    for line, text in zip(written.splitlines(), sent, strict=True):
        event = json.loads(line)
        assert event["process"] == "api"
        if "\ud800" not in text:
            assert event["route"] == text


@pytest.mark.parametrize(
    "name", ["password", "Authorization", "access_token", "accessToken", "seed", "api_key"]
)
def test_a_secret_never_reaches_a_line_however_deep_it_lies(lines: io.StringIO, name: str) -> None:
    log = structlog.get_logger("api")
    log.info("request", **{name: PASSWORD}, nested={name: PASSWORD, "list": [{name: PASSWORD}]})
    assert PASSWORD not in lines.getvalue()
    assert json.loads(lines.getvalue())["event"] == "request"


def test_a_request_is_one_line_with_its_template_and_never_its_words(lines: io.StringIO) -> None:
    world = World()
    user = world.user()
    user.create(name="a very private name")
    user.get("/api/v1/token/deployments/private-id")
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [one["status"] for one in told] == [201, 202, 404]
    assert told[1]["route"] == "/api/v1/token/erc20-mintable/create"
    assert all(one["correlation"] and one["ms"] >= 0 for one in told)
    for secret in ("private", PASSWORD, user.account["accessToken"], "ada@example.com"):
        assert secret not in lines.getvalue()


def test_a_fault_is_one_line_with_its_trace(lines: io.StringIO) -> None:
    structlog.get_logger("api").error("fault", exc_info=RuntimeError("first\nsecond\x1b[31m"))
    [line] = lines.getvalue().splitlines()
    assert "RuntimeError: first" in json.loads(line)["exception"]


def test_a_level_is_kept(lines: io.StringIO) -> None:
    configure_logging(logging.getLevelName(logging.ERROR), "api")
    structlog.get_logger("api").info("request")
    assert not lines.getvalue()
