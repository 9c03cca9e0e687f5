"""Every check of the verifier is noticed when it is gone: none is decoration."""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.algorand_own_verdicts import own
from tests.algorand_verdicts import Verdict, recorded, spellings

NAME = "infrastructure.algorand.verifier"
SOURCE = Path(__file__).parents[2] / NAME.replace(".", "/")
FILES = {path.name: path.read_text("utf-8") for path in sorted(SOURCE.glob("*.py"))}
RECORDED = list(recorded())
SPELLINGS = [other for one in RECORDED if one.shown for other in spellings(one)]
VERDICTS = [*own(), *RECORDED, *SPELLINGS]

MALFORMED = [
    ("end_of", b"\xa2a", 0),
    ("end_of", b"\x81\xa1a", 0),
    ("fields", b"\x81\xa1a\x01\x02"),
    ("fields", b"\x82\xa1b\x01\xa1a\x01"),
    ("fields", b"\x82\xa1a\x01\xa1a\x01"),
    ("fields", b"\xde\x00\x01\xa1a\x01"),
    ("fields", b"\x92\xa1a\x01"),
    ("fields", b"\x81\x01\x01"),
    ("items", b"\x91"),
    ("items", b"\x92\x01"),
    ("items", b"\x91\x01\x02"),
    ("items", b"\xdc\x00\x01\x01"),
    ("items", b"\x81\xa1a\x01"),
    ("number", b"\x05\x00"),
    ("number", b"\xcc\x05"),
    ("number", b"\xcd\x00\xff"),
    ("number", b"\xcd\x05"),
    ("number", b"\xcd\xff\xff\xff"),
    ("number", b"\xc4\x01\xff"),
    ("number", b"\xc3"),
    ("number", b"\xff"),
    ("number", b"\xd0\x05"),
    ("number", b"\xca" + b"\xff" * 4),
    ("octets", b"\x05"),
    ("octets", b"\xcc\x85"),
    ("octets", b"\xc4\x02a"),
    ("octets", b"\xa1ab"),
    ("octets", b"\xff"),
    ("octets", b"\xd3" + bytes(8)),
    ("end_of", b"\xc1", 0),
    ("end_of", b"\xc7\x00\x00", 0),
]
"""What no verdict turns on, since it does not hash, but every reader of blocks relies on."""
SLOT = "(entry.sender, entry.lease, entry.last_valid)"
USED = "(entry.sender, entry.lease) != (slot.sender, slot.lease)"
ROUNDS = "[header.round for header in headers]"
EACH = "list(range(slot.first_round, slot.last_valid + 1))"
ENDS = "(headers[0].round, headers[-1].round) == (slot.first_round, slot.last_valid)"
WEAKER = [
    ("certificate.py", SLOT, SLOT.replace("entry.sender", "slot.sender")),
    ("certificate.py", SLOT, SLOT.replace("entry.lease", "slot.lease")),
    ("certificate.py", SLOT, SLOT.replace("entry.last_valid", "slot.last_valid")),
    ("certificate.py", "slot.first_round <= header.round <= ", "header.round <= "),
    ("certificate.py", "header.round <= slot.last_valid", "header.round"),
    ("certificate.py", "header = headers[0]", "header = headers[-1]"),
    ("certificate.py", "entry.txid in slot.attempts", "True"),
    ("certificate.py", USED, "entry.sender != slot.sender"),
    ("certificate.py", USED, "entry.lease != slot.lease"),
    ("certificate.py", f"{ROUNDS} == {EACH}", ENDS),
    ("certificate.py", 'certificate["leaves"]), strict=True', 'certificate["leaves"])'),
    ("certificate.py", "headers[-1].hash == trusted", "headers[0].hash == trusted"),
    ("certificate.py", "headers and headers[-1].hash == trusted", "headers"),
    ("certificate.py", "all(octets(header", "any(octets(header"),
    ("certificate.py", "members == set(form", "members >= set(form"),
    ("blocks.py", "all(octets(b", "any(octets(b"),
    ("blocks.py", 'not {b"gh", b"gen"}', 'not {b"gen"}'),
    ("blocks.py", 'not {b"gh", b"gen"}', 'not {b"gh"}'),
    ("blocks.py", ' and b"hgh" not in applied', ""),
    ("blocks.py", "!= kind or name in self.fields or", "!= kind or"),
    ("blocks.py", 'octets(self.fields[b"type"]) != kind or ', ""),
    ("blocks.py", 'b"caid" in made or ', ""),
    ("blocks.py", ' or b"apid" in made', ""),
    ("blocks.py", "in _inwards(self.applied)", "in [self.applied]"),
    ("blocks.py", "waiting += [", "yield from ["),
    ("blocks.py", 'if b"hgi" in applied:', 'if b"hgi" in members:'),
    ("commitments.py", 'b"txn" not in header and ', ""),
    ("commitments.py", ' and header.get(b"txn256") == b"\\xc4\\x20" + NOBODY', ""),
    ("window.py", "expand.eof and ", ""),
    ("window.py", " and not expand.unused_data", ""),
    ("window.py", " and stream.startswith(OPENING)", ""),
]


def checks() -> Iterator[tuple[str, int]]:
    """Yield each statement `need(...)`, by its file and line."""
    for name, source in FILES.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Expr) and ast.unparse(node).startswith("need("):
                yield name, node.lineno


def without(source: str, line: int) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for body in (getattr(node, "body", None),):
            if isinstance(body, list):
                node.body = [  # type: ignore[attr-defined]
                    ast.Pass() if isinstance(one, ast.Expr) and one.lineno == line else one
                    for one in body
                ]
    return ast.unparse(ast.fix_missing_locations(tree))


def verifier(files: dict[str, str], folder: Path) -> ModuleType:
    """Load another verifier, beside the one that is."""
    name = f"weakened_{abs(hash(str(folder)))}"
    (folder / name).mkdir()
    for file, source in files.items():
        (folder / name / file).write_text(source.replace(NAME, name), "utf-8")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def is_right(judge: ModuleType, verdict: Verdict) -> bool:
    try:
        shown = judge.verify(verdict.data, judge.SlotFacts(**verdict.slot), verdict.trusted)
    except judge.Refused:
        return verdict.shown is None
    return verdict.shown is not None and verdict.shown.items() <= shown.items()


def reads_malformed(judge: ModuleType) -> bool:
    primitives = importlib.import_module(f"{judge.__name__}.primitives")
    for name, *arguments in MALFORMED:
        try:
            getattr(primitives, str(name))(*arguments)
        except (primitives.Refused, LookupError):
            continue
        return True
    return False


def is_noticed(judge: ModuleType) -> bool:
    return reads_malformed(judge) or not all(is_right(judge, verdict) for verdict in VERDICTS)


def test_the_verifier_itself_is_right() -> None:
    assert not is_noticed(importlib.import_module(NAME))


@pytest.mark.parametrize(("file", "line"), list(checks()))
def test_a_check_that_is_gone_is_noticed(file: str, line: int, tmp_path: Path) -> None:
    weak = verifier(FILES | {file: without(FILES[file], line)}, tmp_path)
    assert is_noticed(weak)


@pytest.mark.parametrize("place", range(len(WEAKER)))
def test_a_weaker_condition_is_noticed(place: int, tmp_path: Path) -> None:
    file, old, new = WEAKER[place]
    assert FILES[file].count(old) == 1
    weak = verifier(FILES | {file: FILES[file].replace(old, new)}, tmp_path)
    assert is_noticed(weak)
