"""What recorded answers of a real algod are worth: golden tables, and what none may ever say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.algorand.answers import stable_part, verdict_of, worth_of
from infrastructure.algorand.pending import Dropped, Included, Waiting, pending_of

RECORDED = Path(__file__).parents[1] / "golden/node-answers/algorand"


def recorded(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((RECORDED / name).read_text("utf-8"))
    return rows


POSTS = recorded("posts.json")
PENDING = recorded("pending.json")
LANDED = {row["transaction"]: row["round"] for row in recorded("landed.json")}
NOT_RECORDED = "TransactionPool.Remember: transaction " + "A" * 52 + ": "


def by_bytes() -> Iterator[list[dict[str, Any]]]:
    """Group the recorded answers by the very bytes that they were given to."""
    for body in {row["body"] for row in POSTS if row["body"]}:
        yield [row for row in POSTS if row["body"] == body]


def landed(answers: list[dict[str, Any]]) -> bool:
    """Whether a block holds these bytes, and no others with the same transaction id."""
    ids = answers[0]["transactions"]
    rivals = {row["body"] for row in POSTS if row["transactions"] == ids}
    took = any(row["status"] == 200 for row in answers)
    return bool(ids) and LANDED.keys() >= set(ids) and (took or len(rivals) == 1)


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row["case"])
def test_a_recorded_answer_keeps_its_worth(row: dict[str, Any]) -> None:
    worth = worth_of(row["status"], row["message"])
    assert (worth.verdict, worth.alarm) == (row["verdict"], row.get("alarm", ""))
    assert verdict_of(row["status"], row["message"]) == row["verdict"]


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row["case"])
def test_neither_case_nor_what_follows_nor_a_missing_prefix_changes_the_worth(
    row: dict[str, Any],
) -> None:
    status, message = row["status"], row["message"]
    bare = message.removeprefix("TransactionPool.Remember: ")
    for said in (bare, message + ", and more", f"  {message}\n"):
        assert worth_of(status, said) == worth_of(status, message)
    if not re.search("[A-Z2-7]{52}|transaction {", message):
        assert worth_of(status, message.swapcase()) == worth_of(status, message)


def test_no_answer_to_bytes_that_landed_is_for_ever() -> None:
    fate = [answers for answers in by_bytes() if landed(answers)]
    assert len(fate) >= 14
    said = [(row["case"], row["verdict"]) for answers in fate for row in answers]
    assert {case for case, _ in said} >= {
        "lease-same-txn-confirmed",
        "lease-same-txn-dead",
        "dup-dead",
        "fee-congested",
        "archival-again",
    }
    assert [case for case, verdict in said if verdict == "refused-for-ever"] == []


def test_no_answer_to_bytes_that_any_node_took_is_for_ever() -> None:
    taken = [rows for rows in by_bytes() if any(row["status"] == 200 for row in rows)]
    said = {row["case"]: row["verdict"] for rows in taken for row in rows}
    assert {"later-refused", "early-refused", "pool-full", "dev-future"} <= said.keys()
    assert "refused-for-ever" not in said.values()


def test_known_already_is_also_said_of_bytes_that_lost() -> None:
    [lost] = [row for row in POSTS if row["case"] == "race-lease-b-at-once-again"]
    [won] = [row for row in POSTS if row["case"] == "race-lease-a-at-once-again"]
    assert lost["verdict"] == won["verdict"] == "already-known"
    assert [row["transactions"][0] in LANDED for row in (lost, won)] == [False, True]


def test_the_same_words_after_the_window_are_said_of_landed_and_of_lost_bytes() -> None:
    dead = [row for row in POSTS if row["case"] in {"dup-dead", "dup-dead-never"}]
    assert {row["transactions"][0] in LANDED for row in dead} == {True, False}
    assert {row["verdict"] for row in dead} == {"says-nothing"}


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "no such words",
        "the sky is blue",
        "ALREADY",
        "ledger: transaction already in ledger",
        "invalid",
        "transaction {Sig:[0]} invalid : no such reason",
        "transaction {name: invalid : signedtxn has no sig} is new to us",
        "transaction {name: invalid : signedtxn has no sig} invalid : no such reason",
        "txn dead",
        "txn dead: round x outside of y--z",
        "Bad Request",
        "<html>400 At least one signature didn't pass verification</html>",
        "operation not available during catchup",
    ],
)
@pytest.mark.parametrize("prefix", ["", "TransactionPool.Remember: ", NOT_RECORDED])
def test_an_unknown_wording_says_nothing(wording: str, prefix: str) -> None:
    said = prefix + wording
    known_words_after_it = f"{said} transaction already in ledger: no sig"
    for one in (said, said.upper(), said.lower(), known_words_after_it if wording else said):
        assert worth_of(400, one).verdict == "says-nothing"


@pytest.mark.parametrize("status", [0, 201, 301, 401, 403, 404, 405, 413, 429, 500, 502, 503])
def test_only_a_refusal_of_the_bytes_has_a_wording(status: int) -> None:
    for row in POSTS:
        assert verdict_of(status, row["message"]) == "says-nothing"


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_too_early_is_for_now_and_too_late_says_nothing(at: int, first: int, last: int) -> None:
    verdict = verdict_of(400, f"txn dead: round {at} outside of {first}--{last}")
    assert verdict == ("refused-for-now" if at < first else "says-nothing")


@given(st.text())
def test_any_words_have_a_worth(words: str) -> None:
    assert worth_of(400, words).verdict
    assert stable_part(words) in words


@pytest.mark.parametrize("name", ["invalid : signedtxn has no sig", "} invalid : signedtxn has"])
def test_a_name_in_a_dump_decides_nothing(name: str) -> None:
    said = "transaction {AssetName:" + name + " URL:} invalid : unheard-of"
    assert stable_part(said) == "invalid : unheard-of"
    assert worth_of(400, said).verdict == "says-nothing"


@pytest.mark.parametrize("row", PENDING, ids=lambda row: row["case"])
def test_a_recorded_pending_answer_keeps_what_it_tells(row: dict[str, Any]) -> None:
    match pending_of(row["answer"] if row["status"] == 200 else None):
        case Included(number=number):
            assert row["tells"] == ["included", number]
        case Waiting():
            assert row["tells"] == ["waiting"]
        case Dropped(error=error):
            assert row["tells"] == ["dropped", error]
        case None:
            assert row["tells"] is None


def test_every_wording_of_a_drop_is_for_now_or_says_nothing() -> None:
    drops = [row["tells"][1] for row in PENDING if row["tells"] and row["tells"][0] == "dropped"]
    verdicts = {stable_part(error)[:8]: verdict_of(400, error) for error in drops}
    assert set(verdicts.values()) == {"refused-for-now", "says-nothing"}


def test_what_a_node_does_not_find_may_be_in_a_block() -> None:
    unseen = {row["path"].rsplit("/", 1)[-1] for row in PENDING if row["status"] == 404}
    assert unseen & LANDED.keys()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "",
        7,
        {},
        {"confirmed-round": 5},
        {"pool-error": None},
        {"pool-error": "", "confirmed-round": None},
        {"pool-error": "", "confirmed-round": True},
        {"pool-error": "", "confirmed-round": 5.0},
        {"pool-error": "", "confirmed-round": "5"},
        {"pool-error": "", "confirmed-round": -1},
        {"pool-error": "", "confirmed-round": 2**64},
        {"message": "could not find the transaction"},
    ],
)
def test_a_malformed_pending_answer_says_nothing(answer: Any) -> None:
    assert pending_of(answer) is None
