"""No secret in the database, its journal, logs, exports or answers, whatever people do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infrastructure.migrate import migrate
from tests.account_story import Story, told
from tests.leaks import Canaries, files_of, rows_of, spellings

OWN = {"master.key", "networks.toml"}
"""The operator's own files."""
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def story(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Story]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    (folder / "data").mkdir()
    url = f"sqlite:///{folder}/data/proofmint.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").fresh_database()
    migrate(url)
    with told(url, folder) as whole:
        yield whole


def test_the_story_tells_of_everything(story: Story) -> None:
    """What is looked at below is what it is taken for."""
    stored = b"".join(rows_of(story.service.url).values())
    assert b"account.erased" in stored
    assert b'"wrapped":' in stored
    assert len(story.canaries.by_name) > 30
    assert all(spelled for spelled in story.canaries.by_name.values())
    output = story.output.read_bytes()
    assert b"Traceback" in output, "an error that nobody foresaw was written down"
    assert output.count(b'"event":"request"') >= len(story.said)
    shown = {name for one in story.said for name in one.shows}
    for name in shown - {"user agent"}:
        answers = b"".join(one.answer.body for one in story.said if name in one.shows)
        assert name in story.canaries.found_in(answers), f"{name} was shown where it belongs"


def test_no_secret_lies_in_the_database(story: Story) -> None:
    for name, content in rows_of(story.service.url).items():
        assert not story.canaries.found_in(content), name


def test_no_secret_lies_in_any_file_of_the_service(story: Story) -> None:
    looked_at = files_of(story.service.folder, OWN)
    if story.service.url.startswith("sqlite:"):
        assert {"proofmint.db", "proofmint.db-wal", "proofmint.db-shm"} <= set(looked_at)
    for name, content in looked_at.items():
        assert not story.canaries.found_in(content), name


def test_no_secret_is_written_to_a_log(story: Story) -> None:
    for line in story.output.read_bytes().splitlines():
        assert not story.canaries.found_in(line), line


def test_an_answer_shows_a_secret_only_where_it_is_what_was_asked_for(story: Story) -> None:
    for one in story.said:
        headers = json.dumps(one.answer.headers).encode()
        found = story.canaries.found_in(one.answer.body + headers, but=one.shows)
        assert not found, (one.label, one.answer.body)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_no_secret_is_in_an_export_of_the_log(story: Story, form: str) -> None:
    done = story.service.proofmint("events", "export", "--format", form)
    assert done.returncode == 0
    spelled = {"jsonl": 1, "csv": 2}[form]  # a column of the name, and the envelope
    assert done.stdout.count("account.registered") == spelled * story.claims()
    assert not story.canaries.found_in((done.stdout + done.stderr).encode())


def test_what_was_destroyed_is_in_no_page_and_in_no_journal(story: Story) -> None:
    """Not even sealed: whoever has the master key finds nothing to open."""
    assert story.gone
    for name, content in rows_of(story.service.url).items():
        assert not [one for one in story.gone if one in content], name


def test_after_the_end_of_all_processes_it_is_the_same(story: Story) -> None:
    for process in (story.service.api, story.service.projector):
        process.stop()
    for name, content in {
        **rows_of(story.service.url),
        **files_of(story.service.folder, OWN),
        "output": story.output.read_bytes(),
    }.items():
        assert not story.canaries.found_in(content), name
        assert not [one for one in story.gone if one in content], name


@pytest.mark.parametrize("secret", ["correct horse battery staple", bytes(range(200, 232))])
def test_the_search_finds_what_is_planted_in_any_spelling(
    secret: str | bytes, tmp_path: Path
) -> None:
    canaries = Canaries()
    canaries.add("planted", secret)
    for number, spelled in enumerate(sorted(spellings(secret))):
        planted = tmp_path / f"file-{number}"
        planted.write_bytes(b"{" + spelled + b"}")
        [content] = files_of(tmp_path, ()).values()
        assert canaries.found_in(content) == ["planted"]
        assert not canaries.found_in(content, but=["planted"])
        planted.unlink()
    assert not canaries.found_in(b"nothing of it")


def test_a_planted_secret_is_found_in_the_database(story: Story) -> None:
    """The master key's id stands in each sealed secret, and is no secret: it serves as one here."""
    planted = Canaries()
    with story.keys() as (log, _):
        [first, *_] = log.secrets_after(None, 1)  # type: ignore[attr-defined]
    planted.add("planted", json.loads(first.sealed)["key"])
    assert any(map(planted.found_in, rows_of(story.service.url).values()))
