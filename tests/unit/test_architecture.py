"""The house rules that a linter alone does not hold."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "projections", "infrastructure", "interfaces")
TOP_LEVEL = {
    *PACKAGES,
    "tests",
    "docs",
    "pyproject.toml",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "package.json",
    "package-lock.json",
    "Dockerfile",
    "compose.yaml",
}
SAYS_NOTHING = {"utils", "helpers", "common", "base", "manager", "service", "misc"}


def tracked(*patterns: str) -> list[Path]:
    """Return what git tracks, new files included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_import_contracts_are_kept_by_a_linter_that_sees_the_code() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    analysed = re.search(r"Analyzed (\d+) files", ran.stdout)
    assert analysed
    assert int(analysed.group(1)) > 100, "a linter that sees nothing also says KEPT"
    assert "0 broken" in ran.stdout


def test_the_five_names_are_ours_alone() -> None:
    assert not set(PACKAGES) & packages_distributions().keys()


@pytest.mark.parametrize(("pattern", "most"), [("*.py", 250), ("tests/*.py", 400)])
def test_no_file_is_too_long_to_read(pattern: str, most: int) -> None:
    is_test = pattern.startswith("tests")
    files = [path for path in tracked(pattern) if (path.parts[0] == "tests") == is_test]
    assert files
    long = {
        str(path): lines
        for path in files
        if (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > most
    }
    assert long == {}


def test_the_top_level_holds_only_what_the_design_names() -> None:
    names = {path.parts[0] for path in tracked()}
    other = {n for n in names if not n.startswith(".") and not n.startswith("requirements")}
    assert other <= TOP_LEVEL


def test_no_file_has_a_name_that_says_nothing() -> None:
    named = {str(path) for path in tracked("*.py") if path.stem in SAYS_NOTHING}
    assert named == set()


def test_no_lock_file_names_a_host() -> None:
    for path in tracked("requirements*", "package-lock.json", ".npmrc"):
        assert "://" not in (ROOT / path).read_text(encoding="utf-8"), path


@pytest.mark.parametrize("folder", ["events", "deployment-certificates"])
def test_published_golden_files_are_never_edited(folder: str) -> None:
    changed = subprocess.run(
        ["git", "log", "--diff-filter=MD", "--format=%h", "--", f"tests/golden/{folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert changed.stdout == ""
