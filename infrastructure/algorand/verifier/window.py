"""The blocks of a slot's window, as one compressed stream.

Compression has more than one spelling of the same blocks, and that differs between
releases of zlib. So the blocks are judged and never the spelling.
"""

import zlib
from collections.abc import Iterable

from infrastructure.algorand.verifier.primitives import end_of, need

BEST = 9
OPENING = b"\x78\xda"
"""How zlib begins a stream that was made with BEST."""
LARGEST = 8 << 20
"""Bytes: more than a block can have, header and all."""


def pack(blocks: Iterable[bytes]) -> bytes:
    """Compress raw blocks, one after the other: each says where it ends."""
    return zlib.compress(b"".join(blocks), BEST)


def unpack(stream: bytes, most: int) -> list[bytes]:
    """Return the raw blocks of a stream.

    Args:
        stream: compressed by zlib.
        most: how many there can be; nothing is expanded beyond the bytes of so many.

    Raises:
        Refused: the stream holds more, or something else.
    """
    need(most > 0 and stream.startswith(OPENING), "not a stream of blocks")
    expand = zlib.decompressobj()
    try:
        data = expand.decompress(stream, most * LARGEST)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    need(expand.eof and not expand.unused_data, "the stream ends elsewhere")
    blocks: list[bytes] = []
    at = 0
    while at < len(data):
        begin, at = at, end_of(data, at)
        blocks.append(data[begin:at])
    return blocks
