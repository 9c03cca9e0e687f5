"""Bytes of transactions and blocks: go-algorand's msgpack, its hashes, its JSON."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgpack  # type: ignore[import-untyped]
from Crypto.Hash import SHA512

from infrastructure.addresses import algorand_address_text

PARTIES = ("snd", "rcv", "close", "rekey", "asnd", "arcv", "aclose", "fadd", "sgnr", "apat")
OFFICES = ("m", "r", "f", "c", "fees", "rwd", "prp")
ADDRESSES = frozenset((*PARTIES, *OFFICES))
"""Names of members that hold an address, wherever they stand."""
FIXED = ADDRESSES | {"lx", "gh", "grp", "am", "votekey", "selkey", "sprfkey", "sig"}
"""Arrays in go-algorand: zeros are the same as nothing, which they are not in a note."""
ADDRESS = 32
CHECKSUM = 4
BASE32 = re.compile("[A-Z2-7]*")


def digest(data: bytes) -> bytes:
    return SHA512.new(data, truncate="256").digest()


def packed(value: Any) -> bytes:
    """Msgpack as go-algorand writes it: keys sorted, nothing that is zero."""
    data: bytes = msgpack.packb(
        canonical(value), use_bin_type=True, unicode_errors="surrogateescape"
    )
    return data


def canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: canonical(member) for key, member in value.items()}
        return {key: kept[key] for key in sorted(kept, key=_order) if not _is_zero(key, kept[key])}
    if isinstance(value, list | tuple):
        return [canonical(member) for member in value]
    return value


def stored(value: Any) -> bytes:
    """Msgpack that loses nothing: a holding of zero is a holding."""
    data: bytes = msgpack.packb(value, use_bin_type=True, unicode_errors="surrogateescape")
    return data


def unpacked(data: bytes) -> Any:
    return msgpack.unpackb(data, **_READING)


def stream(data: bytes) -> Iterator[tuple[Any, bytes]]:
    """Every whole object, with its own bytes; ends where the rest is no whole object.

    Raises:
        ValueError: what comes next can be no msgpack.
    """
    reader = msgpack.Unpacker(max_buffer_size=len(data) + 1, **_READING)
    reader.feed(data)
    begin = 0
    while True:
        try:
            value = reader.unpack()
        except msgpack.OutOfData:
            return
        end = reader.tell()
        yield value, data[begin:end]
        begin = end


def txid(transaction: Mapping[str, Any]) -> str:
    return text32(digest(b"TX" + packed(transaction)))


def public_key(text: str) -> bytes:
    """Read an address.

    Raises:
        ValueError: with algod's words.
    """
    if not BASE32.fullmatch(text):
        raise ValueError(f"failed to decode address {text} to base 32")
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        data = b""
    key, check = data[:ADDRESS], data[ADDRESS:]
    if len(key) != ADDRESS or len(check) != CHECKSUM:
        raise ValueError(f"decoded bad addr: {text}")
    if check != digest(key)[-CHECKSUM:]:
        raise ValueError(f"address {text} is malformed, checksum verification failed")
    return key


def text32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def whole(row: Mapping[str, Any], genesis_id: str, genesis_hash: bytes) -> dict[str, Any]:
    """A block's row back as the signed transaction that was sent."""
    transaction = {**row["txn"], "gh": genesis_hash}
    if row.get("hgi"):
        transaction["gen"] = genesis_id
    signed = {key: row[key] for key in ("sig", "msig", "lsig", "sgnr") if key in row}
    return {**signed, "txn": canonical(transaction)}


def readable(value: Any, name: str = "") -> Any:
    """As algod writes it in JSON: addresses in base32, other bytes in base64."""
    if isinstance(value, Mapping):
        return {text(key): readable(member, text(key)) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [readable(member, name) for member in value]
    if isinstance(value, bytes):
        if name == "prev" and len(value) == ADDRESS:
            return "blk-" + text32(value)
        is_address = name in ADDRESSES and len(value) == ADDRESS
        return algorand_address_text(value) if is_address else text64(value)
    return text(value) if isinstance(value, str) else value


def text(value: Any) -> str:
    """Whatever is no UTF-8 becomes the replacement character, as in algod's JSON."""
    return raw(value).decode("utf-8", "replace")


def raw(value: Any) -> bytes:
    """The bytes of what Go calls a string."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def _is_zero(name: Any, value: Any) -> bool:
    return not value or (isinstance(value, bytes) and name in FIXED and not any(value))


def _order(key: Any) -> bytes:
    if isinstance(key, str):
        return raw(key)
    return key if isinstance(key, bytes) else int(key).to_bytes(8, "big")


_READING: dict[str, Any] = {
    "raw": False,
    "unicode_errors": "surrogateescape",
    "strict_map_key": False,
}
