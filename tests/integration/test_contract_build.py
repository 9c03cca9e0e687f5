"""The committed artifact is what the sources make, and the check says so when it is not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = [sys.executable, "-m", "infrastructure.contracts.build"]
Ran = subprocess.CompletedProcess[str]


def build(root: Path, *flags: str) -> Ran:
    return subprocess.run([*BUILD, *flags], cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the contracts that a test may spoil; packages lie where they lie."""
    assert (ROOT / "node_modules").is_dir(), "run `make setup`"
    shutil.copytree(ROOT / "infrastructure" / "contracts", tmp_path / "infrastructure/contracts")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def artifact(root: Path) -> Path:
    return root / "infrastructure/contracts/evm/MintableToken.json"


def test_a_rebuild_writes_the_committed_bytes(checkout: Path) -> None:
    artifact(checkout).unlink()
    ran = build(checkout)
    assert ran.returncode == 0, ran.stderr
    assert artifact(checkout).read_bytes() == artifact(ROOT).read_bytes()


def test_the_check_refuses_an_artifact_that_the_sources_do_not_make(checkout: Path) -> None:
    spoilt = artifact(checkout).read_text().replace("6080", "6081", 1)
    artifact(checkout).write_text(spoilt)
    ran = build(checkout, "--check")
    assert ran.returncode == 1, ran.stderr
    assert artifact(checkout).read_text() == spoilt


def test_a_comment_changes_the_hash_of_its_source_and_no_code(checkout: Path) -> None:
    source = artifact(checkout).with_suffix(".sol")
    source.write_text(source.read_text() + "// a remark\n")
    assert build(checkout, "--check").returncode == 1
    assert build(checkout).returncode == 0
    before, after = (json.loads(artifact(root).read_text()) for root in (ROOT, checkout))
    assert after["sha256"]["sources"] != before["sha256"]["sources"]
    for member in ("creation", "runtime", "immutables", "abi"):
        assert after[member] == before[member]
