"""The indexer on blocks made by hand: what our own ledger makes seldom or never."""

import base64
from pathlib import Path
from typing import Any

import pytest

from infrastructure.devnet.algorand.answer import Answer, Asked
from infrastructure.devnet.algorand.surface import Surface
from infrastructure.devnet.algorand_indexer.accounts import Accounts
from infrastructure.devnet.algorand_indexer.database import Database
from infrastructure.devnet.algorand_indexer.payset import entries
from infrastructure.devnet.algorand_indexer.transactions import Transactions
from infrastructure.devnet.algorand_indexer.upstream import Origin
from infrastructure.devnet.algorand_indexer.writing import add_block
from tests.algod_forge import Key, Txn, id_of
from tests.stand_in_chain import (
    GENESIS,
    GENESIS_ID,
    PLENTY,
    POOL,
    RICH,
    SINK,
    StandInChain,
    row,
    sent,
)

FEE = 1000


class Told:
    """An indexer's answers without a process."""

    def __init__(self, file: Path, chain: StandInChain) -> None:
        database = Database(file)
        balances = {RICH.public: PLENTY, POOL.public: PLENTY}
        database.begin(Origin(hash=GENESIS, id=GENESIS_ID, balances=balances))
        for block in chain.blocks:
            add_block(database, block, GENESIS)
        routes = [*Transactions(database, all_enabled=True).routes(), *Accounts(database).routes()]
        self._surface = Surface(0, "", routes, lambda: None)
        self._surface.server_close()

    def ask(self, path: str, **query: Any) -> Answer:
        given = {name.replace("_", "-"): str(value) for name, value in query.items()}
        return self._surface.answer(Asked(method="GET", path=path, query=given))

    def search(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.ask("/v2/transactions", **query)
        assert answer.status == 200, answer
        found: list[dict[str, Any]] = answer.body["transactions"]
        return found

    def account(self, key: Key) -> dict[str, Any]:
        shown: dict[str, Any] = self.ask(f"/v2/accounts/{key.address}").body["account"]
        return shown


@pytest.fixture
def chain() -> StandInChain:
    return StandInChain()


def inner(kind: str, **members: Any) -> Txn:
    return {"txn": {"type": kind, "snd": b"i" * 32, "fv": 1, "lv": 9, **members}}


def test_an_id_is_whole_again_with_and_without_the_name_of_the_genesis(
    tmp_path: Path, chain: StandInChain
) -> None:
    members = {"rcv": SINK.public, "amt": 5}
    chain.add(row("pay", RICH, **members), row("pay", RICH, names=False, **members))
    told = Told(tmp_path / "x.db", chain)
    named, unnamed = sent("pay", RICH, **members), sent("pay", RICH, names=False, **members)
    assert [one["id"] for one in told.search()] == [id_of(named), id_of(unnamed)]


def test_what_a_proposer_is_paid_is_a_transaction_that_no_block_holds(
    tmp_path: Path, chain: StandInChain
) -> None:
    proposer = Key()
    chain.add(row("pay", RICH, rcv=SINK.public, amt=9000), prp=proposer.public, pp=4000)
    told = Told(tmp_path / "x.db", chain)
    _, payout = told.search(round=1)
    assert base64.b64decode(payout["note"]) == b"ProposerPayout for Round 1"
    assert payout["payment-transaction"]["receiver"] == proposer.address
    assert payout["signature"] == {}
    assert told.account(proposer)["amount"] == 4000
    assert told.account(SINK)["amount"] == 9000 + FEE - 4000
    assert [one["id"] for one in told.search(address=proposer.address)] == [payout["id"]]


def test_rewards_and_closings_move_what_the_block_says(tmp_path: Path, chain: StandInChain) -> None:
    leaver, last = Key(), Key()
    chain.add(row("pay", RICH, rcv=leaver.public, amt=1_000_000))
    close = {"rcv": RICH.public, "amt": 10, "close": last.public, "ca": 999_997}
    chain.add(row("pay", leaver, **close, rs=FEE + 7, rr=20, rc=30))
    told = Told(tmp_path / "x.db", chain)
    assert told.ask(f"/v2/accounts/{leaver.address}").status == 404
    assert told.account(last)["amount"] == 999_997 + 30
    assert told.account(RICH)["rewards"] == 20
    assert told.account(POOL)["amount"] == PLENTY - FEE - 7 - 50
    amounts = [told.account(key)["amount"] for key in (last, RICH, POOL, SINK)]
    assert sum(amounts) == 2 * PLENTY


def test_inner_transactions_count_in_their_order_and_are_found_by_their_own(
    tmp_path: Path, chain: StandInChain
) -> None:
    deep = inner("appl", apid=7, dt={}) | {"dt": {"itx": [inner("pay", amt=1)], "lg": ["deep"]}}
    first = row("appl", RICH, apid=5, dt={"itx": [deep, inner("pay", amt=2)], "lg": ["outer"]})
    chain.add(first, row("pay", RICH, rcv=SINK.public))
    placed = [(one.intra, one.root) for one in entries(chain.blocks[-1], GENESIS)]
    assert placed == [(0, None), (1, 0), (2, 0), (3, 0), (4, None)]
    told = Told(tmp_path / "x.db", chain)
    outer, plain = told.search()
    assert (outer["intra-round-offset"], plain["intra-round-offset"]) == (0, 4)
    assert told.search(application_id=7) == told.search(application_id=5) == [outer]
    answer = told.ask("/v2/transactions", address=Key(b"").address).body
    assert answer["transactions"] == []
    found = told.ask("/v2/transactions", limit=1).body
    after = told.ask("/v2/transactions", next=found["next-token"]).body
    assert after["transactions"] == [plain]
    said = told.ask("/v2/applications/7/logs").body["log-data"]
    assert said == [{"logs": [base64.b64encode(b"deep").decode()], "txid": outer["id"]}]


def test_zeros_are_said_to_be_nothing(tmp_path: Path, chain: StandInChain) -> None:
    chain.add(row("pay", RICH, rcv=SINK.public, note=bytes(8)), row("pay", RICH))
    told = Told(tmp_path / "x.db", chain)
    noted, _ = told.search()
    assert "note" not in noted
    assert told.search(note_prefix=base64.b64encode(bytes(2)).decode()) == [noted]
    assert told.search(currency_greater_than=0) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"round": 1, "min_round": 1}, "cannot specify round and min-round/max-round"),
        (
            {"address_role": "x"},
            "unknown address role [valid roles: sender, receiver, freeze-",
        ),
        ({"address_role": "sender"}, "searching transactions by zero address with asset sender"),
        ({"address_role": "receiver"}, "searching transactions by zero address with close address"),
        ({"group_id": "AAAA"}, "bad length for group ID: 'group-id'"),
        ({"sig_type": "x"}, "unknown sig-type [valid types: sig, msig, lsig]: 'x'"),
        (
            {"txid": "a", "note_prefix": "?"},
            "unable to parse base32 digest data 'txid': illegal",
        ),
        ({"min_round": 2**63}, "searching by round or application-id or asset-id or filter by val"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, chain: StandInChain, query: dict[str, Any], said: str
) -> None:
    answer = Told(tmp_path / "x.db", chain).ask("/v2/transactions", **query)
    assert answer.status == 400
    assert answer.body["message"].startswith("invalid input: " + said)


