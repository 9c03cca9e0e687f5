"""Hashes, RLP and secp256k1 recovery, as far as certificates need them.

Recovery is pure Python: the hash library of the environment has no recovery on
secp256k1, and eight milliseconds are no hurry here.
"""

from collections.abc import Sequence

from Crypto.Hash import keccak

Item = bytes | list["Item"]
"""What RLP can spell: byte strings and lists of them."""
Writable = int | bytes | Sequence["Writable"]
Point = tuple[int, int]

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR: Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
SHORT = 0x80
LIST = 0xC0
LONG_FROM = 56
"""Bytes: from here on the length has a length of its own (Ethereum yellow paper, appendix B)."""


class Refused(Exception):
    """The certificate does not show what it was asked to show. That means open, not failed."""


def need(condition: object, why: str) -> None:
    if not condition:
        raise Refused(why)


def keccak256(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def minimal(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def text_of(item: Item) -> bytes:
    """Return an item that has to be a byte string."""
    need(isinstance(item, bytes), "a byte string is expected")
    assert isinstance(item, bytes)
    return item


def list_of(item: Item) -> list[Item]:
    """Return an item that has to be a list."""
    need(isinstance(item, list), "a list is expected")
    assert isinstance(item, list)
    return item


def rlp(item: Writable) -> bytes:
    """Encode; integers in their minimal form."""
    if isinstance(item, int):
        item = minimal(item)
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < SHORT:
            return item
        return _head(len(item), SHORT) + item
    body = b"".join(map(rlp, item))
    return _head(len(body), LIST) + body


def unrlp(data: bytes) -> Item:
    """Decode canonical RLP; anything else is Refused."""
    item, _ = _one(data, 0)
    need(rlp(item) == data, "not canonical RLP")  # length, minimality and what trails, at once
    return item


def _head(length: int, base: int) -> bytes:
    if length < LONG_FROM:
        return bytes([base + length])
    size = minimal(length)
    return bytes([base + LONG_FROM - 1 + len(size)]) + size


def _one(data: bytes, at: int) -> tuple[Item, int]:
    head = data[at]
    if head < SHORT:
        return data[at : at + 1], at + 1
    size, start = head - (head & LIST), at + 1
    if size >= LONG_FROM:
        start, size = start + size - LONG_FROM + 1, number(data[start : start + size - 55])
    end = start + size
    need(end <= len(data), "RLP ends early")
    if head < LIST:
        return data[start:end], end
    items: list[Item] = []
    while start < end:
        item, start = _one(data, start)
        items.append(item)
    return items, end


def recover(digest: bytes, parity: int, r: int, s: int) -> bytes:
    """Return the address that signed a digest (SEC 1, section 4.1.6; low s, EIP-2)."""
    need(parity in (0, 1) and 0 < r < ORDER and 0 < s <= ORDER // 2, "not a signature")
    square = (pow(r, 3, FIELD) + 7) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    need(y * y % FIELD == square, "not a point of the curve")
    point = (r, y if y % 2 == parity else FIELD - y)
    inverse = pow(r, -1, ORDER)
    first = _times(point, s * inverse % ORDER)
    second = _times(GENERATOR, -number(digest) * inverse % ORDER)
    public = _add(first, second)
    need(public is not None, "no key signed this")
    assert public is not None
    return keccak256(public[0].to_bytes(32, "big") + public[1].to_bytes(32, "big"))[12:]


def _add(a: Point | None, b: Point | None) -> Point | None:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % FIELD == 0:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, FIELD)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, FIELD)
    x = (slope * slope - a[0] - b[0]) % FIELD
    return x, (slope * (a[0] - x) - a[1]) % FIELD


def _times(point: Point, factor: int) -> Point | None:
    total: Point | None = None
    addend: Point | None = point
    while factor:
        if factor & 1:
            total = _add(total, addend)
        addend = _add(addend, addend)
        factor >>= 1
    return total
