"""Blocks over HTTP, and proofs that a transaction stands in one."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from infrastructure.devnet.algorand.answer import MSGPACK, Answer, Asked, Failed
from infrastructure.devnet.algorand.chain import Block
from infrastructure.devnet.algorand.encoding import (
    digest,
    packed,
    raw,
    readable,
    text32,
    text64,
    txid,
    unpacked,
    whole,
)
from infrastructure.devnet.algorand.genesis import GENESIS_ID
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.reads import number
from infrastructure.devnet.algorand.surface import Route, route
from infrastructure.devnet.algorand.transactions import UNKNOWN, check_txid

LOST = "failed to retrieve information from the ledger"
EMPTY_CERTIFICATE = b"\xa4cert\x80"
BLOCK = b"\x82\xa5block"
ONLY_BLOCK = b"\x81\xa5block"


class Blocks:
    def __init__(self, ledger: Ledger, retention: int) -> None:
        self._ledger = ledger
        self._retention = retention

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v2/blocks/{at}", self.block),
            route("GET", "/v2/blocks/{at}/hash", self.hash),
            route("GET", "/v2/blocks/{at}/txids", self.txids),
            route("GET", "/v2/blocks/{at}/logs", self.logs),
            route("GET", "/v2/blocks/{at}/transactions/{name}/proof", self.proof),
            route("GET", "/v2/blocks/{at}/lightheader/proof", self.state_proof),
            route("GET", "/v2/stateproofs/{at}", self.state_proof),
        ]

    def block(self, asked: Asked, at: str) -> Any:
        block = self._find(at)
        only_header = asked.query.get("header-only") == "true"
        if asked.wants_msgpack:
            body = (
                ONLY_BLOCK + block.header if only_header else BLOCK + block.body + EMPTY_CERTIFICATE
            )
            return Answer(body=body, content_type=MSGPACK)
        content = unpacked(block.header) if only_header else block.content
        return {"block": readable(content)}

    def hash(self, _: Asked, at: str) -> Any:
        return {"blockHash": text32(digest(b"BH" + self._find(at).header))}

    def txids(self, _: Asked, at: str) -> Any:
        return {"blockTxids": self._names(self._find(at))}

    def logs(self, _: Asked, at: str) -> Any:
        block = self._find(at)
        found: list[dict[str, Any]] = []
        for name, row in zip(self._names(block), block.rows, strict=True):
            _logs(row, name, found)
        return {"logs": found}

    def proof(self, asked: Asked, at: str, name: str) -> Any:
        """Where a transaction stands in the commitment that the header makes to it."""
        check_txid(name)
        kind = asked.query.get("hashtype", "sha512_256")
        if kind not in TREES:
            raise Failed(400, "invalid hash type")
        try:
            block = self._find(at)
        except Failed as failed:
            raise Failed(500, failed.message) from None
        names = self._names(block)
        if name not in names:
            raise Failed(404, UNKNOWN)
        return TREES[kind](self._leaves(block), names.index(name))

    def state_proof(self, _: Asked, at: str) -> Any:
        """There is none: nobody signs."""
        if number(at, "round") > self._ledger.latest:
            raise Failed(500, "given round is greater than the latest round")
        raise Failed(404, "no state proof can be found for that round")

    def _leaves(self, block: Block) -> list[tuple[bytes, bytes]]:
        """Each transaction and its row, as bytes that are hashed."""
        return [
            (packed(whole(row, GENESIS_ID, self._ledger.genesis_hash)["txn"]), packed(row))
            for row in block.rows
        ]

    def _names(self, block: Block) -> list[str]:
        return [
            txid(whole(row, GENESIS_ID, self._ledger.genesis_hash)["txn"]) for row in block.rows
        ]

    def _find(self, at: str) -> Block:
        wanted = number(at, "round")
        latest = self._ledger.latest
        pruned = self._retention and wanted < latest - self._retention
        block = None if pruned or wanted > latest else self._ledger.chain.block(wanted)
        if block is None:
            raise Failed(404, LOST)
        return block


def _logs(row: dict[str, Any], name: str, found: list[dict[str, Any]]) -> None:
    delta = row.get("dt", {})
    application = row.get("apid") or row["txn"].get("apid")
    if delta.get("lg"):
        said = [text64(raw(log)) for log in delta["lg"]]
        found.append({"application-index": application, "logs": said, "txId": name})
    for inner in delta.get("itx", ()):
        _logs(inner, name, found)


def _merkle_array(leaves: list[tuple[bytes, bytes]], place: int) -> dict[str, Any]:
    """The tree of `txn`: neighbours in order, zeros where one is missing."""
    row = digest(b"STIB" + leaves[place][1])
    nodes = [
        digest(b"TL" + digest(b"TX" + transaction) + digest(b"STIB" + stib))
        for transaction, stib in leaves
    ]
    path = _path(nodes, place, bytes(32), lambda both: digest(b"MA" + both))
    return _said("sha512_256", place, path, row)


def _vector(leaves: list[tuple[bytes, bytes]], place: int) -> dict[str, Any]:
    """The tree of `txn256`: a power of two of leaves, placed by their bits read backwards."""
    depth = (len(leaves) - 1).bit_length()
    empty = sha256(b"MB").digest()
    nodes = [empty] * (1 << depth)
    for number_, (transaction, stib) in enumerate(leaves):
        leaf = b"TL" + sha256(b"TX" + transaction).digest() + sha256(b"STIB" + stib).digest()
        nodes[_reversed(number_, depth)] = sha256(leaf).digest()
    row = sha256(b"STIB" + leaves[place][1]).digest()
    path = _path(
        nodes, _reversed(place, depth), bytes(32), lambda both: sha256(b"MA" + both).digest()
    )
    return _said("sha256", place, path, row)


TREES = {"sha512_256": _merkle_array, "sha256": _vector}


def _path(
    nodes: list[bytes], place: int, missing: bytes, join: Callable[[bytes], bytes]
) -> list[bytes]:
    path = []
    while len(nodes) > 1:
        nodes = nodes + [missing] * (len(nodes) % 2)
        path.append(nodes[place ^ 1])
        nodes = [join(nodes[at] + nodes[at + 1]) for at in range(0, len(nodes), 2)]
        place //= 2
    return path


def _reversed(place: int, depth: int) -> int:
    return int(f"{place:0{depth}b}"[::-1], 2) if depth else 0


def _said(kind: str, place: int, path: list[bytes], row: bytes) -> dict[str, Any]:
    return {
        "hashtype": kind,
        "idx": place,
        "proof": text64(b"".join(path)),
        "stibhash": text64(row),
        "treedepth": len(path),
    }
