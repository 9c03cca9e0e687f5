"""Hashes, and MessagePack that is cut and never written anew: what is hashed stays as it was sent.

Values stay slices of their source until someone asks. Maps have to be canonical, so that
one content has one spelling; what lies deeper is held by the hashes over it.
"""

from hashlib import sha256

from Crypto.Hash import SHA512

UNSIGNED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
"""Numbers of 128 and more: bytes that follow."""
PLAIN = UNSIGNED | {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
"""Those, nothing, false, true, and numbers that the chain does not write today but may."""
STRINGS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
"""Byte strings and texts: bytes of their length."""
CONTAINERS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
"""Arrays and maps: bytes of their length, and members for each one counted."""
MAP, ARRAY, TEXT, REST, NEGATIVE = 0x80, 0x90, 0xA0, 0xC0, 0xE0
"""First tags of the short forms, which hold a number or a length; REST has tables above."""
FEW = 16
"""Members: from here on a map or an array has the long form."""


class Refused(Exception):
    """The certificate does not show what it was asked to show. That means open, not failed."""


def need(condition: object, why: str) -> None:
    if not condition:
        raise Refused(why)


def sha512_256(data: bytes) -> bytes:
    return SHA512.new(data, truncate="256").digest()  # hashlib's depends on the OpenSSL build


def sha_256(data: bytes) -> bytes:
    return sha256(data).digest()


def head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return where a value's own bytes begin, how many they are, and how many values follow."""
    tag = data[at]
    if tag < MAP or tag >= NEGATIVE:
        return at + 1, 0, 0
    if tag < ARRAY:
        return at + 1, 0, 2 * (tag - MAP)
    if tag < TEXT:
        return at + 1, 0, tag - ARRAY
    if tag < REST:
        return at + 1, tag - TEXT, 0
    if tag in PLAIN:
        return at + 1, PLAIN[tag], 0
    if tag in STRINGS:
        start = at + 1 + STRINGS[tag]
        return start, int.from_bytes(data[at + 1 : start], "big"), 0
    width, each = CONTAINERS[tag]  # a LookupError of what the chain does not write
    start = at + 1 + width
    return start, 0, each * int.from_bytes(data[at + 1 : start], "big")


def end_of(data: bytes, at: int) -> int:
    """Return where the value at a place ends, with all that it holds."""
    waiting = 1
    while waiting:
        start, size, members = head(data, at)
        at = start + size
        need(at <= len(data), "MessagePack ends early")
        waiting += members - 1
    return at


def packed(members: dict[bytes, bytes]) -> bytes:
    """Spell a map as the chain does: by name, in the shortest form."""
    named = (bytes([TEXT | len(name)]) + name + members[name] for name in sorted(members))
    return _counted(MAP, 0xDE, len(members)) + b"".join(named)


def fields(raw: bytes) -> dict[bytes, bytes]:
    """Return the members of a canonical map; anything else is Refused."""
    at, _, count = head(raw, 0)
    found: dict[bytes, bytes] = {}
    for _ in range(count // 2):
        start, size, _ = head(raw, at)
        begin = start + size
        at = end_of(raw, begin)
        found[raw[start:begin]] = raw[begin:at]
    need(packed(found) == raw, "not a canonical map")  # order, doubles and what trails, at once
    return found


def items(raw: bytes) -> list[bytes]:
    """Return the members of a canonical array; anything else is Refused."""
    at, _, count = head(raw, 0)
    found: list[bytes] = []
    for _ in range(count):
        begin, at = at, end_of(raw, at)
        found.append(raw[begin:at])
    need(_counted(ARRAY, 0xDC, len(found)) + b"".join(found) == raw, "not a canonical array")
    return found


def number(raw: bytes) -> int:
    """Return an unsigned number in its shortest form; anything else is Refused."""
    if raw[0] < MAP:
        need(len(raw) == 1, "not a number")
        return raw[0]
    need(len(raw) == 1 + UNSIGNED[raw[0]], "a number is expected")
    value = int.from_bytes(raw[1:], "big")
    least = {0xCC: MAP, 0xCD: 1 << 8, 0xCE: 1 << 16, 0xCF: 1 << 32}[raw[0]]
    need(value >= least, "a number has a shorter form")
    return value


def octets(raw: bytes) -> bytes:
    """Return a byte string or a text; texts of the chain need not be UTF-8."""
    need(TEXT <= raw[0] < REST or raw[0] in STRINGS, "a byte string is expected")
    start, size, _ = head(raw, 0)
    need(start + size == len(raw), "a byte string ends elsewhere")
    return raw[start:]


def _counted(short: int, long: int, count: int) -> bytes:
    return bytes([short | count]) if count < FEW else bytes([long]) + count.to_bytes(2, "big")
