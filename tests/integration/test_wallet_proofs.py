"""Wallets sign in on a ledger where accounts are rekeyed for good, and no proof ever reaches it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from algosdk import transaction

from application.engine.chain import ChainUnavailable
from application.wallet_proofs import InvalidProof, WalletProof
from domain.values import Family
from infrastructure.algorand.wallet_proofs import DraftArc14, open_wallet_proofs
from infrastructure.devnet.algod import Algod
from infrastructure.networks import Catalogue, NetworkEntry, NodeEntry, PolicyEntry
from tests.algod_forge import ABSENT, Key, Txn, clean, encoded, sign
from tests.algod_script import Script
from tests.lying_algod import LyingAlgod, honest, lying, refused, said
from tests.lying_node import Drop
from tests.wallet_hands import (
    address_of,
    multisig,
    proof,
    public_of,
    signed_by,
    signed_together,
)

ALGO = 1_000_000


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Algod]:
    with Algod(tmp_path_factory.mktemp("algod"), round_seconds=0, nodes=2) as node:
        yield node


@dataclass
class World:
    script: Script
    nodes: list[LyingAlgod]
    """Two operators' own, that let the truth through until they are told otherwise."""
    checks: DraftArc14
    network: NetworkEntry

    def proof(self, sender: str, nonce: bytes) -> transaction.PaymentTxn:
        last = self.script.look()
        note, genesis = self.checks.note(nonce), self.script.node.genesis_hash
        return proof(sender, genesis, note, last, last + 1000, fee=1000)

    def signs_in(self, signed: bytes, nonce: bytes) -> WalletProof:
        return self.checks.check(self.network.reference, signed, nonce)

    def refuses(self, signed: bytes, nonce: bytes) -> str:
        with pytest.raises(InvalidProof) as refusal:
            self.signs_in(signed, nonce)
        return refusal.value.reason

    def funded(self) -> Key:
        key = Key()
        self.script.must(sign(self.script.pay(self.script.funder, key, 10 * ALGO), self.funder))
        self.script.tick()
        return key

    @property
    def funder(self) -> Key:
        return self.script.funder

    def rekey(self, account: Key, to: bytes, signer: Key) -> None:
        pay = self.script.pay(account, account, 0, rekey=to)
        self.script.must(sign(pay, signer))
        self.script.tick()


@pytest.fixture
def world(ledger: Algod) -> Iterator[World]:
    ledger.tick()
    with lying(ledger.urls[0], honest) as one, lying(ledger.urls[1], honest) as two:
        network = NetworkEntry(
            id="algorand",
            name="Algorand",
            family=Family.ALGORAND,
            genesis_hash="0x" + ledger.genesis_hash.hex(),
            nodes=(
                NodeEntry(url=one.url, operator="one", token="ours"),
                NodeEntry(url=two.url, operator="two", token="ours"),
            ),
            policy=PolicyEntry(required_operators=2, timeout=5),
        )
        tokens = {"ours": ledger.token}
        checks = open_wallet_proofs(Catalogue((network,)), tokens, "proofmint.example")
        yield World(Script(ledger), [one, two], checks, network)
        assert [node.submissions for node in (one, two)] == [[], []], "a proof is never sent"


def nonce() -> bytes:
    return secrets.token_bytes(32)


def test_an_account_signs_in_with_its_key_until_it_is_rekeyed_and_then_with_the_new_one(
    world: World,
) -> None:
    account, new, once = world.funded(), Key(), nonce()
    unsigned = world.proof(account.address, once)
    by_old, by_new = signed_by(unsigned, account), signed_by(unsigned, new)
    assert world.signs_in(by_old, once).kind == "single"
    assert "may sign" in world.refuses(by_new, once)

    world.rekey(account, new.public, account)
    assert "may sign" in world.refuses(by_old, once), "also a proof that was good before"
    found = world.signs_in(by_new, once)
    assert (found.kind, found.address) == ("rekeyed", account.public)

    world.rekey(account, account.public, new)
    assert world.signs_in(by_old, once).kind == "single"
    assert "may sign" in world.refuses(by_new, once)


def test_an_account_rekeyed_to_a_multisig_signs_in_with_two_of_three(world: World) -> None:
    account, keys, once = world.funded(), [Key(), Key(), Key()], nonce()
    shared = multisig(keys)
    world.rekey(account, public_of(shared), account)
    unsigned = world.proof(account.address, once)
    assert world.signs_in(signed_together(unsigned, shared, keys[1:]), once).kind == "rekeyed"
    assert "hold" in world.refuses(signed_together(unsigned, shared, keys[:1]), once)
    assert "may sign" in world.refuses(signed_by(unsigned, account), once)
    own = world.proof(address_of(shared), once)
    assert world.signs_in(signed_together(own, shared, keys[:2]), once).kind == "multisig"


