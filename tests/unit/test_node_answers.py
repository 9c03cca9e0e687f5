"""What recorded answers of real nodes are worth: a golden table, and what none may ever say."""

import json
from pathlib import Path

import pytest

from infrastructure.evm.answers import verdict_of

RECORDED = json.loads(
    (Path(__file__).parents[1] / "golden/node-answers/evm-submissions.json").read_text("utf-8")
)


@pytest.mark.parametrize("number", range(len(RECORDED)))
def test_a_recorded_answer_keeps_its_verdict(number: int) -> None:
    row = RECORDED[number]
    assert verdict_of(row["code"], row["wording"]) == row["verdict"]


@pytest.mark.parametrize(
    "wording",
    [
        "already known",
        "nonce too low: next nonce 9, tx nonce 3",
        "replacement transaction underpriced",
        "transaction already imported",
        "insufficient funds for gas * price + value",
        "txpool is full",
    ],
)
def test_what_nodes_say_of_bytes_that_landed_is_never_for_ever(wording: str) -> None:
    assert verdict_of(-32000, wording) != "refused-for-ever"


@pytest.mark.parametrize("wording", ["", "no such words", "ALREADY", "the sky is blue"])
@pytest.mark.parametrize("code", [-32000, -32003, 0, 3])
def test_an_unknown_wording_says_nothing(code: int, wording: str) -> None:
    assert verdict_of(code, wording) == "says-nothing"
