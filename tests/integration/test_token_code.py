"""What a creation leaves on a real chain, to the byte, and what its block proves of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from eth_account import Account

from infrastructure.addresses import create_address
from infrastructure.devnet.anvil import Anvil
from infrastructure.evm.certificate_maker import (
    block_evidence_from_json,
    encode_header,
    inclusion_certificate,
    transfer_certificate,
)
from infrastructure.evm.conformity import conforming_logs
from infrastructure.evm.evidence import BlockEvidence
from infrastructure.evm.token_code import (
    TokenCodeTerms,
    creation_code,
    expected_logs,
    expected_runtime_code,
)
from infrastructure.evm.verifier import Refused, SlotFacts, verify
from infrastructure.evm.verifier.certificate import canonical
from infrastructure.evm.verifier.primitives import keccak256

MOST = 2**256 - 1
TERMS = TokenCodeTerms(
    name="Gold Bond",
    symbol="GLD",
    decimals=6,
    cap=5_000_000,
    initial_supply=1_000_000,
    receiver=b"\xee" * 20,
    owner=b"\xaa" * 20,
    deployment_id=bytes(range(16)),
)
EDGES = [
    replace(TERMS, name="N", decimals=0),
    replace(TERMS, name="N" * 31, decimals=18),
    replace(TERMS, name="N" * 32, symbol="S" * 32),
    replace(TERMS, name="N" * 50, symbol="S" * 50, decimals=255),
    replace(TERMS, name="漢字 é ß", symbol="€"),
    replace(TERMS, name="漢" * 11),
    replace(TERMS, cap=MOST, initial_supply=MOST, decimals=18),
    replace(TERMS, cap=1, initial_supply=1),
    replace(TERMS, initial_supply=0),
    replace(TERMS, deployment_id=bytes(16), receiver=TERMS.owner),
]
NO_CODE, GONE_AGAIN, REVERTS = b"\x00", b"\x33\xff", bytes.fromhex("60006000fd")
"""Init codes: return nothing; destroy yourself; revert."""
NEIGHBOUR = b"\x22" * 20
FEES = {"gas": 4_000_000, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 1}


@dataclass
class Landed:
    """One mined transaction, and everything that its node says about its block."""

    slot: SlotFacts
    block: Any
    receipts: Any
    proof: Any
    index: int

    @property
    def address(self) -> bytes:
        return create_address(self.slot.sender, self.slot.nonce)

    @property
    def hash(self) -> bytes:
        return bytes.fromhex(self.block["hash"][2:])

    def evidence(self, *, created: bool = True) -> BlockEvidence:
        return block_evidence_from_json(self.block, self.receipts, self.proof if created else None)

    def shown(self, certificate: bytes) -> dict[str, Any]:
        return verify(certificate, self.slot, self.hash)


class Sender:
    """A key with coins, which sends raw bytes and reads whole blocks back."""

    def __init__(self, anvil: Anvil) -> None:
        self.anvil, self.key, self.nonce = anvil, Account.create(), 0
        anvil.ask("anvil_setBalance", self.key.address, hex(10**22))

    @property
    def address(self) -> bytes:
        return bytes.fromhex(self.key.address[2:])

    def send(self, **call: Any) -> bytes:
        unsigned = FEES | {"chainId": self.anvil.chain_id, "nonce": self.nonce, "value": 0} | call
        signed = self.key.sign_transaction(unsigned)
        self.anvil.ask("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())
        self.nonce += 1
        return bytes(signed.hash)

    def land(self, **call: Any) -> Landed:
        """Send, and read the block back."""
        return self.read(self.send(**call), self.nonce - 1)

    def read(self, sent: bytes, nonce: int) -> Landed:
        ask = self.anvil.ask
        receipt = None
        while receipt is None:  # the test's own time limit ends a wait for nothing
            receipt = ask("eth_getTransactionReceipt", "0x" + sent.hex())
        target = "0x" + create_address(self.address, nonce).hex()
        slot = SlotFacts(
            chain=self.anvil.chain_id,
            sender=self.address,
            nonce=nonce,
            attempts=frozenset({sent}),
        )
        return Landed(
            slot=slot,
            block=ask("eth_getBlockByHash", receipt["blockHash"], True),
            receipts=ask("eth_getBlockReceipts", receipt["blockNumber"]),
            proof=ask("eth_getProof", target, [], receipt["blockNumber"]),
            index=int(receipt["transactionIndex"], 16),
        )


@pytest.fixture
def sender(anvil: Anvil) -> Sender:
    return Sender(anvil)


@pytest.fixture(scope="module")
def token(anvil: Anvil) -> Landed:
    return Sender(anvil).land(data=creation_code(TERMS))


@pytest.mark.parametrize("terms", EDGES, ids=range(len(EDGES)))
def test_code_and_logs_are_the_expected_ones_to_the_byte(
    sender: Sender, terms: TokenCodeTerms
) -> None:
    landed = sender.land(data=creation_code(terms))
    expected = expected_runtime_code(terms, sender.anvil.chain_id, landed.address)
    at = {"blockHash": landed.block["hash"], "requireCanonical": True}
    code = sender.anvil.ask("eth_getCode", "0x" + landed.address.hex(), at)
    assert bytes.fromhex(code[2:]) == expected
    evidence = landed.evidence()
    assert conforming_logs(evidence.receipts[landed.index], terms, landed.address)
    assert len(expected_logs(terms, landed.address)) == (3 if terms.initial_supply else 2)
    shown = landed.shown(inclusion_certificate(evidence, landed.index))
    assert shown["codeHash"] == keccak256(expected).hex()
    assert shown["address"] == landed.address.hex()


@pytest.mark.parametrize(
    "other",
    [
        {"decimals": 7},
        {"cap": 5_000_001},
        {"name": "Gold Bonb"},
        {"deployment_id": bytes(16)},
    ],
    ids=str,
)
def test_terms_that_differ_have_other_code(token: Landed, other: dict[str, Any]) -> None:
    code = expected_runtime_code(TERMS, token.slot.chain, token.address)
    assert expected_runtime_code(replace(TERMS, **other), token.slot.chain, token.address) != code


@pytest.mark.parametrize(
    "other",
    [
        {"initial_supply": 999_999},
        {"initial_supply": 0},
        {"receiver": b"\xef" * 20},
        {"owner": b"\xab" * 20},
    ],
    ids=str,
)
def test_terms_that_differ_have_other_logs(token: Landed, other: dict[str, Any]) -> None:
    receipt = token.evidence().receipts[token.index]
    assert conforming_logs(receipt, TERMS, token.address)
    assert not conforming_logs(receipt, replace(TERMS, **other), token.address)
    assert not conforming_logs(receipt, TERMS, bytes(20))


def test_evidence_survives_its_blob(token: Landed) -> None:
    evidence = token.evidence()
    blob = evidence.to_bytes()
    assert BlockEvidence.from_bytes(blob) == evidence
    assert BlockEvidence.from_bytes(blob).to_bytes() == blob


def flipped(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


@pytest.mark.parametrize("part", ["header", "transactions", "receipts", "target"])
def test_a_certificate_from_tampered_evidence_is_refused(token: Landed, part: str) -> None:
    evidence = token.evidence()
    kept = getattr(evidence, part)
    spoilt: Any = flipped(kept) if isinstance(kept, bytes) else (*kept[:-1], flipped(kept[-1]))
    tampered = replace(evidence, **{part: spoilt})
    with pytest.raises(Refused):
        token.shown(inclusion_certificate(tampered, token.index))


def _shorter_log(landed: Landed) -> None:
    landed.receipts[landed.index]["logs"].pop()


def _other_input(landed: Landed) -> None:
    landed.block["transactions"][landed.index]["input"] += "00"


def _other_root(landed: Landed) -> None:
    landed.block["stateRoot"] = "0x" + "11" * 32


def _one_less(landed: Landed) -> None:
    landed.receipts.pop()


@pytest.mark.parametrize("lie", [_shorter_log, _other_input, _other_root, _one_less])
def test_no_evidence_is_made_of_answers_that_do_not_hash(
    token: Landed, lie: Callable[[Landed], None]
) -> None:
    told: Landed = replace(token, block=_copy(token.block), receipts=_copy(token.receipts))
    lie(told)
    with pytest.raises(Refused):
        told.evidence()


def _copy(answer: Any) -> Any:
    return json.loads(json.dumps(answer))


def test_a_transfer_is_certified_as_included_and_as_nothing_else(sender: Sender) -> None:
    sent = sender.land(to=NEIGHBOUR, value=1)
    evidence = sent.evidence(created=False)
    certificate = transfer_certificate(evidence, sent.index)
    assert sent.shown(certificate)["block"] == int(sent.block["number"], 16)
    for wrong in (
        replace(sent.slot, attempts=frozenset()),
        replace(sent.slot, nonce=1),
        replace(sent.slot, sender=bytes(20)),
        replace(sent.slot, chain=1),
    ):
        with pytest.raises(Refused):
            verify(certificate, wrong, sent.hash)
    with pytest.raises(Refused):
        sent.shown(inclusion_certificate(sent.evidence(), sent.index))


def test_neither_a_creation_nor_a_failed_transfer_is_a_transfer(
    sender: Sender, token: Landed
) -> None:
    with pytest.raises(Refused):
        token.shown(transfer_certificate(token.evidence(), token.index))
    failed = sender.land(to=token.address, value=1)  # the token takes no coins
    assert failed.receipts[failed.index]["status"] == "0x0"
    with pytest.raises(Refused):
        failed.shown(transfer_certificate(failed.evidence(created=False), failed.index))


def as_kind(certificate: bytes, kind: str) -> bytes:
    return canonical(json.loads(certificate) | {"kind": kind})


def test_an_older_inclusion_is_proven_by_all_headers_in_between(sender: Sender) -> None:
    ask = sender.anvil.ask
    landed = sender.land(data=creation_code(TERMS))
    first = int(landed.block["number"], 16)
    for _ in range(3):
        ask("evm_mine")
    blocks = [ask("eth_getBlockByNumber", hex(first + step), False) for step in range(4)]
    *between, top = map(encode_header, blocks)
    proof = ask("eth_getProof", "0x" + landed.address.hex(), [], hex(first + 3))
    certificate = json.loads(inclusion_certificate(landed.evidence(), landed.index))
    certificate |= {
        "header": top.hex(),
        "blocks": [header.hex() for header in between],
        "target": [node[2:] for node in proof["accountProof"]],
    }
    assert verify(canonical(certificate), landed.slot, keccak256(top))["block"] == first
    del certificate["blocks"][1]
    with pytest.raises(Refused, match="do not chain"):
        verify(canonical(certificate), landed.slot, keccak256(top))


def burned_by_state(landed: Landed, anvil: Anvil) -> bytes:
    """Two account proofs under the block's header: of the sender, and of the slot's address."""
    sender = anvil.ask("eth_getProof", "0x" + landed.slot.sender.hex(), [], landed.block["number"])
    spelled = {"sender": sender["accountProof"], "target": landed.proof["accountProof"]}
    members = {name: [node[2:] for node in nodes] for name, nodes in spelled.items()}
    header = encode_header(landed.block).hex()
    kind = {"chain": "evm", "kind": "burned-nonce-state"}
    return canonical(kind | {"header": header} | members)


def test_a_creation_that_reverted_is_reverted_and_not_included(sender: Sender) -> None:
    landed = sender.land(data=REVERTS)
    certificate = inclusion_certificate(landed.evidence(), landed.index)
    assert landed.shown(as_kind(certificate, "finalized-revert"))["hash"]
    with pytest.raises(Refused):
        landed.shown(certificate)


@pytest.mark.parametrize("code", [NO_CODE, GONE_AGAIN], ids=["no code", "gone again"])
def test_a_creation_without_code_is_neither_included_nor_reverted(
    sender: Sender, code: bytes
) -> None:
    landed = sender.land(data=code)
    certificate = inclusion_certificate(landed.evidence(), landed.index)
    for kind in ("finalized-inclusion", "finalized-revert"):
        with pytest.raises(Refused):
            landed.shown(as_kind(certificate, kind))


def test_an_account_without_code_that_a_creation_made_is_not_absent(sender: Sender) -> None:
    landed = sender.land(data=NO_CODE)
    with pytest.raises(Refused, match="something stands"):
        landed.shown(burned_by_state(landed, sender.anvil))


def test_a_nonce_is_burned_once_it_is_used_and_not_before(sender: Sender) -> None:
    sent = sender.send(to=NEIGHBOUR, value=1)
    used = sender.read(sent, 0)
    assert used.shown(burned_by_state(used, sender.anvil))["absent"] == used.address.hex()
    following = sender.read(sent, 1)
    with pytest.raises(Refused, match="still free"):
        following.shown(burned_by_state(following, sender.anvil))


@pytest.fixture(scope="module")
def crowded() -> Iterator[tuple[Sender, list[bytes]]]:
    """One block of 300 transactions: trie keys of one, two and three bytes."""
    with Anvil(block_time="600") as chain:
        sender = Sender(chain)
        chain.ask("evm_setIntervalMining", 0)  # mixed mining ignores evm_setAutomine
        sent = [sender.send(to=NEIGHBOUR, value=1, gas=21_000) for _ in range(150)]
        sent.append(sender.send(data=creation_code(TERMS)))
        sent += [sender.send(to=NEIGHBOUR, value=1, gas=21_000) for _ in range(149)]
        chain.ask("evm_mine")
        yield sender, sent


@pytest.mark.parametrize("place", [0, 1, 15, 16, 127, 128, 149, 150, 255, 256, 299])
def test_every_place_of_a_crowded_block_is_proven(
    crowded: tuple[Sender, list[bytes]], place: int
) -> None:
    sender, sent = crowded
    landed = sender.read(sent[place], place)
    assert (landed.index, len(landed.receipts)) == (place, 300)
    created = place == 150
    evidence = landed.evidence(created=created)
    make = inclusion_certificate if created else transfer_certificate
    assert landed.shown(make(evidence, place))["hash"] == sent[place].hex()
    elsewhere = json.loads(make(evidence, place)) | {"index": place + 1}
    with pytest.raises(Refused):
        landed.shown(canonical(elsewhere))
