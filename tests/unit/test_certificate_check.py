"""What an auditor's check refuses, and that it runs with three folders and nothing else of ours."""

import ast
import base64
import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infrastructure.deployment_certificate.verifier import Refused, algorand, check, form
from infrastructure.deployment_certificate.verifier.form import (
    EXPORTED,
    MOST_CONTAINERS,
    NOT_EXPORTED,
    canonical,
)
from infrastructure.deployment_certificate.verifier.words import tell
from interfaces.cli.certificates import command

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden/deployment-certificates"
FOLDERS = (
    "infrastructure/deployment_certificate/verifier",
    "infrastructure/evm/verifier",
    "infrastructure/algorand/verifier",
)
KINDS = {
    "algorand-built-at-a-fixed-hour": ("COMPLETED", True, ["landed"]),
    "algorand-completed-retried-exported": ("COMPLETED", True, ["dead", "dead", "landed"]),
    "algorand-completed-sponsored": ("COMPLETED", False, ["landed"]),
    "algorand-failed-exported": ("FAILED", True, ["dead", "dead"]),
    "evm-built-at-a-fixed-hour": ("COMPLETED", True, ["landed", "landed"]),
    "evm-completed-exported": ("COMPLETED", True, ["landed"]),
    "evm-completed-funded": ("COMPLETED", False, ["landed", "landed"]),
    "evm-failed-never-signed": ("FAILED", False, []),
}
"""Certificates as they were once handed out, and what each says."""
Document = dict[str, Any]
EVM, LEASES = "evm-completed-funded", "algorand-completed-retried-exported"
both = pytest.mark.parametrize("name", [EVM, LEASES])


def kept(name: str) -> Document:
    document: Document = json.loads((GOLDEN / f"{name}.json").read_bytes())
    return document


def refusal(document: Document) -> str:
    with pytest.raises(Refused) as refused:
        check(canonical(document))
    return str(refused.value)


def test_every_file_that_was_handed_out_is_known() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == sorted(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_what_was_handed_out_stays_checkable(name: str) -> None:
    status, exported, fates = KINDS[name]
    checked = check((GOLDEN / f"{name}.json").read_bytes())
    lines = list(tell(checked))
    assert lines[0].startswith(status)
    assert any(line.startswith("KEY EXPORTED at position ") for line in lines) == exported
    assert any(line.startswith("KEY NOT EXPORTED") for line in lines) != exported
    assert [one.fate for one in checked.shown] == fates
    blocks = {one["blockHash"] for one in kept(name)["proofs"]}
    assert all(any(block in line for line in lines) for block in blocks)


# ---- the file


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"\xff\xfe",
        b"{}",
        b"[" * 1_000_000,
        b'{"format":' * 100_000,
        b"[" * (MOST_CONTAINERS // 2) + b"]" * (MOST_CONTAINERS // 2),
        b"9" * 100_000,
        b'{"format":NaN}',
        bytes(range(256)) * 4,
    ],
    ids=lambda data: repr(data[:9]),
)
def test_garbage_is_refused_and_nothing_else_is_raised(data: bytes) -> None:
    with pytest.raises(Refused):
        check(data)


def test_a_file_larger_than_any_certificate_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (GOLDEN / f"{EVM}.json").read_bytes()
    monkeypatch.setattr(form, "LARGEST", len(data) - 1)
    with pytest.raises(Refused, match="larger"):
        check(data)


def test_more_brackets_than_any_certificate_has_are_not_read() -> None:
    document = kept("evm-failed-never-signed")
    document["outcome"]["leftovers"] = ["[" * MOST_CONTAINERS]
    assert "more lists and objects" in refusal(document)


def test_no_proofs_are_an_empty_list_and_nothing_that_reads_alike() -> None:
    document = kept("evm-failed-never-signed")
    for other in ({}, "", None):
        assert "proofs are a list" in refusal(document | {"proofs": other})
    with pytest.raises(Refused, match="not a JSON object"):
        check(b"[]")


@both
def test_another_spelling_of_a_true_certificate_is_refused(name: str) -> None:
    data = (GOLDEN / f"{name}.json").read_bytes()
    twice = data[:-1] + b',"signerExported":null}'
    for spelled in (data + b"\n", json.dumps(kept(name)).encode(), twice):
        with pytest.raises(Refused, match="not canonical"):
            check(spelled)


@both
def test_another_format_is_refused(name: str) -> None:
    for other in ("proofmint.deployment-certificate@2", "", None, 1):
        assert "another format" in refusal(kept(name) | {"format": other})