def test_an_account_that_is_not_on_the_ledger_yet_signs_in_with_its_own_key(world: World) -> None:
    fresh, once = Key(), nonce()
    signed = signed_by(world.proof(fresh.address, once), fresh)
    assert world.signs_in(signed, once).address == fresh.public


def test_a_proof_ends_with_its_last_round(world: World) -> None:
    account, once = Key(), nonce()
    last = world.script.look()
    genesis, note = world.script.node.genesis_hash, world.checks.note(once)
    signed = signed_by(proof(account.address, genesis, note, last, last + 2), account)
    world.script.tick(2)
    assert world.signs_in(signed, once)
    world.script.tick()
    assert "over" in world.refuses(signed, once)


def test_a_proof_that_was_shown_is_in_no_pool_and_no_block(world: World) -> None:
    account, once = world.funded(), nonce()
    unsigned = world.proof(account.address, once)
    signed = signed_by(unsigned, account)
    world.signs_in(signed, once)
    world.script.tick(2)
    path = f"/v2/transactions/pending/{unsigned.get_txid()}"
    assert [world.script.ask("GET", path, node=node).status for node in (0, 1)] == [404, 404]
    # It could have been: whoever sees a proof can spend its fee.
    assert world.script.ask("POST", "/v2/transactions", signed).status == 200


def test_while_nodes_hide_a_rekeying_or_are_silent_nobody_signs_in(world: World) -> None:
    account, new, once = world.funded(), Key(), nonce()
    unsigned = world.proof(account.address, once)
    world.rekey(account, new.public, account)
    lies = {
        "an account of old": lambda asked, forward: (
            said({k: v for k, v in forward().json.items() if k != "auth-addr"})
            if "/accounts/" in asked.path
            else None
        ),
        "an error": lambda asked, _: refused(500, "no") if "/accounts/" in asked.path else None,
        "silence": lambda asked, _: drop() if "/accounts/" in asked.path else None,
    }
    for lie in lies.values():
        world.nodes[1].rule = lie
        for key in (account, new):
            with pytest.raises(ChainUnavailable):
                world.signs_in(signed_by(unsigned, key), once)
    world.nodes[1].rule = honest
    assert world.signs_in(signed_by(unsigned, new), once)


def drop() -> None:
    raise Drop


def test_a_signature_is_worth_here_what_it_is_worth_to_the_ledger(world: World) -> None:
    account, keys = world.funded(), [Key(), Key()]
    twice = multisig([keys[0], keys[0]])
    pay = world.script.pay(world.funder, keys[0], ALGO, rcv=public_of(twice))
    world.script.must(sign(pay, world.funder))
    world.script.tick()
    neutral = (1).to_bytes(32, "little")

    def once(signers: int) -> tuple[bytes, Txn]:
        number, sender = nonce(), public_of(twice)
        members = {"snd": sender, "rcv": sender, "note": world.checks.note(number)}
        whole = clean(world.script.pay(account, account, 0, **members))
        entry = {"pk": keys[0].public, "s": keys[0].signature(whole)}
        entries = [entry, entry if signers > 1 else {"pk": keys[0].public}]
        return number, {"msig": {"subsig": entries, "thr": 2, "v": 1}, "txn": whole}

    def alone(**over: object) -> tuple[bytes, Txn]:
        number = nonce()
        whole = world.script.pay(account, account, 0, note=world.checks.note(number))
        return number, sign(whole, account, **over)

    for (number, signed), good in (
        (once(2), True),
        (once(1), False),
        (alone(), True),
        (alone(sig=b"s" * 64), False),
        (alone(sig=ABSENT), False),
        (alone(sgnr=neutral, sig=neutral + bytes(32)), False),
    ):
        raw = encoded(signed)
        assert (world.script.ask("POST", "/v2/transactions", raw).status == 200) == good
        if good:
            assert world.signs_in(raw, number)
        else:
            world.refuses(raw, number)

    # One thing is refused here already that consensus v41 still takes and its next version not.
    number, signed = alone(sgnr=account.public)
    assert world.script.ask("POST", "/v2/transactions", encoded(signed)).status == 200
    assert "again" in world.refuses(encoded(signed), number)
