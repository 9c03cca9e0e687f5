"""Transactions for Algorand made by hand, so that broken ones can be made too."""

import base64
import secrets
from collections.abc import Sequence
from typing import Any

import msgpack
from algosdk.encoding import checksum, encode_address
from nacl.signing import SigningKey

Txn = dict[str, Any]
ABSENT = object()
"""A member with this value is left out, where a test takes one away."""


class Key:
    def __init__(self, seed: bytes = b"") -> None:
        self._signer = SigningKey(seed or secrets.token_bytes(32))
        self.public = bytes(self._signer.verify_key)
        self.address: str = encode_address(self.public)

    def signature(self, transaction: Txn) -> bytes:
        return self._signer.sign(b"TX" + encoded(transaction)).signature


def clean(value: Any) -> Any:
    """The canonical form: keys in order, and nothing that is zero."""
    if isinstance(value, dict):
        kept = {name: clean(value[name]) for name in sorted(value)}
        empty: list[Any] = [0, "", b"", None, {}, []]
        return {k: v for k, v in kept.items() if v is not ABSENT and v not in empty}
    return [clean(one) for one in value] if isinstance(value, list) else value


def encoded(value: Any) -> bytes:
    data: bytes = msgpack.packb(value, use_bin_type=True, unicode_errors="surrogateescape")
    return data


def joined(signed: Sequence[Txn]) -> bytes:
    return b"".join(map(encoded, signed))


def raw_id(transaction: Txn) -> bytes:
    return checksum(b"TX" + encoded(clean(transaction)))


def id_of(transaction: Txn) -> str:
    return base64.b32encode(raw_id(transaction)).decode().rstrip("=")


def sign(transaction: Txn, key: Key, **over: Any) -> Txn:
    whole = clean(transaction)
    signed = {"sig": key.signature(whole), "txn": whole}
    if key.public != whole["snd"]:
        signed["sgnr"] = key.public
    signed |= over
    return {k: signed[k] for k in sorted(signed) if signed[k] is not ABSENT}


def grouped(transactions: Sequence[Txn]) -> list[Txn]:
    alone = [clean({**one, "grp": ABSENT}) for one in transactions]
    group = checksum(b"TG" + encoded({"txlist": [raw_id(one) for one in alone]}))
    return [clean({**one, "grp": group}) for one in alone]