@both
def test_a_member_more_is_refused(name: str) -> None:
    document = kept(name)
    for place in (
        document,
        document["network"],
        document["outcome"],
        document["proofs"][0],
        document["proofs"][0]["facts"],
        document["proofs"][0]["proof"],
    ):
        place["note"] = ""
        assert "other members" in refusal(document)
        del place["note"]


# ---- the export


@both
@pytest.mark.parametrize("wrong", [True, False, -1, 0, 1.0, "1", [], {}, 2**70])
def test_an_export_is_a_position_or_null(name: str, wrong: object) -> None:
    document = kept(name) | {"signerExportedMeans": EXPORTED}
    refusal(document | {"signerExported": wrong})


@both
def test_a_certificate_that_is_silent_about_an_export_is_refused(name: str) -> None:
    document = kept(name)
    del document["signerExported"]
    assert "does not say whether" in refusal(document)


@both
def test_an_export_comes_before_the_outcome(name: str) -> None:
    document = kept(name) | {"signerExportedMeans": EXPORTED}
    position = document["outcome"]["position"]
    for at in (position, position + 1):
        assert "not before the outcome" in refusal(document | {"signerExported": at})
    check(canonical(document | {"signerExported": position - 1}))


@both
def test_what_an_export_means_cannot_be_told_otherwise(name: str) -> None:
    document = kept(name)
    other = EXPORTED if document["signerExported"] is None else NOT_EXPORTED
    for text in (other, "", None, "Nobody else had the key."):
        assert "does not belong" in refusal(document | {"signerExportedMeans": text})


# ---- the slots


@both
def test_two_slots_alike_are_refused(name: str) -> None:
    document = kept(name)
    document["proofs"].append(document["proofs"][-1])
    assert "a slot is missing" in refusal(document)
    renumbered = document["proofs"][-1] | {"slot": document["proofs"][-1]["slot"] + 1}
    document["proofs"][-1] = renumbered
    refusal(document)


def test_the_same_slot_in_two_steps_is_refused() -> None:
    document = kept("evm-completed-exported")
    [proof] = document["proofs"]
    document["proofs"] = [proof, proof | {"step": 2}]
    assert "two slots are one" in refusal(document)


def test_completed_takes_exactly_one_landed_slot() -> None:
    document = kept("evm-completed-exported")
    document["proofs"] = []
    assert "not exactly one slot landed" in refusal(document)
    funded = kept(EVM)
    funded["proofs"] = funded["proofs"][:1]
    assert "not exactly one slot landed" in refusal(funded)
    retried = kept(LEASES)
    retried["proofs"] = retried["proofs"][:2]
    assert "not exactly one slot landed" in refusal(retried)


def test_failed_takes_slots_without_a_token_or_none_ever_signed() -> None:
    unproven = kept("algorand-failed-exported") | {"proofs": []}
    assert "neither a slot is proven" in refusal(unproven)
    unsigned = kept("algorand-failed-exported")
    unsigned["outcome"]["neverSigned"] = True
    assert "there are slots" in refusal(unsigned)
    signed = kept("evm-failed-never-signed")
    signed["outcome"]["neverSigned"] = False
    assert "neither a slot is proven" in refusal(signed)


@both
def test_a_failure_over_a_slot_that_landed_is_refused(name: str) -> None:
    document, failed = kept(name), kept("algorand-failed-exported")["outcome"]
    document["outcome"] = failed | {"position": document["outcome"]["position"]}
    assert "a token was created" in refusal(document)


@both
def test_the_token_is_the_one_that_the_proof_shows(name: str) -> None:
    document = kept(name)
    asset = {EVM: "0x" + "1" * 40, LEASES: "1001"}[name]
    document["outcome"]["assetIdentifier"] = asset
    assert "another token" in refusal(document)


def test_an_address_in_another_case_is_another_spelling() -> None:
    document = kept(EVM)
    document["outcome"]["assetIdentifier"] = document["outcome"]["assetIdentifier"].lower()
    assert "another token" in refusal(document)
    other = kept(EVM)
    other["signerAddress"] = other["signerAddress"].lower()
    assert "no address" in refusal(other)


@both
def test_a_certificate_of_one_deployment_is_of_no_other(name: str) -> None:
    document = kept(name) | {"deploymentId": "7a3b8ab7-6e80-4b3a-9d0c-0242ac120002"}
    assert {EVM: "another deployment", LEASES: "not this deployment's"}[name] in refusal(document)


