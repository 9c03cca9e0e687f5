"""Our indexer is held to what a real one (3.9) answered of the chain that algod.json is of.

Two blocks of that chain are recorded whole: of them our answers are the real ones, byte for
byte. What needs more of a chain is played on our own, and has the same shape.
"""

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.algorand.encoding import text32, unpacked
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.upstream import Origin
from infrastructure.devnet.algorand_indexer.writing import add_block, block_hash
from infrastructure.devnet.indexer import Indexer
from tests import algod_submissions, algod_tokens
from tests.algod_compare import shape
from tests.algod_forge import Key, sign
from tests.algod_script import Script

GOLDEN = Path(__file__).parents[1] / "golden/node-answers/algorand"
NOBODY = "http://127.0.0.1:9"
"""No algod answers here: the database stays as it is."""
LATEST = 426
CLOSED = "-default-config"
PREFIX = "indexer-"
Case = dict[str, Any]


def cases(name: str) -> dict[str, Case]:
    read: list[Case] = json.loads((GOLDEN / name).read_text("utf-8"))
    return {case["id"].removeprefix(PREFIX): case for case in read}


RECORDED, ALGOD = cases("indexer.json"), cases("algod.json")
NOT_PLAYED = {
    "boxes|box|box-404": "what is in boxes stands in no block",
    "lag": "a measurement over minutes; that current-round stands still and jumps is tested beside",
}
PLAYED = {
    "health",
    "note-prefix",
    "note-prefix-inner",
    "note-prefix-short",
    "bad-param",
    "address-page",
    "after-time",
    "account",
    "account-assets",
    "assets-name",
    "asset-balances",
    "app",
    "app-logs",
    "block-headers",
}
"""Answers with more of the chain in them than the two blocks."""


def reason(name: str) -> str:
    return next((why for pattern, why in NOT_PLAYED.items() if re.fullmatch(pattern, name)), "")


EXACT = [name for name in RECORDED if name not in PLAYED and not reason(name)]


def ask(indexer: Indexer, path: str, query: dict[str, Any]) -> tuple[int, str, Any]:
    url = indexer.url + path + ("?" + urllib.parse.urlencode(query) if query else "")
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers["content-type"], json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], json.load(error)


def recorded_block(name: str) -> dict[str, Any]:
    block: dict[str, Any] = unpacked(base64.b64decode(ALGOD[name]["body"]["base64"]))["block"]
    return block


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Indexer]]:
    """Indexers of the real chain: one with everything enabled, one as it is shipped."""
    file = tmp_path_factory.mktemp("real") / "indexer.db"
    blocks = [recorded_block("block-msgpack"), recorded_block("block-asset-msgpack")]
    database, genesis = Database(file), blocks[0]["gh"]
    database.begin(Origin(hash=genesis, id=blocks[0]["gen"], balances={}))
    for block in blocks:
        add_block(database, block, genesis)
    with database.writing() as rows:
        rows.execute("UPDATE chain SET round = ?", (LATEST,))
    with (
        Indexer(file, NOBODY, "", all_enabled=True) as opened,
        Indexer(file, NOBODY, "", all_enabled=False) as closed,
    ):
        yield {True: opened, False: closed}


@pytest.mark.parametrize("name", EXACT)
def test_of_recorded_blocks_our_answer_is_the_real_one(
    real: dict[bool, Indexer], name: str
) -> None:
    recorded = RECORDED[name]
    request = recorded["request"]
    all_enabled = not name.endswith(CLOSED)
    status, kind, body = ask(real[all_enabled], request["path"], request.get("query", {}))
    assert (status, kind) == (recorded["status"], recorded["content_type"])
    assert body == recorded["body"]


def test_a_recorded_block_has_the_hash_that_algod_gave_it() -> None:
    named = ALGOD["block-hash"]["body"]["blockHash"]
    assert text32(block_hash(recorded_block("block-msgpack"))) == named


