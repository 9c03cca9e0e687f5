"""A file that holds is checked once; one that does not is checked, and refused, each time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infrastructure.deployment_certificate import checked_files
from infrastructure.deployment_certificate.checked_files import CheckedFiles
from infrastructure.deployment_certificate.verifier import Refused, check

GOLDEN = Path(__file__).parents[1] / "golden/deployment-certificates"
FILES = [file.read_bytes() for file in sorted(GOLDEN.iterdir())][:3]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return what is really checked, as it happens."""
    seen: list[bytes] = []

    def counted(data: bytes) -> object:
        seen.append(data)
        return check(data)

    monkeypatch.setattr(checked_files, "check", counted)
    return seen


def test_the_same_bytes_are_checked_once(checks: list[bytes]) -> None:
    files = CheckedFiles()
    for _ in range(3):
        for data in FILES:
            files.require(data)
    assert checks == FILES


@pytest.mark.parametrize(
    "damage", [lambda data: data + b" ", lambda data: data.replace(b'"slot":1', b'"slot":2', 1)]
)
def test_other_bytes_are_checked_however_alike(
    checks: list[bytes], damage: Callable[[bytes], bytes]
) -> None:
    files = CheckedFiles()
    files.require(FILES[0])
    damaged = damage(FILES[0])
    for _ in range(2):
        with pytest.raises(Refused):
            files.require(damaged)
    assert checks == [FILES[0], damaged, damaged]


def test_what_was_asked_for_longest_ago_is_forgotten(
    checks: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked_files, "MOST_REMEMBERED", 2)
    files = CheckedFiles()
    first, second, third = FILES
    for data in (first, second, first, third, first, second):
        files.require(data)
    assert checks == [first, second, third, second]
