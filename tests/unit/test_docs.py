"""What is promised in the docs is what the code says."""

import re
import tomllib
from pathlib import Path

import pytest

from interfaces.cli.main import COMMANDS
from interfaces.cli.reference import FOLDER, pages

ROOT = Path(__file__).parents[2]
KINDS = {"tutorial", "how-to-guide", "reference", "explanation"}
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("name", sorted(pages()))
def test_pages_made_from_code_are_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_says_its_kind_and_links_to_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if page.parent.name != "decisions" and page.name != "index.md":
        found = re.match(r"---\ndocumentationType: ([a-z-]+)\n---\n", text)
        assert found, "front matter is missing"
        assert found.group(1) in KINDS
    for link in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text):
        assert (page.parent / link).exists(), link


def test_every_setting_is_documented() -> None:
    sources = sorted((ROOT / "infrastructure").glob("*settings.py"))
    source = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert len(sources) > 1
    documented = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"PROOFMINT_[A-Z_]+[A-Z]", source)):
        assert name in documented, name


def test_every_command_is_documented() -> None:
    documented = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"proofmint {name}" in documented, name


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z]+)", readme):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert len(readme.splitlines()) <= 100, "the README stays one page"


def test_the_error_catalogue_holds_what_every_entry_needs() -> None:
    text = (ROOT / "interfaces/http/error_catalogue.toml").read_text(encoding="utf-8")
    for code, entry in tomllib.loads(text).items():
        assert {"status", "category", "title", "remediation"} <= entry.keys(), code