class Play:
    """A chain of ours with everything in it that the recorded answers are about."""

    def __init__(self, script: Script, cast: algod_submissions.Cast) -> None:
        algod_submissions.fund(script, cast)
        self.pay(script, cast, b"h1-")
        algod_tokens.assets(script, cast)
        algod_tokens.programs(script, cast)
        terms = {"t": 1000, "dc": 2, "un": "UNIT", "an": "Name", "au": "ipfs://x#arc3"}
        terms |= dict.fromkeys("mrfc", cast.alice.public)
        noted = script.transaction("acfg", cast.alice, apar=terms, note=b"h1-note-prefix/asset/")
        script.must(sign(noted, cast.alice))
        script.tick()
        self.pay(script, cast, b"last")
        self.cast, self.last = cast, script.last
        found = script.ask("GET", f"/v2/blocks/{cast.log_round - 1}", query={}).body["block"]
        self.inner_round = found["rnd"]

    def pay(self, script: Script, cast: algod_submissions.Cast, note: bytes) -> None:
        members = {"note": note, "lx": note.ljust(32, b"l")} if note != b"last" else {"note": note}
        script.must(sign(script.pay(cast.alice, cast.bob, **members), cast.alice))
        script.tick()

    def questions(self, indexer: Indexer) -> dict[str, tuple[str, dict[str, Any]]]:
        cast = self.cast
        calls = {"round": self.inner_round, "tx-type": "acfg"}
        _, _, body = ask(indexer, "/v2/transactions", calls)
        (inner,) = body["transactions"]
        alice, frozen = f"/v2/accounts/{cast.alice.address}", f"/v2/accounts/{cast.frozen.address}"
        prefix = base64.b64encode(b"h1-note-prefix/").decode()
        return {
            "health": ("/health", {}),
            "note-prefix": ("/v2/transactions", {"note-prefix": prefix}),
            "note-prefix-inner": (f"/v2/transactions/{inner['id']}", {}),
            "note-prefix-short": ("/v2/transactions", {"note-prefix": "aA==", "limit": 2}),
            "bad-param": ("/v2/transactions", {"foo": "1", "limit": 1}),
            "address-page": (f"{alice}/transactions", {"limit": 1}),
            "after-time": ("/v2/transactions", {"after-time": "2020-01-01T00:00:00Z", "limit": 1}),
            "account": (frozen, {}),
            "account-assets": (f"{frozen}/assets", {}),
            "assets-name": ("/v2/assets", {"name": "nAM", "limit": 1}),
            "asset-balances": (f"/v2/assets/{cast.asset}/balances", {}),
            "app": (f"/v2/applications/{cast.application}", {}),
            "app-logs": (f"/v2/applications/{cast.application}/logs", {}),
            "block-headers": ("/v2/block-headers", {"limit": 1}),
        }


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, Any]]:
    folder = tmp_path_factory.mktemp("played")
    with (
        Algod(folder / "algod", round_seconds=0) as node,
        Indexer(folder / "indexer.db", node.url, node.token) as indexer,
    ):
        alice, bob, frozen = sorted((Key(), Key(), Key()), key=lambda key: key.public)
        play = Play(Script(node), algod_submissions.Cast(alice=alice, bob=bob, frozen=frozen))
        indexer.wait_for(play.last)
        questions = play.questions(indexer)
        return {name: ask(indexer, *question) for name, question in questions.items()}


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_a_recorded_answer_has_the_shape_of_ours(
    said: dict[str, tuple[int, str, Any]], name: str
) -> None:
    recorded, (status, kind, body) = RECORDED[name], said[name]
    assert (status, kind) == (recorded["status"], recorded["content_type"])
    assert shape(body) == shape(recorded["body"])


def test_every_recorded_case_is_played_or_has_a_reason_not_to_be(
    said: dict[str, tuple[int, str, Any]],
) -> None:
    reasons = {name for name in RECORDED if reason(name)}
    assert set(said) == PLAYED
    assert set(RECORDED) - reasons >= PLAYED
    assert (len(RECORDED), len(EXACT), len(reasons)) == (58, 40, 4)
    for pattern in NOT_PLAYED:
        assert any(re.fullmatch(pattern, name) for name in RECORDED), pattern
