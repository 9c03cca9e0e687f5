"""Our development node is held to what a real algod 5.1.0 answered."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infrastructure.devnet.algod import Algod
from tests import algod_reads, algod_submissions, algod_tokens
from tests.algod_compare import shape, stable
from tests.algod_script import Said, Script

GOLDEN = Path(__file__).parents[1] / "golden/node-answers/algorand/algod.json"
RECORDED: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads(GOLDEN.read_text("utf-8"))
}
ACCEPTED = 200
NOT_PLAYED = {
    r"(lightheader|stateproof)-(...)": "the ledger makes no state proofs",
    r"deltas.*|follower-deltas|follower-sync": "state deltas and sync rounds are not carried",
    r"dev-.*|devmode-.*": "our rounds have a clock; the node is in no DevMode",
    r"async.*": "a developer route that a chain adapter must not use",
    r"app-create-v1[12]": "the ledger in the package knows programs up to version 10",
    r"disassemble.*": "the package's program cannot disassemble",
    r"simulate-trace": "traces of execution are not carried",
    r"admin-with-user-token": "there are no participation keys",
    r"wait-far-future|stall-wait": "holds for a minute; the wait itself is tested beside this",
    r"wait-current": "needs a clock: tested with AlgodClient",
    r"(pruned|archival)-pending": "takes a thousand rounds; the limit is tested beside this",
    r"later-on-a": "pools meet when a round is made, not before",
    r"block-zero": "our counter of ids begins in round 1",
    r"(pruned|archival)-oldest": "found by bisection: tested with a short retention",
}
OTHER_WORDS = {
    "app-inner-fee": "it says `fee too small` without the amounts",
    "app-create-v13|app-create-v14": "it names version 10, the last that it knows",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Said]:
    folder = tmp_path_factory.mktemp("algod")
    with Algod(folder / "whole", round_seconds=0, nodes=2) as node:
        script, cast = Script(node), algod_submissions.Cast()
        algod_submissions.fund(script, cast)
        algod_reads.node(script)
        algod_submissions.bodies(script, cast)
        algod_submissions.signatures(script, cast)
        algod_submissions.money(script, cast)
        algod_submissions.windows(script, cast)
        algod_submissions.leases(script, cast)
        algod_submissions.groups(script, cast)
        algod_tokens.assets(script, cast)
        algod_tokens.programs(script, cast)
        algod_submissions.dead_leases(script, cast)
        algod_tokens.reads(script, cast)
        algod_reads.blocks(script, cast)
        algod_tokens.simulations(script, cast)
        algod_tokens.assembling(script)
        algod_reads.follower(script, cast)
        algod_reads.races(script, cast)
        algod_submissions.again(script, cast)
        algod_reads.trouble(script, cast)
    with Algod(folder / "short", round_seconds=0, retention=3) as node:
        short = Script(node)
        algod_reads.pruned(short)
    return script.said | short.said


def reason(name: str) -> str:
    return next((why for pattern, why in NOT_PLAYED.items() if re.fullmatch(pattern, name)), "")


@pytest.mark.parametrize("name", [name for name in RECORDED if not reason(name)])
def test_a_recorded_answer_is_ours_too(said: dict[str, Said], name: str) -> None:
    recorded, ours = RECORDED[name], said[name]
    assert ours.status == recorded["status"], ours.body
    assert ours.content_type == recorded["content_type"]
    theirs = recorded["body"]
    if isinstance(theirs, dict) and "message" in theirs:
        if not any(re.fullmatch(pattern, name) for pattern in OTHER_WORDS):
            assert stable(ours.body["message"]) == stable(theirs["message"])
        data, expected = ours.body.get("data") or {}, theirs.get("data") or {}
        assert data.get("group-index") == expected.get("group-index")
        assert ("pc" in data) == ("pc" in expected)
    else:
        assert shape(ours.body) == shape(theirs)


def test_every_recorded_case_is_played_or_has_a_reason_not_to_be(said: dict[str, Said]) -> None:
    reasons = {name for name in RECORDED if reason(name)}
    assert set(RECORDED) - reasons == set(said)
    posts = [name for name in said if RECORDED[name]["request"]["path"] == "/v2/transactions"]
    assert len(posts) >= 107
    assert len(reasons) < len(RECORDED) / 5, len(reasons)
    for pattern in (*NOT_PLAYED, *OTHER_WORDS):
        assert any(re.fullmatch(pattern, name) for name in RECORDED), pattern
