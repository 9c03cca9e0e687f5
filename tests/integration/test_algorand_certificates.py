"""Certificates from blocks that a development node serves: from its bytes to a verdict."""

import urllib.request
from base64 import b32decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from algosdk import encoding, transaction

from infrastructure.algorand.blocks import Block, read_block
from infrastructure.algorand.certificate_maker import (
    burned_lease_certificate,
    dead_slot_certificate,
    dead_slot_certificate_of_leaves,
    inclusion_certificate,
)
from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.verifier import Refused, SlotFacts, verify
from infrastructure.devnet.algod import Algod
from tests.algod_wallet import Wallet, funded, rich

WINDOW = 40
"""Rounds. As many as a network's policy is likely to have."""
LANDED, UNUSED, BURNED = b"a" * 32, b"b" * 32, b"c" * 32


@dataclass(frozen=True, slots=True)
class Told:
    """A window of a chain on which three leases were given out."""

    blocks: list[Block]
    issuer: Wallet
    facts: SlotFacts
    """Of the lease that landed."""
    asset: int

    def round_of(self, lease: bytes) -> Block:
        key = (self.facts.sender, lease)
        return next(block for block in self.blocks if key in block.leases)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with Algod(tmp_path_factory.mktemp("chain"), round_seconds=0) as node:
        yield tell(node)


def tell(node: Algod) -> Told:
    """Land a sponsored creation, burn a lease, leave one alone; pay now and then."""
    issuer, sponsor = funded(node), rich(node)
    first = node.tick(3) + 1
    last = first + WINDOW - 1
    made = creation(issuer, LANDED, first, last)
    paid = transaction.PaymentTxn(sponsor.address, valid(sponsor, first, last), issuer.address, 5)
    group = transaction.assign_group_id([paid, made])
    issuer.client.send_transactions([sponsor.sign(group[0]), issuer.sign(group[1])])
    node.tick(2)
    own = valid(issuer, first, last)
    cancel = transaction.PaymentTxn(issuer.address, own, issuer.address, 0, lease=BURNED)
    issuer.client.send_transaction(issuer.sign(cancel))
    while (latest := node.tick()) < last:
        for number in range(latest % 4):
            note = f"{latest} {number}"
            issuer.client.send_transaction(issuer.payment(sponsor.address, note=note.encode()))
    blocks = [read_block(answer(node, number)) for number in range(first, last + 1)]
    facts = SlotFacts(
        genesis_hash=node.genesis_hash,
        sender=bytes(encoding.decode_address(issuer.address)),
        lease=LANDED,
        first_round=first,
        last_valid=last,
        attempts=frozenset({txid(group[1])}),
    )
    asset: int = issuer.client.pending_transaction_info(group[1].get_txid())["asset-index"]
    return Told(blocks, issuer, facts, asset)


def valid(wallet: Wallet, first: int, last: int) -> transaction.SuggestedParams:
    params = wallet.params()
    params.first, params.last = first, last
    return params


def creation(wallet: Wallet, lease: bytes, first: int, last: int) -> transaction.AssetCreateTxn:
    return transaction.AssetCreateTxn(
        wallet.address,
        valid(wallet, first, last),
        1000,
        2,
        default_frozen=False,
        unit_name="GLD",
        asset_name="Gold Bond",
        lease=lease,
    )


def answer(node: Algod, number: int) -> bytes:
    request = urllib.request.Request(
        f"{node.url}/v2/blocks/{number}?format=msgpack", headers={"X-Algo-API-Token": node.token}
    )
    with urllib.request.urlopen(request, timeout=10) as said:
        raw: bytes = said.read()
    return raw


def txid(unsigned: transaction.Transaction) -> bytes:
    return b32decode(unsigned.get_txid() + "====")


def test_a_window_has_quiet_rounds_and_busy_ones(told: Told) -> None:
    assert len(told.blocks) == WINDOW
    assert {0, 1, 2, 3} <= {len(block.rows) for block in told.blocks}
    for before, block in zip(told.blocks, told.blocks[1:], strict=False):
        assert block.previous == before.hash


def test_a_sponsored_creation_is_proven(told: Told) -> None:
    block = told.round_of(LANDED)
    index = block.leases[told.facts.sender, LANDED]
    row = block.rows[index]
    assert (index, row.created, row.group) == (1, told.asset, block.rows[0].group)
    assert row.fields["apar"] == {"t": 1000, "dc": 2, "un": b"GLD", "an": b"Gold Bond"}
    blob = BlockEvidence.of([block.raw]).to_bytes()
    certificate = inclusion_certificate(BlockEvidence.from_bytes(blob), index)
    shown = verify(certificate, told.facts, block.hash)
    assert (shown["asset"], shown["round"]) == (told.asset, block.round)
    [attempt] = told.facts.attempts
    assert shown["hash"] == attempt.hex()


def test_a_cancelled_slot_is_burned(told: Told) -> None:
    block = told.round_of(BURNED)
    certificate = burned_lease_certificate(
        BlockEvidence.of([block.raw]), block.leases[told.facts.sender, BURNED]
    )
    shown = verify(certificate, replace(told.facts, lease=BURNED), block.hash)
    assert shown["round"] == block.round
    with pytest.raises(Refused):
        verify(certificate, told.facts, block.hash)


@pytest.mark.parametrize("make", [dead_slot_certificate, dead_slot_certificate_of_leaves])
def test_a_lease_that_nobody_used_is_proven_unused(told: Told, make: Any) -> None:
    first, last = told.facts.first_round, told.facts.last_valid
    never_sent = creation(told.issuer, UNUSED, first, last)
    facts = replace(told.facts, lease=UNUSED, attempts=frozenset({txid(never_sent)}))
    blob = BlockEvidence.of(block.raw for block in told.blocks).to_bytes()
    certificate = make(BlockEvidence.from_bytes(blob))
    trusted = told.blocks[-1].hash
    assert verify(certificate, facts, trusted)["rounds"] == [first, last]
    for other in (
        replace(facts, last_valid=last + 1),
        replace(facts, first_round=first - 1),
        replace(told.facts, lease=UNUSED),
    ):
        with pytest.raises(Refused):
            verify(certificate, other, trusted)


@pytest.mark.parametrize("lease", [LANDED, BURNED])
def test_a_lease_that_was_used_is_never_proven_unused(told: Told, lease: bytes) -> None:
    certificate = dead_slot_certificate(BlockEvidence.of(block.raw for block in told.blocks))
    facts = replace(told.facts, lease=lease, attempts=frozenset())
    with pytest.raises(Refused, match="was used"):
        verify(certificate, facts, told.blocks[-1].hash)


def test_the_certificate_of_a_window_is_smaller_than_its_blocks(told: Told) -> None:
    evidence = BlockEvidence.of(block.raw for block in told.blocks)
    assert len(dead_slot_certificate(evidence)) < sum(len(block.raw) for block in told.blocks)
