"""Makes certificates from evidence, and evidence from what a node says. Nothing is believed that
does not hash: the header to the block's hash, transactions and receipts to the header's roots.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from infrastructure.evm.evidence import BlockEvidence
from infrastructure.evm.verifier.accounts import (
    RECEIPTS_ROOT,
    TRANSACTIONS_ROOT,
    field,
    read_header,
)
from infrastructure.evm.verifier.certificate import canonical
from infrastructure.evm.verifier.primitives import Writable, keccak256, need, rlp
from infrastructure.evm.verifier.trie import climb, nibbles

FIELDS = (
    "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty* "
    "number* gasLimit* gasUsed* timestamp* extraData mixHash nonce baseFeePerGas* "
    "withdrawalsRoot blobGasUsed* excessBlobGas* parentBeaconBlockRoot requestsHash "
    "blockAccessListHash slotNumber*"
)
HEADER = FIELDS.split()
"""Fields in their order; a star marks a quantity. Forks append, and absent ones are left out."""
FEES = "chainId* nonce* maxPriorityFeePerGas* maxFeePerGas* gas* to value* input accessList"
TRANSACTION = {
    0: "nonce* gasPrice* gas* to value* input v* r* s*",
    1: "chainId* nonce* gasPrice* gas* to value* input accessList v* r* s*",
    2: f"{FEES} v* r* s*",
    3: f"{FEES} maxFeePerBlobGas* blobVersionedHashes v* r* s*",
    4: f"{FEES} authorizationList v* r* s*",
}
AUTHORIZATION = ["chainId*", "address", "nonce*", "yParity*", "r*", "s*"]
ACCESS = ["address", "storageKeys"]
SMALLEST_HASHED = 32
"""Bytes: shorter trie nodes stand in their parent as they are."""
Json = Any
Pairs = list[tuple[list[int], bytes]]


def block_evidence_from_json(block: Json, receipts: Json, proof: Json | None) -> BlockEvidence:
    """Return the evidence of a block, as a node tells it in full.

    Args:
        block: eth_getBlockBy… with whole transactions.
        receipts: eth_getBlockReceipts.
        proof: eth_getProof of the created address at that block; None for a transfer.

    Raises:
        Refused: it does not hash to the block's hash and roots.
    """
    evidence = BlockEvidence(
        header=encode_header(block),
        transactions=tuple(map(encode_transaction, block["transactions"])),
        receipts=tuple(map(encode_receipt, receipts)),
        target=tuple(_hex(node) for node in proof["accountProof"]) if proof else (),
    )
    header = read_header(evidence.header)
    for root, values in (
        (TRANSACTIONS_ROOT, evidence.transactions),
        (RECEIPTS_ROOT, evidence.receipts),
    ):
        planted, _ = _trie(values)
        need(planted == field(header, root), "the node's answers do not make the header's roots")
    return evidence


def inclusion_certificate(evidence: BlockEvidence, index: int) -> bytes:
    """Make a ``finalized-inclusion`` certificate from evidence alone.

    Args:
        evidence: of the inclusion block, with the proof of what was created.
        index: place of the creation in that block.
    """
    target = [node.hex() for node in evidence.target]
    return canonical(_landing(evidence, index, "finalized-inclusion") | {"target": target})


def transfer_certificate(evidence: BlockEvidence, index: int) -> bytes:
    """Make a ``finalized-transfer`` certificate from evidence alone."""
    return canonical(_landing(evidence, index, "finalized-transfer"))


def encode_header(block: Json) -> bytes:
    """Return a block's raw header.

    Raises:
        Refused: it does not hash to what the node calls its hash.
    """
    raw = rlp(_pick(block, HEADER))
    need(
        keccak256(raw) == _hex(block["hash"]), "the header has fields that this code does not know"
    )
    return raw


def encode_transaction(transaction: Json) -> bytes:
    """Return a raw transaction (EIP-2718): nodes differ in which raw calls they offer."""
    kind = _quantity(transaction.get("type") or "0x0")
    body = rlp(_pick(transaction, TRANSACTION[kind].split()))
    return (bytes([kind]) if kind else b"") + body


def encode_receipt(receipt: Json) -> bytes:
    """Return a raw receipt (EIP-2718)."""
    kind = _quantity(receipt.get("type") or "0x0")
    logs = [_pick(log, ("address", "topics", "data")) for log in receipt["logs"]]
    body = rlp([*_pick(receipt, ("status*", "cumulativeGasUsed*", "logsBloom")), logs])
    return (bytes([kind]) if kind else b"") + body


def _landing(evidence: BlockEvidence, index: int, kind: str) -> dict[str, Json]:
    return {
        "chain": "evm",
        "kind": kind,
        "header": evidence.header.hex(),
        "blocks": [],
        "hop": [],
        "index": index,
        "transaction": _path(evidence.transactions, index),
        "receipt": _path(evidence.receipts, index),
    }


def _path(values: Sequence[bytes], index: int) -> list[str]:
    """Return the trie nodes on the way to one value, root first."""
    root, store = _trie(values)
    nodes: list[str] = []

    def fetch(digest: bytes) -> bytes:
        nodes.append(store[digest].hex())
        return store[digest]

    climb(root, rlp(index), fetch)
    return nodes


def _trie(values: Iterable[bytes]) -> tuple[bytes, dict[bytes, bytes]]:
    """Build the trie over values by their index; return its root and every hashed node."""
    store: dict[bytes, bytes] = {}
    pairs = [(nibbles(rlp(index)), value) for index, value in enumerate(values)]
    top = rlp(_grow(pairs, store)) if pairs else rlp(b"")
    root = keccak256(top)
    store[root] = top
    return root, store


def _grow(pairs: Pairs, store: dict[bytes, bytes]) -> list[Writable]:
    if len(pairs) == 1:
        [(path, value)] = pairs
        return [_compact(path, leaf=True), value]
    first, last = min(pairs)[0], max(pairs)[0]
    differ = (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    shared = next(differ, min(len(first), len(last)))
    if shared:
        below: Pairs = [(path[shared:], value) for path, value in pairs]
        return [_compact(first[:shared], leaf=False), _reference(_grow(below, store), store)]
    node: list[Writable] = []
    for nibble in range(16):
        child: Pairs = [(path[1:], value) for path, value in pairs if path and path[0] == nibble]
        node.append(_reference(_grow(child, store), store) if child else b"")
    node.append(next((value for path, value in pairs if not path), b""))
    return node


def _reference(node: list[Writable], store: dict[bytes, bytes]) -> Writable:
    raw = rlp(node)
    if len(raw) < SMALLEST_HASHED:
        return node
    digest = keccak256(raw)
    store[digest] = raw
    return digest


def _compact(path: list[int], *, leaf: bool) -> bytes:
    """Spell a path of nibbles (yellow paper, appendix C)."""
    odd = len(path) % 2
    flagged = [2 * leaf + odd, *([] if odd else [0]), *path]
    return bytes(a << 4 | b for a, b in zip(flagged[::2], flagged[1::2], strict=True))


def _pick(source: Json, names: Iterable[str]) -> list[Writable]:
    return [_value(source[n.rstrip("*")], n) for n in names if n.rstrip("*") in source]


def _value(value: Json, name: str = "") -> Writable:
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return _pick(value, ACCESS if "storageKeys" in value else AUTHORIZATION)
    return _quantity(value) if name.endswith("*") else _hex(value)


def _quantity(value: Json) -> int:
    return int(value, 16)


def _hex(value: Json) -> bytes:
    return bytes.fromhex((value or "0x")[2:])
