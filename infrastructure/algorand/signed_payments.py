"""A payment of nothing to oneself, signed and never sent, read strictly.

What is read has one spelling: what is zero is left out, names are in order, numbers and lengths
are in their shortest form. So nobody can make two different proofs of one, and the bytes under
the signature are those that came.
"""

from dataclasses import dataclass

from infrastructure.algorand import ed25519
from infrastructure.algorand.verifier.primitives import (
    Refused,
    fields,
    items,
    need,
    number,
    octets,
    sha512_256,
)

LARGEST = 4096
"""Bytes. More than 30 members of a multisig fit in, and so many signatures are verified at most."""
LARGEST_UINT8 = 2**8 - 1
FEW, SHORT = 32, 2**8
"""Bytes: from here on a text, and a byte string, spell their length in a longer form."""
OUTER = {b"txn", b"sig", b"msig", b"lsig", b"sgnr"}
SIGNATURES = {b"sig", b"msig", b"lsig"}
MOVES = {
    b"amt": "it moves coins",
    b"close": "it closes the account",
    b"rekey": "it hands the account to another key",
    b"grp": "it belongs to a group",
    b"lx": "it takes a lease",
}
"""What a payment may have and a proof may not."""
INNER = {b"type", b"snd", b"rcv", b"fee", b"fv", b"lv", b"gh", b"gen", b"note"}
VERSION = 1
"""Of multisigs: the one that there is."""


@dataclass(frozen=True, slots=True)
class Multisig:
    threshold: int
    members: tuple[tuple[bytes, bytes | None], ...]
    """Key, and signature where there is one. A key may stand twice, and then counts twice."""

    @property
    def address(self) -> bytes:
        keys = b"".join(key for key, _ in self.members)
        return sha512_256(b"MultisigAddr" + bytes([VERSION, self.threshold]) + keys)

    def holds(self, address: bytes, message: bytes) -> bool:
        """Whether enough signed. As on chain, one bad signature spoils all."""
        given = [(key, signature) for key, signature in self.members if signature is not None]
        return (
            self.address == address
            and len(given) >= self.threshold
            and all(ed25519.holds(key, signature, message) for key, signature in given)
        )


@dataclass(frozen=True, slots=True)
class Single:
    signature: bytes

    def holds(self, address: bytes, message: bytes) -> bool:
        return ed25519.holds(address, self.signature, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPayment:
    """A payment of nothing from an account to itself, with a signature that holds."""

    sender: bytes
    signer: bytes
    """Whose signature it is: the sender, or whom it says it was rekeyed to."""
    signature: Single | Multisig
    genesis_hash: bytes
    note: bytes
    first_valid: int
    last_valid: int
    """Rounds."""


def read_signed_payment(raw: bytes) -> SignedPayment:
    """Read a signed transaction, and verify what can be verified without a chain.

    The genesis id is a name and not looked at, and a fee may be of any height.

    Raises:
        Refused: it is another transaction, has another spelling or a signature that fails.
    """
    try:
        return _read(raw)
    except (LookupError, ValueError, OverflowError):
        raise Refused("it is not MessagePack as Algorand writes it") from None


def _read(raw: bytes) -> SignedPayment:
    need(len(raw) <= LARGEST, f"it has more than {LARGEST} bytes")
    outer = fields(raw)
    need(outer.keys() <= OUTER and b"txn" in outer, "it is not a signed transaction")
    need(len(SIGNATURES & outer.keys()) == 1, "it has not one signature")
    need(b"lsig" not in outer, "a program signed it: who wrote a program holds no key")
    inner = fields(outer[b"txn"])
    sender = _own_payment(inner)
    signer = _fixed(outer[b"sgnr"]) if b"sgnr" in outer else sender
    need(signer != sender or b"sgnr" not in outer, "its sender is named as its signer again")
    signature = _signature(outer)
    need(signature.holds(signer, b"TX" + outer[b"txn"]), "its signature does not hold")
    return SignedPayment(
        sender=sender,
        signer=signer,
        signature=signature,
        genesis_hash=_fixed(inner[b"gh"]),
        note=_binary(inner[b"note"]),
        first_valid=_counted(inner, b"fv"),
        last_valid=_counted(inner, b"lv"),
    )


def _own_payment(inner: dict[bytes, bytes]) -> bytes:
    """Return the sender of a transaction that pays nothing to its own sender."""
    for name, why in MOVES.items():
        need(name not in inner, why)
    need(inner.keys() <= INNER, "it has members that a proof does not have")
    need(b"type" in inner and _text(inner[b"type"]) == b"pay", "it is not a payment")
    need(b"snd" in inner, "it has no sender")
    need({b"gh", b"note"} <= inner.keys(), "it lacks the genesis hash or the note")
    if b"gen" in inner:
        _text(inner[b"gen"])
    _counted(inner, b"fee")
    sender = _fixed(inner[b"snd"])
    need(b"rcv" in inner and _fixed(inner[b"rcv"]) == sender, "it pays another than its sender")
    return sender


def _signature(outer: dict[bytes, bytes]) -> Single | Multisig:
    if b"sig" in outer:
        return Single(_fixed(outer[b"sig"], ed25519.SIGNATURE_BYTES))
    told = fields(outer[b"msig"])
    need(told.keys() == {b"subsig", b"thr", b"v"}, "its multisig is not whole")
    need(_counted(told, b"v") == VERSION, "its multisig is of another version")
    threshold, members = _counted(told, b"thr"), items(told[b"subsig"])
    need(threshold <= min(len(members), LARGEST_UINT8), "its multisig can never be met")
    return Multisig(threshold, tuple(map(_member, members)))


def _member(raw: bytes) -> tuple[bytes, bytes | None]:
    told = fields(raw)
    need({b"pk"} <= told.keys() <= {b"pk", b"s"}, "its multisig is not whole")
    signed = _fixed(told[b"s"], ed25519.SIGNATURE_BYTES) if b"s" in told else None
    return _fixed(told[b"pk"]), signed


def _counted(members: dict[bytes, bytes], name: bytes) -> int:
    """Return a number; a zero is not written."""
    if name not in members:
        return 0
    found = number(members[name])
    need(found, "what is zero is left out")
    return found


def _fixed(raw: bytes, size: int = ed25519.KEY_BYTES) -> bytes:
    found = _binary(raw)
    need(len(found) == size, "a key, a hash or a signature has another length")
    need(any(found), "what is zero is left out")
    return found


def _binary(raw: bytes) -> bytes:
    found = octets(raw)
    size = len(found)
    head = bytes([0xC4, size]) if size < SHORT else b"\xc5" + size.to_bytes(2, "big")
    need(found and raw == head + found, "a byte string has another spelling")
    return found


def _text(raw: bytes) -> bytes:
    found = octets(raw)
    size = len(found)
    head = bytes([0xA0 | size]) if size < FEW else bytes([0xD9, size])
    need(found and raw == head + found, "a text has another spelling")
    return found
