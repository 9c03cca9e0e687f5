"""Blocks as nodes serve them: recorded ones are read whole, and hostile ones are refused."""

import json
from base64 import b32encode, b64decode
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infrastructure.algorand.blocks import Block, read_block
from infrastructure.algorand.verifier.primitives import sha512_256
from tests.algorand_blocks import (
    GENESIS,
    Chain,
    answered,
    creation,
    payment,
    row,
    signed_over,
    spell,
    txid,
)
from tests.algorand_verdicts import GOLDEN

BLOCKS = json.loads((GOLDEN / "blocks-algorand.json").read_text("utf-8"))
ANSWERS = [b64decode(block["response"]) for block in BLOCKS]
US, LEASE, GROUP = b"c" * 32, b"L" * 32, b"g" * 32


def read(*rows: dict[str, Any], **header: Any) -> Block:
    return read_block(answered(Chain(next_round=7).add(*rows, **header)))


@pytest.mark.parametrize("recorded", BLOCKS, ids=lambda block: block["round"])
def test_recorded_blocks_have_the_hash_and_the_ids_that_algod_gives(
    recorded: dict[str, Any],
) -> None:
    block = read_block(b64decode(recorded["response"]))
    assert (block.round, block.hash.hex()) == (recorded["round"], recorded["hash"])
    assert [spelled(one.txid) for one in block.rows] == recorded["txids"]
    assert block.hash == sha512_256(b"BH" + block.header)


def spelled(transaction_id: bytes) -> str:
    return b32encode(transaction_id).decode().rstrip("=")


def test_neighbours_of_the_chain_name_each_other() -> None:
    blocks = {block.round: block for block in map(read_block, ANSWERS)}
    followed = [number for number in blocks if number + 1 in blocks]
    assert followed
    for number in followed:
        assert blocks[number + 1].previous == blocks[number].hash


def test_a_row_tells_what_was_signed_and_what_it_did() -> None:
    made = creation(US, lx=LEASE, grp=GROUP, note=b"n", apar={"t": 5, "an": "One", "df": True})
    block = read(row(payment(grp=GROUP)), row(made, caid=77, hgi=True))
    sponsor, one = block.rows
    assert (block.round, block.genesis_hash, block.timestamp) == (7, GENESIS, 1_700_000_007)
    assert (one.index, one.type, one.sender, one.lease) == (1, "acfg", US, LEASE)
    assert (one.first_valid, one.last_valid, one.group, one.note) == (1, 50, GROUP, b"n")
    assert (one.created, one.created_application) == (77, None)
    assert one.fields["apar"] == {"t": 5, "an": b"One", "df": True}
    assert one.raw == spell(row(made, caid=77, hgi=True))
    assert one.transaction == signed_over(made, named=True)
    assert one.txid == txid(made, named=True)
    assert (sponsor.lease, sponsor.group, sponsor.note, sponsor.created) == (None, GROUP, b"", None)
    assert block.leases == {(US, LEASE): 1}


def test_an_application_is_told_apart_from_an_asset() -> None:
    made = payment(type="appl", apap=b"\x0a")
    call = payment(type="appl", apid=9)
    nested = {"itx": [{"txn": creation(), "caid": 8}]}
    block = read(row(made, apid=9), row(call, dt=nested), row(creation(caid=7)))
    assert [(one.created, one.created_application) for one in block.rows] == [
        (None, 9),
        (None, None),
        (None, None),
    ]


def test_names_that_are_no_text_are_read_as_they_are() -> None:
    """The chain takes them, and JSON of a block replaces their bytes."""
    made = creation(apar={"an": b"\xff\xfe\x00x".decode(errors="surrogateescape")})
    [one] = read(row(made, caid=5)).rows
    assert one.fields["apar"] == {"an": b"\xff\xfe\x00x"}
    assert one.txid == txid(made)


def test_what_transactions_may_have_one_day_hides_no_lease() -> None:
    """A stranger's transaction of a new kind must not make a window unreadable."""
    new = {1: True, "b\xe9": [-5, None, {}], "short": -1}
    block = read(row(payment(type="n\xe9w", new=new)), row(payment(lx=LEASE)))
    assert block.rows[0].fields["new"] == {
        "1": True,
        "b\\xc3\\xa9": [b"\xd3" + b"\xff" * 7 + b"\xfb", None, {}],
        "short": b"\xd3" + b"\xff" * 8,
    }
    assert block.rows[0].type == "n\\xc3\\xa9w"
    assert block.leases == {(b"p" * 32, LEASE): 1}


def test_a_block_is_kept_without_the_votes_beside_it() -> None:
    raw = Chain().add(row(payment()))
    for answer in (answered(raw), b"\x81\xa5block" + raw):
        assert read_block(answer).raw == raw


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x80",
        b"{}",
        b"\xc0",
        b"\x81\xa4cert\x80",
        b"\x81\xa5block\x80",
        b"\x81\xa5block\x05",
        b"\x81\xa5block" + b"\x91" * 100_000,
        b"\x81\xa5block\xdf\xff\xff\xff\xff",
        b"\x81\xa5block\x81\xa4txns\xdd\xff\xff\xff\xff",
        b"\x82\xa5block\x80\xa5block\x80",
        b"\x82\xa5block\x80\xa5other\x80",
    ],
)
def test_what_is_no_block_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError, match="not a block"):
        read_block(answer)


@pytest.mark.parametrize(
    "one",
    [
        row(payment(b"short")),
        row(payment(lx=b"short")),
        row(payment(grp=b"g" * 33)),
        row(payment(note=5)),
        row(payment(lv=b"5")),
        row(payment(type=5)),
        row({"type": "pay", "lv": 5}),
        row({"snd": US, "lv": 5}),
        row(payment(gh=GENESIS)),
        row(payment(gen="other")),
        row(payment(), hgh=True),
        row(payment(), hgi=False),
        row(payment(type="acfg"), caid="x"),
    ],
    ids=str,
)
def test_a_row_that_the_chain_does_not_write_is_refused(one: dict[str, Any]) -> None:
    """The header commits to it, so only its form can be wrong."""
    with pytest.raises(ValueError):
        read(one)


@pytest.mark.parametrize(
    "header",
    [{"gh": b"short"}, {"prev": b"short"}, {"rnd": "7"}, {"rnd": b"7"}, {"ts": True}, {"rnd": 0}],
    ids=str,
)
def test_a_header_that_the_chain_does_not_write_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a block"):
        read(row(payment()), **header)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ANSWERS), st.data())
def test_a_changed_byte_is_another_block_or_none(answer: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(answer) - 1))
    changed = bytearray(answer)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        block = read_block(bytes(changed))
    except ValueError:
        return
    true = read_block(answer)
    assert block.raw == true.raw or block.hash != true.hash


@settings(max_examples=300, deadline=None)
@example(b"\x81\xa5block\xde")
@given(st.binary(max_size=60).map(lambda noise: b"\x81\xa5block" + noise))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(ValueError, match="not a block"):
        read_block(noise)