def test_what_no_database_holds_is_not_found(tmp_path: Path, chain: StandInChain) -> None:
    told = Told(tmp_path / "x.db", chain)
    for name in ("asset_id", "application_id", "round"):
        assert told.ask("/v2/transactions", **{name: 2**63}).status == 404
        assert told.ask("/v2/transactions", **{name: 2**64}).status == 400
    both = told.ask("/v2/transactions", asset_id=1, application_id=2)
    assert (both.status, both.body["message"][:38]) == (
        500,
        "error while searching for transaction:",
    )


def test_each_kind_of_signature_is_found_and_shown(tmp_path: Path, chain: StandInChain) -> None:
    many = {"v": 1, "thr": 1, "subsig": [{"pk": b"k" * 32, "s": b"s" * 64}, {"pk": b"j" * 32}]}
    base = row("pay", RICH, rcv=SINK.public)
    bare = {name: value for name, value in base.items() if name != "sig"}
    chain.add(
        base,
        {**bare, "msig": many},
        {**bare, "lsig": {"l": b"\x01", "arg": [b"a"], "msig": many}, "sgnr": b"k" * 32},
    )
    told = Told(tmp_path / "x.db", chain)
    signed, shared, program = (
        told.search(sig_type=kind)[0]["signature"] for kind in ("sig", "msig", "lsig")
    )
    assert set(signed) == {"sig"}
    assert [len(one) for one in shared["multisig"]["subsignature"]] == [2, 1]
    assert program["logicsig"]["multisig-signature"] == shared["multisig"]
    assert told.account(RICH)["sig-type"] == "msig"


def test_offices_given_up_are_not_filled_again(tmp_path: Path, chain: StandInChain) -> None:
    offices = dict.fromkeys("mrf", RICH.public)
    chain.add(row("acfg", RICH, apar={"t": 5, **offices}, made=77))
    chain.add(row("acfg", RICH, caid=77, apar={"m": RICH.public, "f": RICH.public}))
    chain.add(row("acfg", RICH, caid=77, apar={**offices, "c": RICH.public}))
    (asset,) = Told(tmp_path / "x.db", chain).account(RICH)["created-assets"]
    zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ"
    params = asset["params"]
    assert params["manager"] == params["freeze"] == RICH.address
    assert params["reserve"] == params["clawback"] == zero
    assert params["total"] == 5


def test_tables_of_another_release_are_made_anew(tmp_path: Path, chain: StandInChain) -> None:
    Told(tmp_path / "x.db", chain)
    file = tmp_path / "x.db"
    kept = Database(file).tip()
    assert kept is not None
    assert kept.round == 0
    with Database(file).writing() as rows:
        rows.execute("PRAGMA user_version = 1")
    assert Database(file).tip() is None