@both
def test_proofs_of_the_other_family_are_refused(name: str) -> None:
    document, other = kept(name), kept(LEASES if name == EVM else EVM)
    assert "step" in refusal(document | {"proofs": other["proofs"]})
    refusal(document | {"network": other["network"]})
    moved = dict(document["proofs"][-1], proof=other["proofs"][-1]["proof"])
    document["proofs"][-1] = moved | {"kind": moved["proof"]["kind"]}
    assert "another family" in refusal(document)


Change = Callable[[Document], object]
CHANGES: dict[str, tuple[str, Change]] = {
    "a slot of another chain": (EVM, lambda d: d["network"].update(chainId=1)),
    "a slot of another network": (
        LEASES,
        lambda d: d["network"].update(genesisHash="0x" + "00" * 32),
    ),
    "another block's number": (EVM, lambda d: d["proofs"][0].update(blockNumber=99)),
    "another block's hash": (LEASES, lambda d: d["proofs"][0].update(blockHash="A" * 52)),
    "not the trusted one": (
        LEASES,
        lambda d: d["proofs"][0]["facts"].update(trustedBlockHash="00" * 32),
    ),
    "another slot": (EVM, lambda d: d["proofs"][0]["facts"].update(nonce=7)),
    "calls itself another kind": (EVM, lambda d: d["proofs"][0].update(kind="finalized-revert")),
    "it shows landed, not dead": (EVM, lambda d: d["proofs"][0].update(fate="dead")),
    "no funding of the signer": (EVM, lambda d: d["proofs"][1].update(purpose="fund")),
    "than the signer": (EVM, lambda d: d["proofs"][0].update(purpose="issue")),
    "window of so many rounds": (
        LEASES,
        lambda d: d["proofs"][0]["facts"].update(lastValid=100_000),
    ),
    "other rounds": (LEASES, lambda d: d["proofs"][0].update(proof=d["proofs"][1]["proof"])),
}


@pytest.mark.parametrize("told", CHANGES)
def test_facts_that_contradict_each_other_are_refused(told: str) -> None:
    name, change = CHANGES[told]
    document = kept(name)
    change(document)
    assert told in refusal(document) or "not the trusted one" in refusal(document)


def test_a_few_bytes_that_expand_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algorand, "MOST_EXPANDED", 1 << 20)
    monkeypatch.setattr(algorand, "PIECE", 1 << 16)
    document = kept(LEASES)
    bomb = base64.b64encode(zlib.compress(bytes(8 << 20), 9)).decode()
    document["proofs"][0]["proof"]["blocks"] = bomb
    assert "more blocks" in refusal(document)


# ---- the command


@pytest.mark.parametrize("name", KINDS)
def test_the_command_says_what_holds_and_exits_with_0(name: str) -> None:
    data = (GOLDEN / f"{name}.json").read_bytes()
    for arguments, given in ((str(GOLDEN / f"{name}.json"), None), ("-", data)):
        ran = CliRunner().invoke(command, ["check", arguments], input=given)
        assert ran.exit_code == 0, ran.output
        assert ran.output.splitlines() == list(tell(check(data)))


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\0\xff"])
def test_the_command_refuses_in_one_line_and_exits_with_1(data: bytes) -> None:
    ran = CliRunner().invoke(command, ["check", "-"], input=data)
    assert ran.exit_code == 1
    [line] = ran.output.splitlines()
    assert line.startswith("Error: refused: ")


def test_a_file_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        ran = CliRunner().invoke(command, ["check", str(path)])
        assert ran.exit_code in {1, 2}
        assert "Traceback" not in ran.output


# ---- alone


def test_it_runs_with_three_folders_alone(tmp_path: Path) -> None:
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    module = [sys.executable, "-m", "infrastructure.deployment_certificate.verifier"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    for name in (EVM, LEASES):
        ran = subprocess.run(
            [*module, str(GOLDEN / f"{name}.json")],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        expected = tell(check((GOLDEN / f"{name}.json").read_bytes()))
        assert ran.stdout.splitlines() == list(expected)
    for arguments, given, status in ((["-"], "{}", 1), ([str(tmp_path / "x")], "", 1), ([], "", 2)):
        ran = subprocess.run(
            [*module, *arguments],
            cwd=tmp_path,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout) == (status, "")
        assert len(ran.stderr.splitlines()) == 1


def test_it_imports_nothing_else_of_ours() -> None:
    own = tuple(folder.replace("/", ".") for folder in FOLDERS)
    for folder in FOLDERS:
        for path in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                for name in names:
                    top = name.split(".")[0]
                    known = top == "Crypto" or top in sys.stdlib_module_names
                    assert known or name.startswith(own), (path, name)
