"""Compares what a creation made with what was asked, field by field, at its own block's hash.

Never the present state: an owner may mint in the very next block.
"""

from typing import Any

import orjson
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from application.engine.answers import Conformity
from application.engine.chain import ChainUnavailable, HistoryPruned
from domain.slots import Inclusion, NonceSlot, Slot
from infrastructure.addresses import create_address, evm_address_text
from infrastructure.evm.node import Json, Node, NodeRefused, data
from infrastructure.evm.token_code import TokenCodeTerms, expected_logs, expected_runtime_code
from infrastructure.evm.verifier.accounts import TYPED_BELOW
from infrastructure.evm.verifier.primitives import keccak256, list_of, unrlp

NAME = "0x06fdde03"
SYMBOL = "0x95d89b41"
"""Selectors of ``name()`` and ``symbol()``: the two fields that are storage, not code."""


def read(node: Node, terms: TokenCodeTerms, slot: Slot, inclusion: Inclusion) -> Conformity:
    """Return every difference, and the report of what was compared.

    Code holds decimals, cap and the deployment's id (immutables substituted); the
    creation's own logs hold supply, receiver, owner and minters.

    Raises:
        HistoryPruned: the node no longer has the state of that block.
        ChainUnavailable: it could not be asked.
    """
    assert isinstance(slot.key, NonceSlot)
    address = create_address(slot.key.sender, slot.key.nonce)
    at = {"blockHash": "0x" + inclusion.block.hash.hex(), "requireCanonical": True}
    wanted = "0x" + address.hex()
    code = data(_state(node, "eth_getCode", wanted, at))
    asked = "0x" + slot.standing.transaction_id.hex()
    receipt = _state(node, "eth_getTransactionReceipt", asked)
    if not receipt or data(receipt.get("blockHash")) != inclusion.block.hash:
        raise ChainUnavailable("the receipt is not in that block any more")
    expected = expected_runtime_code(terms, slot.key.chain_id, address)
    rows = [
        _row("code", keccak256(expected).hex(), keccak256(code).hex() if code else None),
        _row("name", terms.name, _text(node, wanted, NAME, at)),
        _row("symbol", terms.symbol, _text(node, wanted, SYMBOL, at)),
        _row("logs", _expected(terms, address), [_log(log) for log in receipt.get("logs", ())]),
    ]
    differences = tuple(
        f"{row['field']}: asked {row['asked']}, found {row['found']}"[:400]
        for row in rows
        if row["asked"] != row["found"]
    )
    report = {
        "address": evm_address_text(address),
        "block": {"number": inclusion.block.number, "hash": at["blockHash"]},
        "compared": rows,
        "terms": _terms(terms),
        "conforms": not differences,
    }
    return Conformity(
        differences=differences, report=orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
    )


def conforming_logs(receipt: bytes, terms: TokenCodeTerms, address: bytes) -> bool:
    """Whether a raw receipt holds exactly the logs that this creation makes."""
    fields = list_of(unrlp(receipt[1:] if receipt[0] < TYPED_BELOW else receipt))
    found = [tuple(list_of(log)) for log in list_of(fields[3])]
    wanted = [(log.address, list(log.topics), log.data) for log in expected_logs(terms, address)]
    return found == wanted


def _state(node: Node, method: str, *params: Json) -> Json:
    try:
        return node.ask(method, *params)
    except NodeRefused as error:
        said = error.message.lower()
        if "historical state" in said or "missing trie node" in said or "outofrange" in said:
            raise HistoryPruned(f"{node.operator}: {error}") from error
        raise ChainUnavailable(f"{method}: {error}") from error


def _text(node: Node, address: str, selector: str, at: Json) -> str | None:
    """Read a string constant; None where the contract gives none."""
    answer = data(_state(node, "eth_call", {"to": address, "data": selector}, at))
    try:
        (text,) = decode(["string"], answer)
    except (DecodingError, UnicodeDecodeError):
        return None  # whatever code stands there may answer anything
    return str(text)


def _row(field: str, asked: Any, found: Any) -> dict[str, Any]:
    return {"field": field, "asked": asked, "found": found}


def _expected(terms: TokenCodeTerms, address: bytes) -> list[dict[str, Any]]:
    return [
        {
            "address": "0x" + log.address.hex(),
            "topics": ["0x" + topic.hex() for topic in log.topics],
            "data": "0x" + log.data.hex(),
        }
        for log in expected_logs(terms, address)
    ]


def _log(log: Json) -> dict[str, Any]:
    return {
        "address": str(log["address"]).lower(),
        "topics": [str(topic).lower() for topic in log["topics"]],
        "data": str(log["data"]).lower(),
    }


def _terms(terms: TokenCodeTerms) -> dict[str, Any]:
    return {
        "name": terms.name,
        "symbol": terms.symbol,
        "decimals": terms.decimals,
        "cap": str(terms.cap),
        "initialSupply": str(terms.initial_supply),
        "receiver": evm_address_text(terms.receiver),
        "owner": evm_address_text(terms.owner),
        "deploymentId": "0x" + terms.deployment_id.hex(),
    }
