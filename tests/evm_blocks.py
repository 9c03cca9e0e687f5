"""Blocks of an EVM chain that nobody runs: transactions that are signed, receipts, and a state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account as Signer
from eth_keys.datatypes import PrivateKey

from infrastructure.evm.certificate_maker import (
    _grow,
    _landing,
    inclusion_certificate,
    transfer_certificate,
)
from infrastructure.evm.certificate_maker import _trie as trie_of
from infrastructure.evm.evidence import BlockEvidence
from infrastructure.evm.verifier.accounts import EMPTY_CODE, EMPTY_TRIE
from infrastructure.evm.verifier.certificate import canonical
from infrastructure.evm.verifier.primitives import keccak256, rlp
from infrastructure.evm.verifier.trie import climb, nibbles

CHAIN_ID = 31337
ELSEWHERE = b"\5" * 20
Signed = Any


def address_of(key: bytes) -> bytes:
    return PrivateKey(key).public_key.to_canonical_address()


def signed(key: bytes, nonce: int, *, to: bytes | None = None, data: bytes = b"") -> Signed:
    unsigned = {
        "type": 2,
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "gas": 100_000,
        "maxFeePerGas": 10,
        "maxPriorityFeePerGas": 1,
        "value": 1 if to else 0,
        "data": data,
    }
    return Signer.sign_transaction(unsigned | ({"to": to} if to else {}), key)


@dataclass
class Block:
    """One block with one transaction, and the nonces and codes of the accounts after it."""

    number: int
    transaction: Signed
    succeeded: bool = True
    accounts: Mapping[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        raw = bytes(self.transaction.raw_transaction)
        receipt = b"\x02" + rlp([int(self.succeeded), 21_000, bytes(256), []])
        self._state: dict[bytes, bytes] = {}
        self._root = self._plant()
        roots = [self._root, trie_of([raw])[0], trie_of([receipt])[0]]
        zero = bytes(32)
        header = [zero, zero, bytes(20), *roots, bytes(256), 0, self.number]
        self.header = rlp([*header, 10**7, 21_000, 1_700_000_000, b"", zero, bytes(8)])
        self.hash = keccak256(self.header)
        self._evidence = BlockEvidence(
            header=self.header, transactions=(raw,), receipts=(receipt,), target=()
        )

    def landed(self) -> bytes:
        return transfer_certificate(self._evidence, 0)

    def created(self, target: bytes) -> bytes:
        return inclusion_certificate(self._with(target), 0)

    def reverted(self, target: bytes) -> bytes:
        members = _landing(self._evidence, 0, "finalized-revert")
        return canonical(members | {"target": self._proof(target)})

    def burned_by_transaction(self) -> bytes:
        members = _landing(self._evidence, 0, "burned-nonce-transaction")
        return canonical({name: one for name, one in members.items() if name != "receipt"})

    def burned_by_state(self, sender: bytes, target: bytes) -> bytes:
        members = {"chain": "evm", "kind": "burned-nonce-state", "header": self.header.hex()}
        proofs = {"sender": self._proof(sender), "target": self._proof(target)}
        return canonical(members | proofs)

    def _with(self, target: bytes) -> BlockEvidence:
        nodes = tuple(bytes.fromhex(node) for node in self._proof(target))
        one = self._evidence
        return BlockEvidence(
            header=one.header, transactions=one.transactions, receipts=one.receipts, target=nodes
        )

    def _plant(self) -> bytes:
        accounts = {ELSEWHERE: (1, b""), b"\6" * 20: (2, b"")} | dict(self.accounts)
        pairs = [
            (
                nibbles(keccak256(address)),
                rlp([nonce, 0, EMPTY_TRIE, keccak256(code) if code else EMPTY_CODE]),
            )
            for address, (nonce, code) in accounts.items()
        ]
        top = rlp(_grow(pairs, self._state))
        self._state[keccak256(top)] = top
        return keccak256(top)

    def _proof(self, address: bytes) -> list[str]:
        nodes: list[str] = []

        def fetch(digest: bytes) -> bytes:
            nodes.append(self._state[digest].hex())
            return self._state[digest]

        climb(self._root, keccak256(address), fetch)
        return nodes
