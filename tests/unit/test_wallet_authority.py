"""Who may sign for an account is what enough operators state; where they do not, nobody may."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from application.engine.chain import ChainUnavailable
from application.wallet_proofs import InvalidProof
from domain.values import Family
from infrastructure.algorand.node import NodeRefused
from infrastructure.algorand.nodes import NEAR
from infrastructure.algorand.wallet_proofs import DraftArc14, open_wallet_proofs
from infrastructure.networks import BadCatalogue, Catalogue, NetworkEntry, NodeEntry, PolicyEntry
from tests.wallet_hands import (
    GENESIS,
    HEAD,
    NETWORK,
    NEW,
    NONCE,
    NOTE,
    REALM,
    SINGLE,
    STRANGER,
    WALLET,
    ScriptedAlgod,
    by_hand,
    by_hand_as,
    proofs,
    proven,
    refused,
    signed_by,
    unsigned,
)

ROOT = Path(__file__).parents[2]
BY_NEW = signed_by(unsigned(), NEW)


def undecided(checks: DraftArc14, signed: bytes = SINGLE) -> str:
    with pytest.raises(ChainUnavailable) as silence:
        proven(checks, signed)
    return str(silence.value)


@pytest.mark.parametrize("signed", [SINGLE, BY_NEW], ids=["its own key", "another key"])
@pytest.mark.parametrize(
    "node",
    [
        ScriptedAlgod(error=ChainUnavailable("one did not answer")),
        ScriptedAlgod(error=NodeRefused(500, "internal")),
        ScriptedAlgod(error=NodeRefused(404, "no such account")),
        ScriptedAlgod(genesis=b"O" * 32),
        ScriptedAlgod(still=61),
        ScriptedAlgod(more={"address": STRANGER.address}),
        ScriptedAlgod(more={"address": None}),
        ScriptedAlgod(at=HEAD - NEAR - 1),
        ScriptedAlgod(more={"round": "5000"}),
        ScriptedAlgod(authority=""),
        ScriptedAlgod(authority=7),
        ScriptedAlgod(authority=WALLET.address[:-1] + "A"),
        ScriptedAlgod(more={"auth-addr": None}),
        ScriptedAlgod(head=-1),
    ],
    ids=[
        "silent",
        "broken",
        "not found",
        "another chain",
        "stands still",
        "another account",
        "no account",
        "long ago",
        "no round",
        "no signer",
        "a number for a signer",
        "a wrong checksum",
        "null for a signer",
        "no head",
    ],
)
def test_where_no_node_can_tell_nobody_signs_in(node: ScriptedAlgod, signed: bytes) -> None:
    undecided(proofs(node), signed)


def test_one_voice_is_too_few_where_two_are_required() -> None:
    silent = ScriptedAlgod("two", error=ChainUnavailable("two did not answer"))
    assert "2 operators have to agree" in undecided(proofs(ScriptedAlgod(), silent, required=2))
    same = ScriptedAlgod("one")
    assert "2 are required" in undecided(proofs(ScriptedAlgod(), same, required=2))


def test_two_that_agree_decide_over_one_that_is_silent_or_lies() -> None:
    for third in (
        ScriptedAlgod("three", error=NodeRefused(503, "catching up")),
        ScriptedAlgod("three", authority=STRANGER.address),
        ScriptedAlgod("three", genesis=b"O" * 32),
    ):
        one, two = ScriptedAlgod("one"), ScriptedAlgod("two")
        assert proven(proofs(third, one, two, required=2), SINGLE).kind == "single"


def test_operators_that_contradict_each_other_decide_nothing() -> None:
    one, two = ScriptedAlgod("one"), ScriptedAlgod("two", authority=NEW.address)
    for signed in (SINGLE, BY_NEW):
        for required in (1, 2):
            assert "one against two" in undecided(proofs(one, two, required=required), signed)
    both = ScriptedAlgod("one", authority=NEW.address)
    assert "against" in undecided(proofs(one, both), SINGLE)


def test_operators_that_agree_on_a_new_key_decide_for_it() -> None:
    told = [ScriptedAlgod(name, authority=NEW.address) for name in ("one", "two")]
    assert proven(proofs(*told, required=2), BY_NEW).kind == "rekeyed"
    assert "may sign" in refused(proofs(*told, required=2), SINGLE)


def test_an_account_that_was_rekeyed_back_is_its_own() -> None:
    assert proven(proofs(ScriptedAlgod(authority=WALLET.address)), SINGLE).kind == "single"


def test_nodes_that_differ_in_time_decide_nothing() -> None:
    far = [ScriptedAlgod("one"), ScriptedAlgod("two", head=HEAD + NEAR + 1)]
    assert "at rounds" in undecided(proofs(*far, required=2))
    near = [ScriptedAlgod("one"), ScriptedAlgod("two", head=HEAD + NEAR)]
    assert proven(proofs(*near, required=2), SINGLE)


def test_a_statement_may_be_as_old_as_nodes_may_be_apart() -> None:
    assert proven(proofs(ScriptedAlgod(at=HEAD - NEAR)), SINGLE)


def test_the_time_is_what_enough_operators_have_reached() -> None:
    nodes = [ScriptedAlgod("one", head=HEAD - 1), ScriptedAlgod("two", head=HEAD + 1)]
    last = by_hand(fv=HEAD - 10, lv=HEAD - 1)
    assert proven(proofs(*nodes, required=2), last)
    assert "over" in refused(proofs(*nodes), last)


def test_a_bad_proof_is_refused_also_where_no_node_answers() -> None:
    silent = ScriptedAlgod(error=ChainUnavailable("silent"), still=600)
    assert "hold" in refused(proofs(silent), by_hand_as(sgnr=NEW.public))


# ---- what it is opened with


def entry(**more: Any) -> NetworkEntry:
    node = NodeEntry(url="http://127.0.0.1:9", operator="ours", token="algod")
    told: dict[str, Any] = {
        "id": "algorand",
        "name": "Algorand",
        "family": Family.ALGORAND,
        "genesis_hash": "0x" + GENESIS.hex(),
        "nodes": (node,),
        "policy": PolicyEntry(required_operators=1, timeout=1),
    }
    return NetworkEntry(**told | more)


def test_every_algorand_network_of_the_catalogue_is_opened_and_no_other() -> None:
    plain = NodeEntry(url="http://127.0.0.1:9", operator="ours")
    evm = entry(id="evm", family=Family.EVM, chain_id=5, nodes=(plain,))
    checks = open_wallet_proofs(Catalogue((entry(), evm)), {"algod": "secret"}, REALM)
    assert checks.note(NONCE) == NOTE
    with pytest.raises(ChainUnavailable, match="ours did not answer") as silence:
        checks.check(NETWORK, SINGLE, NONCE)
    assert "secret" not in str(silence.value)
    with pytest.raises(InvalidProof, match="this network"):
        checks.check(evm.reference, SINGLE, NONCE)


def test_a_node_whose_token_is_not_set_is_told_at_once() -> None:
    with pytest.raises(BadCatalogue, match="wants the token algod"):
        open_wallet_proofs(Catalogue((entry(),)), {}, REALM)


@pytest.mark.parametrize("realm", ["", " ", "a b", "a#b", "a:b", "müll", "a\n", "a\x7f"])
def test_a_realm_names_the_service_and_nothing_else(realm: str) -> None:
    with pytest.raises(ValueError, match="realm"):
        DraftArc14({}, realm)


def test_the_api_can_load_it_without_a_library_of_a_chain() -> None:
    loads = (
        "import sys, infrastructure.algorand.wallet_proofs\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}\n"
        "    & {'algosdk', 'web3', 'eth_abi', 'eth_account', 'eth_keys', 'nacl'}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
