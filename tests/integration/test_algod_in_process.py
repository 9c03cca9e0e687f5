"""What a chain of thousands of rounds would show, and crashes at chosen points."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.devnet.algod import TREASURY
from infrastructure.devnet.algorand import lookup, reads, transactions
from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.binary import Refused
from infrastructure.devnet.algorand.blocks import Blocks
from infrastructure.devnet.algorand.encoding import unpacked
from infrastructure.devnet.algorand.faults import Faults
from infrastructure.devnet.algorand.genesis import GENESIS_ID, Genesis
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.node import Node
from infrastructure.devnet.algorand.rounds import Rounds
from infrastructure.devnet.algorand.wording import amount
from tests.algod_forge import Key, encoded, sign

RICH = Key(bytes(range(32)))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path, Genesis.make({RICH.address: 10**12, TREASURY: 10**12}))
    yield opened
    opened.close()


def payment(ledger: Ledger, note: bytes = b"", rounds: int = 100) -> bytes:
    return encoded(
        sign(
            {
                "type": "pay",
                "snd": RICH.public,
                "rcv": RICH.public,
                "amt": 1,
                "fee": 1000,
                "fv": ledger.latest,
                "lv": ledger.latest + rounds,
                "gen": GENESIS_ID,
                "gh": ledger.genesis_hash,
                "note": note,
            },
            RICH,
        )
    )


def get(path: str = "/") -> Asked:
    return Asked(method="GET", path=path)


def test_a_node_forgets_ids_but_not_blocks(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(ledger, Faults())
    asked = transactions.Transactions(node)
    name = node.submit(payment(ledger))
    Rounds(ledger, [node], 0).tick(3)
    assert asked.pending(get(), name)["confirmed-round"] == 2
    monkeypatch.setattr(transactions, "REMEMBERED", 2)
    with pytest.raises(Failed, match="last 1000 confirmed rounds"):
        asked.pending(get(), name)
    assert Blocks(ledger, 0).txids(get(), "2") == {"blockTxids": [name]}


@pytest.mark.parametrize("retention", [1, 3])
def test_a_node_serves_as_many_blocks_as_it_keeps(ledger: Ledger, retention: int) -> None:
    for _ in range(5):
        ledger.advance(b"")
    blocks = Blocks(ledger, retention)
    oldest = ledger.latest - retention
    assert blocks.block(get(), str(oldest))["block"]["rnd"] == oldest
    for gone in (oldest - 1, ledger.latest + 1):
        with pytest.raises(Failed, match="failed to retrieve information from the ledger"):
            blocks.block(get(), str(gone))


def test_waiting_ends_without_a_round(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "LONGEST_WAIT", 0.2)
    node = Node(ledger, Faults())
    asked = reads.Reads(node, Rounds(ledger, [node], 0), "")
    assert asked.wait(get(), "1")["last-round"] == 1
    assert asked.wait(get(), "1000000")["last-round"] == 1


def test_a_crash_before_a_round_is_read_loses_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genesis = Genesis.make({RICH.address: 10**12})
    ledger = Ledger(tmp_path, genesis)
    transfer = payment(ledger, b"crash")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "_keep", crash)
    with pytest.raises(KeyboardInterrupt):
        ledger.advance(transfer)
    ledger.close()
    (tmp_path / "work-left-over").mkdir()
    again = Ledger(tmp_path, genesis)
    block = again.chain.block(again.latest)
    assert again.latest == 2
    assert block is not None
    assert len(block.rows) == 1
    assert again.chain.account(RICH.public)["algo"] == 10**12 - 1000
    with pytest.raises(Refused, match="already in ledger"):
        again.advance(transfer)
    assert [path.name for path in tmp_path.glob("work-*")] == []
    assert len(list(tmp_path.glob("round-*"))) == 1
    again.close()


def test_a_refused_round_changes_nothing(ledger: Ledger) -> None:
    before = ledger.latest
    spoiled = bytearray(payment(ledger))
    spoiled[10] ^= 1
    with pytest.raises(Refused, match="signature"):
        ledger.advance(bytes(spoiled))
    with pytest.raises(Refused):
        ledger.advance(payment(ledger) * 2)
    assert ledger.latest == before
    assert ledger.advance(b"").round == before + 1


def test_whoever_looks_accounts_up_leaves_no_trace(ledger: Ledger) -> None:
    ledger.advance(payment(ledger))
    total = ledger.chain.total()
    with ledger.aside() as work:
        found = lookup.look_up(
            ledger.binary, work, [RICH.public, bytes(31) + b"\1"], 2, ledger.genesis_hash
        )
    assert found == {RICH.public: ledger.chain.account(RICH.public), bytes(31) + b"\1": {}}
    ledger.advance(b"")
    assert ledger.chain.total() == total
    assert "txns" not in unpacked(ledger.chain.block(3).body)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "0.0A"),
        (999, "999uA"),
        (1000, "1mA"),
        (1999, "1.999mA"),
        (299_000, "299mA"),
        (2_000_000, "2A"),
        (9_999_001, "9.999001A"),
        (197_952_967, "197.952967A"),
        (10**15, "1000000000A"),
    ],
)
def test_amounts_are_written_as_they_were_recorded(micro: int, text: str) -> None:
    assert amount(micro) == text
